//! The peer alone: what there is to beat, also where the library has no operation yet.

use gatewarp::bf16;
use gatewarp::formats::E4m3;
use gatewarp::quantize::{Fp8Scaling, ScaleMajor};

use super::Operation;
use super::gemm::{Recipe, Variant, products};
use crate::contest;
use crate::peer::{Scaling, Types};

/// The module of this operation, which is no module of the library's.
pub(super) const FAMILY: &str = "peer";

/// cuBLASLt's products: `[M, N, K]`.
pub(super) const CUBLASLT: Operation = Operation {
    name: contest::NAME,
    family: FAMILY,
    specs: |set, tokens| products(set, tokens, &VARIANTS),
};

const VARIANTS: [Variant; 5] = [
    |set, sizes| BF16.spec(set, sizes),
    |set, sizes| fp8("e4m3", Scaling::Tensor).spec(set, sizes),
    |set, sizes| fp8("e4m3-row", Scaling::Row).spec(set, sizes),
    |set, sizes| fp8("e4m3-1x128", Scaling::Row128).spec(set, sizes),
    |set, sizes| fp8("e4m3-128", Scaling::Block128).spec(set, sizes),
];

const BF16: Recipe<bf16, bf16> = Recipe {
    family: FAMILY,
    ..Recipe::plain(contest::NAME, "bf16", Types::Bf16)
};

fn fp8(dtype: &'static str, scaling: Scaling) -> Recipe<E4m3, E4m3> {
    let groups = Fp8Scaling::Groups1x128(ScaleMajor::Mn);
    let scalings = match scaling {
        Scaling::Tensor => [Fp8Scaling::Tensor; 2],
        Scaling::Row => [Fp8Scaling::Rows; 2],
        Scaling::Row128 => [groups; 2],
        Scaling::Block128 => [groups, Fp8Scaling::Tiles128x128],
    };
    Recipe {
        family: FAMILY,
        ..Recipe::fp8(contest::NAME, dtype, scalings, Some(Types::fp8(scaling)))
    }
}
