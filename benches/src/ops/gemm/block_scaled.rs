//! Products of FP8 with scales of blocks of 128 of K. The type is that of the activations, whose scales are of 1x128, and
//! what a scale of the weights is for.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{MmOptions, fp8_blockscale_gemm_into, fp8_blockscale_gemm_workspace};
use gatewarp::quantize::{Fp8Options, Fp8Scaling, Fp8View, ScaleMajor, fp8_quantize_1x128};
use gatewarp::{Stream, Tensor, bf16};

use super::recipe::{Call, Recipe};
use super::{FAMILY, products};
use crate::ops::Operation;
use crate::peer::{Scaling, Types};

/// `fp8_blockscale_gemm`: `[M, N, K]`.
pub(in crate::ops) const FP8_BLOCKSCALE_GEMM: Operation = Operation {
    name: "fp8_blockscale_gemm",
    family: FAMILY,
    specs: |set, tokens| {
        let tiles = |set, sizes| TILES.spec(set, sizes);
        let groups = |set, sizes| GROUPS.spec(set, sizes);
        let quantized = |set, sizes| QUANTIZED.spec(set, sizes);
        products(set, tokens, &[tiles, groups, quantized])
    },
};

const NAME: &str = FP8_BLOCKSCALE_GEMM.name;

/// The order in which kernels, and the peer, read scales of rows.
const MN: Fp8Scaling = Fp8Scaling::Groups1x128(ScaleMajor::Mn);

const TILE: Fp8Scaling = Fp8Scaling::Tiles128x128;

const TILES: Recipe<E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Block128));
    Recipe::fp8(NAME, "e4m3-128x128", [MN, TILE], peer)
        .by(|stream, it| multiply(stream, it, [MN, TILE]))
};

const GROUPS: Recipe<E4m3, E4m3> = {
    let peer = Some(Types::fp8(Scaling::Row128));
    Recipe::fp8(NAME, "e4m3-1x128", [MN, MN], peer).by(|stream, it| multiply(stream, it, [MN, MN]))
};

/// FP8 by FP8.
fn multiply(
    stream: &Stream,
    it: Call<'_, E4m3, E4m3, bf16>,
    [a, b]: [Fp8Scaling; 2],
) -> gatewarp::Result<()> {
    let x = view(it.a, it.scales[0], a);
    let weight = view(it.b, it.scales[1], b);
    let options = MmOptions::default();
    fp8_blockscale_gemm_into(stream, x, weight, it.workspace, it.c, &options)
}

const QUANTIZED: Recipe<bf16, E4m3> = Recipe {
    scalings: [None, Some(TILE)],
    quantize: Some(|stream, x| {
        fp8_quantize_1x128(stream, x, ScaleMajor::K, &Fp8Options::default())
    }),
    workspace: |x| fp8_blockscale_gemm_workspace(x),
    ..Recipe::fp8(NAME, "bf16-128x128", [MN, TILE], None)
}
.by(|stream, it| {
    let weight = view(it.b, it.scales[1], TILE);
    let options = MmOptions::default();
    fp8_blockscale_gemm_into(stream, it.a, weight, it.workspace, it.c, &options)
});

fn view<'a>(data: &'a Tensor<E4m3>, scales: &'a Tensor<f32>, scaling: Fp8Scaling) -> Fp8View<'a> {
    Fp8View {
        data: data.view(),
        scales: scales.view(),
        scaling,
    }
}
