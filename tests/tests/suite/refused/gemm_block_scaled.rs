//! FP8 products whose blocks have scales.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{MmOptions, fp8_blockscale_gemm, fp8_blockscale_gemm_into};
use gatewarp::quantize::{Fp8Scaling, Fp8View, ScaleMajor};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::fp8_blockscale_gemm::scales", block_scales);
    suite.trial("refused::fp8_blockscale_gemm::operands", block_operands);
}

fn zeros<T: Pattern>(context: &Context, shape: &[usize]) -> gatewarp::Result<Tensor<T>> {
    Tensor::zeros(&context.stream, shape)
}

/// How many scales, and whose.
type Scales = (usize, Fp8Scaling);

/// Scalings that are not of blocks, and scales of another number.
fn block_scales(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (x, weight) = (
        zeros::<E4m3>(context, &[4, 300])?,
        zeros::<E4m3>(context, &[130, 300])?,
    );
    let [k, mn] = [ScaleMajor::K, ScaleMajor::Mn].map(Fp8Scaling::Groups1x128);
    let tiles = Fp8Scaling::Tiles128x128;
    let wrong: [(Scales, Scales, &[&str]); 7] = [
        (
            (12, Fp8Scaling::Rows),
            (6, tiles),
            &["x scales must be of Groups1x128", "Rows"],
        ),
        (
            (3, tiles),
            (6, tiles),
            &["x scales must be of Groups1x128", "Tiles128x128"],
        ),
        (
            (12, k),
            (130, Fp8Scaling::Rows),
            &["weight scales must be of Groups1x128 or Tiles128x128"],
        ),
        ((11, k), (6, tiles), &["x scales must be 12 elements"]),
        ((13, mn), (6, tiles), &["x scales must be 12 elements"]),
        ((12, k), (5, tiles), &["weight scales must be 6 elements"]),
        ((12, k), (390, mn), &["weight scales must be 396 elements"]),
    ];
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 130], Frame::NONE)?;
    for ((x_count, x_scaling), (weight_count, weight_scaling), parts) in wrong {
        let x_scales = zeros::<f32>(context, &[x_count])?;
        let weight_scales = zeros::<f32>(context, &[weight_count])?;
        let view = |data: &'static str| match data {
            "x" => Fp8View {
                data: x.view(),
                scales: x_scales.view(),
                scaling: x_scaling,
            },
            _ => Fp8View {
                data: weight.view(),
                scales: weight_scales.view(),
                scaling: weight_scaling,
            },
        };
        let mut workspace = zeros::<f32>(context, &[0])?;
        refused(
            "scales",
            &[&["fp8_blockscale_gemm"], parts].concat(),
            || {
                let (c, options) = (&mut c.view_mut()?, MmOptions::default());
                fp8_blockscale_gemm_into(
                    stream,
                    view("x"),
                    view("weight"),
                    &mut workspace,
                    c,
                    &options,
                )
            },
        )?;
    }
    c.untouched()?;
    Ok(())
}

/// Operands that do not fit each other, and a workspace that is too small.
fn block_operands(context: &Context) -> Outcome {
    let stream = &context.stream;
    let weight = zeros::<E4m3>(context, &[5, 200])?;
    let scales = zeros::<f32>(context, &[2])?;
    let weight = Fp8View {
        data: weight.view(),
        scales: scales.view(),
        scaling: Fp8Scaling::Tiles128x128,
    };
    let x = zeros::<bf16>(context, &[4, 199])?;
    let parts = ["fp8_blockscale_gemm", "weight must be [n, 199]", "[5, 200]"];
    refused("operands", &parts, || {
        fp8_blockscale_gemm::<f32>(stream, &x, weight, &MmOptions::default())
    })?;
    let x = zeros::<bf16>(context, &[4, 200])?;
    let mut workspace = Framed::<f32>::poisoned(stream, &[215], Frame::NONE)?;
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 5], Frame::NONE)?;
    let parts = ["workspace must be of at least 216 elements", "[215]"];
    refused("a workspace", &parts, || {
        let (workspace, c) = (&mut workspace.view_mut()?, &mut c.view_mut()?);
        fp8_blockscale_gemm_into(stream, &x, weight, workspace, c, &MmOptions::default())
    })?;
    workspace.untouched()?;
    c.untouched()?;
    Ok(())
}
