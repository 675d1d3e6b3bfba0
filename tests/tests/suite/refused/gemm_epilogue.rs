//! Epilogues that products do not have.

use gatewarp::activation::ActivationType;
use gatewarp::formats::E4m3;
use gatewarp::gemm::{
    Epilogue, MmFp8DynamicOptions, MmFp8Options, MmOptions, fp8_blockscale_gemm_into, mm_bf16_into,
    mm_fp8_dynamic_into, mm_fp8_dynamic_workspace, mm_fp8_into,
};
use gatewarp::quantize::{Fp8Scaling, Fp8View, ScaleMajor};
use gatewarp::{Result, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::epilogue::mm_bf16", |context| {
        each(context, "mm_bf16", mm)
    });
    suite.trial("refused::epilogue::mm_fp8", |context| {
        each(context, "mm_fp8", fp8)
    });
    suite.trial("refused::epilogue::mm_fp8_dynamic", |context| {
        each(context, "mm_fp8_dynamic", dynamic)
    });
    suite.trial("refused::epilogue::fp8_blockscale_gemm", |context| {
        each(context, "fp8_blockscale_gemm", blocks)
    });
    suite.trial("refused::epilogue::shuffled_weights", shuffled);
}

/// M, N and K.
const SHAPE: [usize; 3] = [4, 32, 128];

fn zeros<T: Pattern>(context: &Context, shape: &[usize]) -> Result<Tensor<T>> {
    Tensor::zeros(&context.stream, shape)
}

/// A product into a result of `bf16`, with an epilogue.
type Run = fn(&Context, &mut Framed<bf16>, Epilogue<'_, bf16>) -> Result<()>;

/// What is wrong with each, and the result is not written.
fn each(context: &Context, op: &'static str, run: Run) -> Outcome {
    let [m, n, _] = SHAPE;
    let mut c = Framed::<bf16>::poisoned(&context.stream, &[m, n], Frame::NONE)?;
    let (narrow, flat) = (
        zeros::<bf16>(context, &[m, n - 1])?,
        zeros::<bf16>(context, &[m * n])?,
    );
    let two = zeros::<f32>(context, &[2])?;
    let none = Epilogue::default();
    let gated = Epilogue {
        activation: ActivationType::Swiglu,
        ..none
    };
    refused("gated", &[op, "activation must be", "Swiglu"], || {
        run(context, &mut c, gated)
    })?;
    for tensor in [&narrow, &flat] {
        let wrong = Epilogue {
            residual: Some(tensor.view()),
            ..none
        };
        refused("a residual", &[op, "residual must be [4, 32]"], || {
            run(context, &mut c, wrong)
        })?;
    }
    let wrong = Epilogue {
        out_scale: Some(two.view()),
        ..none
    };
    refused("two scales", &[op, "out_scale must be 1 elements"], || {
        run(context, &mut c, wrong)
    })?;
    c.untouched()?;
    Ok(())
}

fn mm(context: &Context, c: &mut Framed<bf16>, epilogue: Epilogue<'_, bf16>) -> Result<()> {
    let [m, n, k] = SHAPE;
    let (a, b) = (zeros(context, &[m, k])?, zeros(context, &[n, k])?);
    let options = MmOptions {
        epilogue,
        ..MmOptions::default()
    };
    mm_bf16_into(&context.stream, &a, &b, &mut c.view_mut()?, &options)
}

fn fp8(context: &Context, c: &mut Framed<bf16>, epilogue: Epilogue<'_, bf16>) -> Result<()> {
    let [m, n, k] = SHAPE;
    let (a, b) = (
        zeros::<E4m3>(context, &[m, k])?,
        zeros::<E4m3>(context, &[n, k])?,
    );
    let options = MmFp8Options {
        epilogue,
        ..MmFp8Options::default()
    };
    mm_fp8_into(&context.stream, &a, &b, &mut c.view_mut()?, &options)
}

fn dynamic(context: &Context, c: &mut Framed<bf16>, epilogue: Epilogue<'_, bf16>) -> Result<()> {
    let [m, n, k] = SHAPE;
    let (x, weight) = (
        zeros::<bf16>(context, &[m, k])?,
        zeros::<E4m3>(context, &[n, k])?,
    );
    let scale = zeros::<f32>(context, &[1])?;
    let mut workspace = zeros::<f32>(context, &[mm_fp8_dynamic_workspace([m, k])])?;
    let (stream, c) = (&context.stream, &mut c.view_mut()?);
    let options = MmFp8DynamicOptions {
        epilogue,
        ..MmFp8DynamicOptions::default()
    };
    mm_fp8_dynamic_into(stream, &x, &weight, &scale, &mut workspace, c, &options)
}

fn blocks(context: &Context, c: &mut Framed<bf16>, epilogue: Epilogue<'_, bf16>) -> Result<()> {
    let [m, n, k] = SHAPE;
    let (a, b) = (
        zeros::<E4m3>(context, &[m, k])?,
        zeros::<E4m3>(context, &[n, k])?,
    );
    let (a_scales, b_scales) = (zeros(context, &[m, 1])?, zeros(context, &[1, 1])?);
    let x = Fp8View {
        data: a.view(),
        scales: a_scales.view(),
        scaling: Fp8Scaling::Groups1x128(ScaleMajor::K),
    };
    let weight = Fp8View {
        data: b.view(),
        scales: b_scales.view(),
        scaling: Fp8Scaling::Tiles128x128,
    };
    let options = MmOptions {
        epilogue,
        ..MmOptions::default()
    };
    let (mut workspace, c) = (zeros(context, &[0])?, &mut c.view_mut()?);
    fp8_blockscale_gemm_into(&context.stream, x, weight, &mut workspace, c, &options)
}

/// There are no kernels for these, so no device takes them.
fn shuffled(context: &Context) -> Outcome {
    let [m, n, k] = SHAPE;
    let (a, b) = (
        zeros::<E4m3>(context, &[m, k])?,
        zeros::<E4m3>(context, &[k / 128, n, 128])?,
    );
    let mut c = Framed::<bf16>::poisoned(&context.stream, &[m, n], Frame::NONE)?;
    let options = MmFp8Options {
        epilogue: Epilogue {
            activation: ActivationType::Relu,
            ..Epilogue::default()
        },
        ..MmFp8Options::default()
    };
    let parts = ["mm_fp8", "epilogue", "restore_low_latency_gemm_weights"];
    refused("shuffled weights", &parts, || {
        mm_fp8_into(&context.stream, &a, &b, &mut c.view_mut()?, &options)
    })?;
    c.untouched()?;
    Ok(())
}
