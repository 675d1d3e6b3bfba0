//! Products of 16-bit floats, one and batched.

use gatewarp::gemm::{
    GemmOutput, MmOptions, TgvOptions, bmm_bf16_into, mm_bf16_into, mm_into, tgv_gemm_into,
};
use gatewarp::{bf16, f16};
use gatewarp_tests::values::Value;

use super::recipe::Recipe;
use super::{FAMILY, batches, products};
use crate::ops::Operation;
use crate::peer::Types;

/// `mm`: `[M, N, K]`.
pub(in crate::ops) const MM: Operation = Operation {
    name: "mm",
    family: FAMILY,
    specs: |set, tokens| {
        let bf16 = |set, sizes| any::<bf16>("bf16", Types::Bf16).spec(set, sizes);
        let f16 = |set, sizes| any::<f16>("f16", Types::F16).spec(set, sizes);
        products(set, tokens, &[bf16, f16])
    },
};

fn any<T: GemmOutput<T> + Value>(dtype: &'static str, types: Types) -> Recipe<T, T, T> {
    let recipe = Recipe::plain(MM.name, dtype, types);
    recipe.by(|stream, it| mm_into(stream, it.a, it.b, it.c))
}

/// `mm_bf16`: `[M, N, K]`.
pub(in crate::ops) const MM_BF16: Operation = Operation {
    name: "mm_bf16",
    family: FAMILY,
    specs: |set, tokens| products(set, tokens, &[|set, sizes| ONE.spec(set, sizes)]),
};

const ONE: Recipe<bf16, bf16> = Recipe::plain(MM_BF16.name, "bf16", Types::Bf16)
    .by(|stream, it| mm_bf16_into(stream, it.a, it.b, it.c, &MmOptions::default()));

/// `tgv_gemm`: `[M, N, K]`, of weights that are constant.
pub(in crate::ops) const TGV_GEMM: Operation = Operation {
    name: "tgv_gemm",
    family: FAMILY,
    specs: |set, tokens| products(set, tokens, &[|set, sizes| FEW.spec(set, sizes)]),
};

const FEW: Recipe<bf16, bf16> =
    Recipe::plain(TGV_GEMM.name, "bf16", Types::Bf16).by(|stream, it| {
        let options = TgvOptions {
            bias: None,
            pdl: true,
            constant_b: true,
        };
        tgv_gemm_into(stream, it.a, it.b, it.c, &options)
    });

/// `bmm_bf16`: `[M, N, K, batch]`.
pub(in crate::ops) const BMM_BF16: Operation = Operation {
    name: "bmm_bf16",
    family: FAMILY,
    specs: |set, tokens| batches(set, tokens, &[|set, sizes| BATCH.spec(set, sizes)]),
};

const BATCH: Recipe<bf16, bf16> = Recipe::plain(BMM_BF16.name, "bf16", Types::Bf16)
    .by(|stream, it| bmm_bf16_into(stream, it.a, it.b, it.c));
