//! What each kernel must keep. The first row whose pattern matches a kernel's name counts.

use super::expectation::Expectation;

/// The guards, most specific first.
pub(super) const EXPECTATIONS: &[Expectation] = &[
    // activation
    Expectation::of("silu_and_mul_*16_v8").hot().wide_loads(),
    Expectation::of("silu_and_mul_f32_v4").hot().wide_loads(),
    Expectation::of("silu_and_mul_*").hot(),
    // gemm
    Expectation::of("*gemm_*_unaligned_*")
        .hot()
        .barriers(1)
        .instructions(&["mma.sync", "ldmatrix"]),
    Expectation::of("*gemm_*")
        .hot()
        .barriers(1)
        .instructions(&["mma.sync", "ldmatrix", "cp.async"]),
    // moe
    Expectation::of("topk_*").hot(),
    Expectation::of("round_robin").hot(),
    Expectation::of("moe_count").hot().barriers(1),
    Expectation::of("moe_place").hot().barriers(2),
    Expectation::of("moe_finalize_*_v8").hot().wide_loads(),
    Expectation::of("moe_finalize_*").hot(),
];
