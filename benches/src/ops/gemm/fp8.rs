//! Products of FP8 with factors after the sum, one and batched.
//!
//! | type | scales | sums |
//! |---|---|---|
//! | `e4m3` | per tensor | in the tensor cores |
//! | `e4m3-constant` | per tensor; no kernel before it writes B | in the tensor cores |
//! | `e4m3-shuffled` | per tensor; B is shuffled | in the tensor cores |
//! | `e4m3-row` | per token and per channel | in the tensor cores |
//! | `e4m3-row-promoted` | per token and per channel | in `f32` from 128 elements of K to the next |
//! | `bf16` | found per token on the way in, and per channel | in the tensor cores |

use gatewarp::formats::E4m3;
use gatewarp::gemm::{
    Accumulation, MmFp8DynamicOptions, MmFp8Options, bmm_fp8_into, mm_fp8_dynamic_into,
    mm_fp8_dynamic_workspace, mm_fp8_into,
};
use gatewarp::quantize::layout::prepare_low_latency_gemm_weights;
use gatewarp::quantize::{Fp8Options, Fp8Scaling, fp8_quantize_per_token};
use gatewarp::{Tensor, bf16};

use super::recipe::Recipe;
use super::{FAMILY, batches, products};
use crate::case::Spec;
use crate::ops::Operation;
use crate::peer::{Scaling, Types};

/// `mm_fp8`: `[M, N, K]`.
pub(in crate::ops) const MM_FP8: Operation = Operation {
    name: "mm_fp8",
    family: FAMILY,
    specs: |set, tokens| {
        let tensor = |set, sizes| TENSOR.spec(set, sizes);
        let rows = |set, sizes| ROWS.spec(set, sizes);
        let promoted = |set, sizes| PROMOTED.spec(set, sizes);
        let constant = |set, sizes| CONSTANT.spec(set, sizes);
        let mut specs = products(set, tokens, &[tensor, rows, promoted, constant]);
        let shuffled = products(set, tokens, &[|set, sizes| SHUFFLED.spec(set, sizes)]);
        specs.extend(shuffled.into_iter().filter(can_be_shuffled));
        specs
    },
};

/// Whether there is such a B.
fn can_be_shuffled(spec: &Spec) -> bool {
    let [_, n, k] = spec.shape[..] else {
        return false;
    };
    n.is_multiple_of(32) && k.is_multiple_of(128)
}

const TENSOR: Recipe<E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Tensor));
    let recipe = Recipe::fp8(MM_FP8.name, "e4m3", [Fp8Scaling::Tensor; 2], peer);
    recipe.by(|stream, it| {
        let options = options(it.scales, Accumulation::Fast);
        mm_fp8_into(stream, it.a, it.b, it.c, &options)
    })
};

const CONSTANT: Recipe<E4m3, E4m3> = Recipe {
    dtype: "e4m3-constant",
    ..TENSOR
}
.by(|stream, it| {
    let options = MmFp8Options {
        constant_b: true,
        ..options(it.scales, Accumulation::Fast)
    };
    mm_fp8_into(stream, it.a, it.b, it.c, &options)
});

const SHUFFLED: Recipe<E4m3, E4m3> = Recipe {
    dtype: "e4m3-shuffled",
    arrange: Some(prepare_low_latency_gemm_weights),
    ..TENSOR
};

const ROWS: Recipe<E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Row));
    let recipe = Recipe::fp8(MM_FP8.name, "e4m3-row", [Fp8Scaling::Rows; 2], peer);
    recipe.by(|stream, it| {
        let options = options(it.scales, Accumulation::Fast);
        mm_fp8_into(stream, it.a, it.b, it.c, &options)
    })
};

const PROMOTED: Recipe<E4m3, E4m3> = {
    let peer = Types::Fp8 {
        scaling: Scaling::Row,
        fast: false,
    };
    let scalings = [Fp8Scaling::Rows; 2];
    let recipe = Recipe::fp8(MM_FP8.name, "e4m3-row-promoted", scalings, Some(peer));
    recipe.by(|stream, it| {
        let options = options(it.scales, Accumulation::Promoted);
        mm_fp8_into(stream, it.a, it.b, it.c, &options)
    })
};

fn options<'a>([a, b]: [&'a Tensor<f32>; 2], accumulation: Accumulation) -> MmFp8Options<'a, bf16> {
    MmFp8Options {
        a_scale: Some(a.view()),
        b_scale: Some(b.view()),
        accumulation,
        ..MmFp8Options::default()
    }
}

/// `mm_fp8_dynamic`: `[M, N, K]`.
pub(in crate::ops) const MM_FP8_DYNAMIC: Operation = Operation {
    name: "mm_fp8_dynamic",
    family: FAMILY,
    specs: |set, tokens| products(set, tokens, &[|set, sizes| DYNAMIC.spec(set, sizes)]),
};

const DYNAMIC: Recipe<bf16, E4m3> = Recipe {
    scalings: [None, Some(Fp8Scaling::Rows)],
    quantize: Some(|stream, x| fp8_quantize_per_token(stream, x, &Fp8Options::default())),
    fast: true,
    workspace: |x| mm_fp8_dynamic_workspace([x.shape().rows(), x.shape().columns()]),
    ..Recipe::fp8(MM_FP8_DYNAMIC.name, "bf16", [Fp8Scaling::Rows; 2], None)
}
.by(|stream, it| {
    let options = MmFp8DynamicOptions::default();
    mm_fp8_dynamic_into(
        stream,
        it.a,
        it.b,
        it.scales[1],
        it.workspace,
        it.c,
        &options,
    )
});

/// `bmm_fp8`: `[M, N, K, batch]`.
pub(in crate::ops) const BMM_FP8: Operation = Operation {
    name: "bmm_fp8",
    family: FAMILY,
    specs: |set, tokens| batches(set, tokens, &[|set, sizes| BATCH.spec(set, sizes)]),
};

const BATCH: Recipe<E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Tensor));
    let recipe = Recipe::fp8(BMM_FP8.name, "e4m3", [Fp8Scaling::Tensor; 2], peer);
    recipe.by(|stream, it| {
        let options = options(it.scales, Accumulation::Fast);
        bmm_fp8_into(stream, it.a, it.b, it.c, &options)
    })
};
