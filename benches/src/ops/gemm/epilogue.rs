//! Products with an activation in the same kernel.
//!
//! | type | from | to |
//! |---|---|---|
//! | `bf16-silu`, `bf16-relu2` | `bf16` | `bf16` |
//! | `e4m3-silu` | `e4m3`, scales per tensor | `e4m3`, by a scale of one |

use gatewarp::activation::ActivationType;
use gatewarp::bf16;
use gatewarp::formats::E4m3;
use gatewarp::gemm::{Epilogue, MmFp8Options, MmOptions, mm_bf16_into, mm_fp8_into};
use gatewarp::quantize::Fp8Scaling;
use gatewarp_tests::naive::silu;

use super::products;
use super::recipe::{Call, Recipe};
use crate::ops::Operation;
use crate::peer::{Scaling, Types};

/// `mm_epilogue`: `[M, N, K]`.
pub(in crate::ops) const MM_EPILOGUE: Operation = Operation {
    name: "mm_epilogue",
    family: super::FAMILY,
    specs: |set, tokens| {
        let silu = |set, sizes| SILU.spec(set, sizes);
        let relu2 = |set, sizes| RELU2.spec(set, sizes);
        let fp8 = |set, sizes| FP8.spec(set, sizes);
        products(set, tokens, &[silu, relu2, fp8])
    },
};

const SILU: Recipe<bf16, bf16> = Recipe {
    becomes: silu,
    peer: None,
    ..Recipe::plain(MM_EPILOGUE.name, "bf16-silu", Types::Bf16)
}
.by(|stream, it| mm(stream, it, ActivationType::Silu));

const RELU2: Recipe<bf16, bf16> = Recipe {
    becomes: |value| value.max(0.0).powi(2),
    peer: None,
    ..Recipe::plain(MM_EPILOGUE.name, "bf16-relu2", Types::Bf16)
}
.by(|stream, it| mm(stream, it, ActivationType::Relu2));

fn mm(
    stream: &gatewarp::Stream,
    it: Call<'_, bf16, bf16, bf16>,
    activation: ActivationType,
) -> gatewarp::Result<()> {
    let options = MmOptions {
        epilogue: with(activation),
        ..MmOptions::default()
    };
    mm_bf16_into(stream, it.a, it.b, it.c, &options)
}

const FP8: Recipe<E4m3, E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Tensor));
    Recipe {
        becomes: |value| silu(value).min(448.0),
        peer: None,
        ..Recipe::fp8(MM_EPILOGUE.name, "e4m3-silu", [Fp8Scaling::Tensor; 2], peer)
    }
    .by(|stream, it| {
        let [a, b] = it.scales;
        let options = MmFp8Options {
            a_scale: Some(a.view()),
            b_scale: Some(b.view()),
            epilogue: with(ActivationType::Silu),
            ..MmFp8Options::default()
        };
        mm_fp8_into(stream, it.a, it.b, it.c, &options)
    })
};

/// An activation alone.
fn with<D>(activation: ActivationType) -> Epilogue<'static, D> {
    Epilogue {
        activation,
        ..Epilogue::default()
    }
}
