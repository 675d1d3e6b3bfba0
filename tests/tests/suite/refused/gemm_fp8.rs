//! FP8 products, batches and biases.

use gatewarp::formats::{E4m3, E5m2};
use gatewarp::gemm::{
    MmFp8DynamicOptions, MmFp8Options, MmOptions, bmm_bf16, bmm_bf16_into, bmm_fp8, bmm_fp8_into,
    mm_bf16_into, mm_fp8, mm_fp8_dynamic_into, mm_fp8_into,
};
use gatewarp::{Device, Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Pattern;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::mm_fp8::operands", operands);
    suite.trial("refused::mm_fp8::vectors", vectors);
    suite.trial("refused::mm_fp8::results", results);
    suite.trial("refused::bmm", batches);
    suite.trial("refused::mm_bf16::bias", bias);
    suite.trial("refused::mm_fp8_dynamic", dynamic);
    suite.trial("refused::mm_fp8::placement", placement);
}

fn zeros<T: Pattern>(context: &Context, shape: &[usize]) -> gatewarp::Result<Tensor<T>> {
    Tensor::zeros(&context.stream, shape)
}

/// Shapes of A and B, and what the error says.
type Operands = (&'static [usize], &'static [usize], &'static [&'static str]);

const OPERANDS: [Operands; 5] = [
    (&[6], &[5, 6], &["mm_fp8", "a must be [m, k]", "[6]"]),
    (
        &[4, 6],
        &[2, 5, 6],
        &["mm_fp8", "b must be [n, 6]", "[2, 5, 6]"],
    ),
    (
        &[4, 6],
        &[1, 2, 5, 6],
        &["mm_fp8", "b must be [n, k]", "[1, 2, 5, 6]"],
    ),
    (&[4, 6], &[5, 7], &["mm_fp8", "b must be [n, 6]", "[5, 7]"]),
    (&[4, 6], &[6, 5], &["mm_fp8", "b must be [n, 6]", "[6, 5]"]),
];

fn operands(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, MmFp8Options::default());
    for (a, b, parts) in OPERANDS {
        let (a, b) = (zeros::<E4m3>(context, a)?, zeros::<E5m2>(context, b)?);
        let mut c = Framed::<f32>::poisoned(stream, &[4, 5], Frame::NONE)?;
        refused("operands", parts, || {
            mm_fp8::<_, _, f32>(stream, &a, &b, &options)
        })?;
        refused("operands", parts, || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)
        })?;
        c.untouched()?;
    }
    Ok(())
}

/// Scales and biases of another length.
fn vectors(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (
        zeros::<E4m3>(context, &[4, 16])?,
        zeros::<E4m3>(context, &[5, 16])?,
    );
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 5], Frame::NONE)?;
    let three = zeros::<f32>(context, &[3])?;
    let (none, scale) = (MmFp8Options::default(), Some(three.view()));
    let bias = zeros::<bf16>(context, &[4])?;
    let bias = Some(bias.view());
    let wrong = [
        (
            "alpha must be 1 elements",
            MmFp8Options {
                alpha: scale,
                ..none
            },
        ),
        (
            "a_scale must be 1 or 4 elements",
            MmFp8Options {
                a_scale: scale,
                ..none
            },
        ),
        (
            "b_scale must be 1 or 5 elements",
            MmFp8Options {
                b_scale: scale,
                ..none
            },
        ),
        ("bias must be 5 elements", MmFp8Options { bias, ..none }),
    ];
    for (part, options) in wrong {
        refused("a vector", &["mm_fp8", part], || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)
        })?;
    }
    let apart = zeros::<f32>(context, &[4, 2])?;
    let a_scale = Some(apart.view().columns(0..1)?);
    refused("scales apart", &["a_scale must be", "contiguous"], || {
        let options = MmFp8Options { a_scale, ..none };
        mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)
    })?;
    c.untouched()?;
    Ok(())
}

/// Results of another shape.
fn results(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (
        zeros::<E4m3>(context, &[4, 16])?,
        zeros::<E4m3>(context, &[5, 16])?,
    );
    for shape in [&[5, 4][..], &[20], &[1, 4, 5]] {
        let mut c = Framed::<bf16>::poisoned(stream, shape, Frame::NONE)?;
        refused("a result", &["mm_fp8", "c must be [4, 5]"], || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &MmFp8Options::default())
        })?;
        c.untouched()?;
    }
    Ok(())
}

const BATCHES: [Operands; 5] = [
    (&[4, 6], &[2, 5, 6], &["a must be [batch, m, k]", "[4, 6]"]),
    (&[2, 4, 6], &[5, 6], &["b must be [batch, n, k]", "[5, 6]"]),
    (
        &[2, 4, 6],
        &[2, 5, 7],
        &["b must be [2, n, 6]", "[2, 5, 7]"],
    ),
    (
        &[2, 4, 6],
        &[3, 5, 6],
        &["b must be [2, n, 6]", "[3, 5, 6]"],
    ),
    (
        &[2, 4, 6],
        &[1, 5, 6],
        &["b must be [2, n, 6]", "[1, 5, 6]"],
    ),
];

fn batches(context: &Context) -> Outcome {
    let stream = &context.stream;
    for (a, b, parts) in BATCHES {
        let (x, y) = (zeros::<bf16>(context, a)?, zeros::<bf16>(context, b)?);
        refused("operands", &[&["bmm_bf16"], parts].concat(), || {
            bmm_bf16::<f32>(stream, &x, &y)
        })?;
        let (x, y) = (zeros::<E4m3>(context, a)?, zeros::<E4m3>(context, b)?);
        refused("operands", &[&["bmm_fp8"], parts].concat(), || {
            bmm_fp8::<_, _, f32>(stream, &x, &y, &MmFp8Options::default())
        })?;
    }
    batch_results(context)
}

/// Results of another shape, and scales of one matrix.
fn batch_results(context: &Context) -> Outcome {
    let stream = &context.stream;
    let mut c = Framed::<f32>::poisoned(stream, &[2, 5, 4], Frame::NONE)?;
    let (a, b) = (
        zeros::<bf16>(context, &[2, 4, 6])?,
        zeros::<bf16>(context, &[2, 5, 6])?,
    );
    refused("a result", &["bmm_bf16", "c must be [2, 4, 5]"], || {
        bmm_bf16_into(stream, &a, &b, &mut c.view_mut()?)
    })?;
    c.untouched()?;
    let (a, b) = (
        zeros::<E4m3>(context, &[2, 4, 6])?,
        zeros::<E4m3>(context, &[2, 5, 6])?,
    );
    let mut c = Framed::<f32>::poisoned(stream, &[2, 4, 5], Frame::NONE)?;
    let scale = zeros::<f32>(context, &[4])?;
    refused(
        "scales",
        &["bmm_fp8", "a_scale must be 1 or 8 elements"],
        || {
            let options = MmFp8Options {
                a_scale: Some(scale.view()),
                ..MmFp8Options::default()
            };
            bmm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)
        },
    )?;
    c.untouched()?;
    Ok(())
}

fn bias(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (
        zeros::<bf16>(context, &[4, 6])?,
        zeros::<bf16>(context, &[5, 6])?,
    );
    let mut c = Framed::<f32>::poisoned(stream, &[4, 5], Frame::NONE)?;
    let bias = zeros::<f32>(context, &[4])?;
    refused(
        "a bias",
        &["mm_bf16", "bias must be 5 elements", "[4]"],
        || {
            let options = MmOptions {
                bias: Some(bias.view()),
                ..MmOptions::default()
            };
            mm_bf16_into(stream, &a, &b, &mut c.view_mut()?, &options)
        },
    )?;
    c.untouched()?;
    Ok(())
}

/// A workspace too small, and scales of another number.
fn dynamic(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (x, weight) = (
        zeros::<bf16>(context, &[4, 6])?,
        zeros::<E4m3>(context, &[5, 6])?,
    );
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 5], Frame::NONE)?;
    let options = MmFp8DynamicOptions::default();
    let parts = ["workspace must be of at least 20 elements", "[19]"];
    for (scales, floats, part) in [
        (5, 19, &parts[..]),
        (4, 20, &["weight_scale must be 1 or 5"]),
    ] {
        let scales = zeros::<f32>(context, &[scales])?;
        let mut workspace = Framed::<f32>::poisoned(stream, &[floats], Frame::NONE)?;
        refused("a vector", &[&["mm_fp8_dynamic"], part].concat(), || {
            let (mut workspace, mut c) = (workspace.view_mut()?, c.view_mut()?);
            mm_fp8_dynamic_into(
                stream,
                &x,
                &weight,
                &scales,
                &mut workspace,
                &mut c,
                &options,
            )
        })?;
        workspace.untouched()?;
    }
    c.untouched()?;
    Ok(())
}

/// A scale on another device.
fn placement(context: &Context) -> Outcome {
    let stream = &context.stream;
    let elsewhere = match stream.device().is_cuda() {
        true => Device::cpu().stream()?,
        false => return Ok(()), // host memory is all one
    };
    let a = zeros::<E4m3>(context, &[4, 16])?;
    let b = zeros::<E4m3>(context, &[5, 16])?;
    let scale = Tensor::<f32>::zeros(&elsewhere, &[1])?;
    refused(
        "a scale elsewhere",
        &["mm_fp8", "b_scale must be on"],
        || {
            let options = MmFp8Options {
                b_scale: Some(scale.view()),
                ..MmFp8Options::default()
            };
            mm_fp8::<_, _, f32>(stream, &a, &b, &options)
        },
    )?;
    Ok(())
}
