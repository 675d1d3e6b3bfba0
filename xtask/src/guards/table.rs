//! What each kernel must keep. The first row whose pattern matches a kernel's name counts.

use super::dependent::WAIT;
use super::expectation::Expectation;

/// What Hopper's engine is made of.
const WARP_SPECIALISED: &[&str] = &[
    "wgmma.mma_async",
    "wgmma.wait_group",
    "elect.sync",
    "cp.async.bulk.tensor",
    "setmaxnreg",
];

/// The same where blocks share K.
const SWAPPED: &[&str] = &[
    "wgmma.mma_async",
    "wgmma.wait_group",
    "elect.sync",
    "cp.async.bulk.tensor",
    "cp.async.bulk.shared::cluster.shared::cta",
    "setmaxnreg",
];

/// What it is made of where stages have scales.
const SCALED: &[&str] = &[
    "wgmma.mma_async",
    "wgmma.wait_group",
    "elect.sync",
    "cp.async.bulk.tensor",
    "cp.async.ca.shared.global",
    "cp.async.mbarrier.arrive.noinc",
    "setmaxnreg",
];

/// The same where blocks share K.
const SWAPPED_AND_SCALED: &[&str] = &[
    "wgmma.mma_async",
    "wgmma.wait_group",
    "elect.sync",
    "cp.async.bulk.tensor",
    "cp.async.ca.shared.global",
    "cp.async.mbarrier.arrive.noinc",
    "cp.async.bulk.shared::cluster.shared::cta",
    "setmaxnreg",
];

/// What it is made of by shuffled weights: a thread has 16 neighbouring bytes of a row of C.
const SHUFFLED: &[&str] = &[
    "wgmma.mma_async",
    "wgmma.wait_group",
    "elect.sync",
    "cp.async.bulk.tensor",
    "setmaxnreg",
    "st.shared.v4",
];

/// What the blocks of a cluster are together by.
const ACROSS_BLOCKS: &[&str] = &[
    "shfl.sync",
    "barrier.cluster.wait",
    "cp.async.bulk.shared::cluster.shared::cta",
];

/// The same strip after strip: a warp loads them, and octets of codes move as one.
const STRIPS_ACROSS_BLOCKS: &[&str] = &[
    "shfl.sync",
    "barrier.cluster.wait",
    "cp.async.bulk.shared::cluster.shared::cta",
    "cp.async.bulk.tensor",
    "ld.shared.v4",
    "st.global.v2",
];

/// The guards, most specific first.
pub(super) const EXPECTATIONS: &[Expectation] = &[
    // quantize, where octets move element by element
    Expectation::of("*mxfp*_narrow").hot(),
    Expectation::of("fp8_quantize_per_column_once_*_narrow")
        .hot()
        .barriers(3)
        .instructions(ACROSS_BLOCKS),
    Expectation::of("*fp8_quantize_per_column_*_narrow")
        .hot()
        .barriers(3)
        .instructions(&["shfl.sync"]),
    Expectation::of("*fp8_quantize_1x128_*_narrow")
        .hot()
        .instructions(&["shfl.sync"]),
    Expectation::of("silu_and_mul_fp8_quantize_per_tensor_*_narrow").hot(),
    Expectation::of("activation_fp8_quantize_per_tensor_*_narrow").hot(),
    Expectation::of("*fp8_quantize_*_narrow")
        .hot()
        .barriers(1)
        .instructions(&["redux.sync"]),
    Expectation::of("amax_*_narrow").hot().barriers(1),
    Expectation::of("*_narrow").hot(),
    // quantize::block
    Expectation::of("*mxfp*_quantize_*")
        .hot()
        .wide_loads()
        .instructions(&["shfl.sync"]),
    Expectation::of("*nvfp4_quantize_*").hot().wide_loads(),
    Expectation::of("mxfp*_dequantize_*")
        .hot()
        .instructions(&["st.global.v4"]),
    Expectation::of("nvfp4_dequantize_*")
        .hot()
        .instructions(&["st.global.v4"]),
    // quantize::fp8
    Expectation::of("fp8_quantize_per_column_stream_*")
        .hot()
        .barriers(3)
        .instructions(STRIPS_ACROSS_BLOCKS),
    Expectation::of("*fp8_quantize_per_column_*")
        .hot()
        .wide_loads()
        .barriers(3)
        .instructions(&["shfl.sync", "st.global.v2"]),
    Expectation::of("*fp8_quantize_1x128_*")
        .hot()
        .wide_loads()
        .instructions(&["shfl.sync", "st.global.v4"]),
    Expectation::of("silu_and_mul_fp8_quantize_per_tensor_*")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v2"]),
    Expectation::of("activation_fp8_quantize_per_tensor_*")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v2"]),
    Expectation::of("*fp8_quantize_*")
        .hot()
        .wide_loads()
        .barriers(1)
        .instructions(&["redux.sync", "st.global.v2"]),
    Expectation::of("fp8_dequantize_*")
        .hot()
        .instructions(&["st.global.v4"]),
    Expectation::of("amax_of_parts").hot().barriers(1),
    Expectation::of("amax_*").hot().wide_loads().barriers(1),
    // activation
    Expectation::of("*_and_mul_*16_v8")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("*_and_mul_f32_v4")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("*_and_mul_*").hot(),
    Expectation::of("squared_relu_*16_v8")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("squared_relu_f32_v4")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("squared_relu_*").hot(),
    Expectation::of("swiglu_bias_*16_v8")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("swiglu_bias_*").hot(),
    Expectation::of("activation_*16_v8")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("activation_f32_v4")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("activation_*").hot(),
    // ceiling
    Expectation::of("read_v4").hot().wide_loads(),
    Expectation::of("copy_v4").hot().wide_loads(),
    Expectation::of("wgmma_peak_*")
        .hot()
        .barriers(1)
        .instructions(&["wgmma.mma_async", "wgmma.wait_group"]),
    // gemm
    // all: for those who load and those who compute one where the ring is made, and one where rows that nobody loads are zeroed;
    // swapped: for each of two consumers two of a store; taking turns: for each one that it waits at, and one where it lets the
    // other go on, or two where the last stage's sums are in one of two places
    // with an epilogue: the same, but that each thread stores what it has
    Expectation::of("hopper_epilogue_block*_t64x*")
        .hot()
        .barriers(9)
        .instructions(SCALED),
    Expectation::of("hopper_epilogue_block*_t128x*")
        .hot()
        .barriers(3)
        .instructions(SCALED),
    Expectation::of("hopper_epilogue_block*_few*")
        .hot()
        .barriers(7)
        .instructions(SCALED),
    Expectation::of("hopper_epilogue_*_few*")
        .hot()
        .barriers(7)
        .instructions(WARP_SPECIALISED),
    Expectation::of("hopper_block*x128_*_t64x*")
        .hot()
        .barriers(9)
        .instructions(SCALED),
    Expectation::of("hopper_block*x128_*")
        .hot()
        .barriers(3)
        .instructions(SCALED),
    Expectation::of("hopper_block_*_t64x*")
        .hot()
        .barriers(9)
        .instructions(SCALED),
    Expectation::of("hopper_block_*_t128x*")
        .hot()
        .barriers(3)
        .instructions(SCALED),
    Expectation::of("hopper_block_*")
        .hot()
        .barriers(7)
        .instructions(SWAPPED_AND_SCALED),
    Expectation::of("hopper_*_t64x*")
        .hot()
        .barriers(7)
        .instructions(WARP_SPECIALISED),
    Expectation::of("hopper_*_turns*")
        .hot()
        .barriers(7)
        .instructions(WARP_SPECIALISED),
    Expectation::of("hopper_fp8_shuffled_*_t128x*")
        .hot()
        .barriers(3)
        .instructions(SHUFFLED),
    Expectation::of("hopper_*_t256x*")
        .hot()
        .barriers(3)
        .instructions(WARP_SPECIALISED),
    Expectation::of("hopper_*_t128x*")
        .hot()
        .barriers(3)
        .instructions(WARP_SPECIALISED),
    Expectation::of("hopper_*_few*")
        .hot()
        .barriers(7)
        .instructions(SWAPPED),
    Expectation::of("gemm_fp8_*")
        .hot()
        .barriers(1)
        .instructions(&["mma.sync", "ldmatrix"]),
    Expectation::of("gemm_block_scaled_*")
        .hot()
        .barriers(1)
        .instructions(&["mma.sync", "ldmatrix"]),
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
    // quantize::layout
    Expectation::of("permute_rows_v16")
        .hot()
        .wide_loads()
        .instructions(&["st.global.v4"]),
    Expectation::of("permute_rows_*").hot(),
    Expectation::of("scales_into_tiles_v16").hot().wide_loads(),
    Expectation::of("scales_out_of_tiles_v16")
        .hot()
        .instructions(&["st.global.v4"]),
    Expectation::of("scales_*").hot(),
    // conformance: one barrier or more in helpers that are inlined, and the instruction in the name
    Expectation::of("wgmma_*")
        .barriers(1)
        .instructions(&["wgmma.mma_async", "wgmma.wait_group"]),
    Expectation::of("tensor_load_hint")
        .barriers(1)
        .instructions(&["cp.async.bulk.tensor", "mbarrier.try_wait"]),
    Expectation::of("tensor_load_multicast")
        .barriers(1)
        .instructions(&["cp.async.bulk.tensor", "barrier.cluster.arrive"]),
    Expectation::of("tensor_load_*")
        .barriers(2)
        .instructions(&["cp.async.bulk.tensor", "mbarrier.try_wait"]),
    Expectation::of("tensor_store_*")
        .barriers(1)
        .instructions(&["cp.async.bulk.tensor", "cp.async.bulk.wait_group"]),
    Expectation::of("tensor_*")
        .barriers(1)
        .instructions(&["cp.reduce.async.bulk.tensor"]),
    Expectation::of("bulk_load")
        .barriers(1)
        .instructions(&["cp.async.bulk.shared::cluster"]),
    Expectation::of("bulk_store")
        .barriers(1)
        .instructions(&["cp.async.bulk.global"]),
    Expectation::of("bulk_*")
        .barriers(1)
        .instructions(&["cp.reduce.async.bulk"]),
    Expectation::of("cluster_registers"),
    Expectation::of("cluster_*")
        .barriers(1)
        .instructions(&["barrier.cluster.arrive", "barrier.cluster.wait"]),
    // Its loop of four phases is unrolled.
    Expectation::of("mbarrier_phases")
        .barriers(5)
        .instructions(&["mbarrier.try_wait"]),
    Expectation::of("mbarrier_*")
        .barriers(2)
        .instructions(&["mbarrier.init"]),
    Expectation::of("mma_*").instructions(&["mma.sync"]),
    Expectation::of("matrix_loads")
        .barriers(1)
        .instructions(&["ldmatrix"]),
    Expectation::of("matrix_store_*")
        .barriers(2)
        .instructions(&["stmatrix"]),
    Expectation::of("warp_shuffles").instructions(&["shfl.sync"]),
    Expectation::of("warp_*").instructions(&["vote.sync", "match.any", "redux.sync", "elect.sync"]),
    Expectation::of("block_barriers")
        .barriers(5)
        .instructions(&["bar.arrive"]),
    Expectation::of("cvt_*").instructions(&["cvt"]),
    Expectation::of("float_*"),
    Expectation::of("packed_*"),
    Expectation::of("bits_all").instructions(&["prmt", "lop3"]),
    Expectation::of("atomics_global").instructions(&["atom", "red"]),
    Expectation::of("atomics_shared")
        .barriers(2)
        .instructions(&["atom.shared"]),
    Expectation::of("cache_hints").wide_loads(),
    Expectation::of("cp_async_groups")
        .barriers(1)
        .instructions(&["cp.async"]),
    Expectation::of("register_pool").barriers(1).instructions(&[
        "setmaxnreg.dec",
        "setmaxnreg.inc",
        WAIT,
    ]),
];
