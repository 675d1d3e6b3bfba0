//! FP8 products by shuffled weights.

use gatewarp::formats::{E4m3, E5m2};
use gatewarp::gemm::{Fp8Gemm, Fp8Output, MmFp8Options, mm_fp8, mm_fp8_into};
use gatewarp::quantize::Fp8Code;
use gatewarp::{Error, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::Mismatch;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::{error_of, refused};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::mm_fp8_shuffled::shapes", shapes);
    suite.trial("refused::mm_fp8_shuffled::types", types);
    suite.trial("refused::mm_fp8_shuffled::results", results);
    suite.trial("refused::mm_fp8_shuffled::alignment", alignment);
}

fn zeros<T: Pattern>(context: &Context, shape: &[usize]) -> gatewarp::Result<Tensor<T>> {
    Tensor::zeros(&context.stream, shape)
}

/// Shapes of A and B, and what the error says.
const SHAPES: [(&[usize], &[usize], &str); 8] = [
    (&[256], &[2, 32, 128], "a must be [m, k]"),
    (&[1, 4, 256], &[2, 32, 128], "a must be [m, k]"),
    (&[4, 256], &[2, 33, 128], "n a multiple of 32"),
    (&[4, 256], &[2, 48, 128], "n a multiple of 32"),
    (&[4, 256], &[3, 32, 128], "[256 / 128, n, 128]"),
    (&[4, 256], &[4, 32, 64], "[256 / 128, n, 128]"),
    (&[4, 200], &[1, 32, 128], "b must be [n, 200]"),
    (&[4, 0], &[1, 32, 128], "b must be [n, 0]"),
];

fn shapes(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, MmFp8Options::default());
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 32], Frame::NONE)?;
    for (a, b, part) in SHAPES {
        let (a, b) = (zeros::<E4m3>(context, a)?, zeros::<E4m3>(context, b)?);
        let parts = ["mm_fp8", part];
        refused("shapes", &parts, || {
            mm_fp8::<_, _, bf16>(stream, &a, &b, &options)
        })?;
        refused("shapes", &parts, || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &options)
        })?;
    }
    c.untouched()?;
    Ok(())
}

/// Formats and results that there are no kernels for.
fn types(context: &Context) -> Outcome {
    refused_types::<E4m3, E5m2, bf16>(context, "e4m3 by e5m2 to bf16")?;
    refused_types::<E5m2, E4m3, f16>(context, "e5m2 by e4m3 to f16")?;
    refused_types::<E4m3, E4m3, f32>(context, "e4m3 by e4m3 to f32")
}

fn refused_types<A: Fp8Gemm<B, O> + Value, B: Fp8Code + Value, O: Fp8Output<Addend = O> + Value>(
    context: &Context,
    found: &str,
) -> Outcome {
    let stream = &context.stream;
    for k in [0, 128] {
        let (a, b) = (
            zeros::<A>(context, &[4, k])?,
            zeros::<B>(context, &[k / 128, 32, 128])?,
        );
        let mut c = Framed::<O>::poisoned(stream, &[4, 32], Frame::NONE)?;
        refused("types", &["mm_fp8", "b must be plain", found], || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &MmFp8Options::default())
        })?;
        c.untouched()?;
    }
    Ok(())
}

/// Results of another shape, and scales of another number.
fn results(context: &Context) -> Outcome {
    let (stream, none) = (&context.stream, MmFp8Options::default());
    let (a, b) = (
        zeros::<E4m3>(context, &[4, 256])?,
        zeros::<E4m3>(context, &[2, 32, 128])?,
    );
    for shape in [&[32, 4][..], &[128], &[1, 4, 32], &[4, 64]] {
        let mut c = Framed::<bf16>::poisoned(stream, shape, Frame::NONE)?;
        refused("a result", &["mm_fp8", "c must be [4, 32]"], || {
            mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &none)
        })?;
        c.untouched()?;
    }
    let two = zeros::<f32>(context, &[2])?;
    let b_scale = Some(two.view());
    refused("scales", &["b_scale must be 1 or 32 elements"], || {
        mm_fp8::<_, _, bf16>(stream, &a, &b, &MmFp8Options { b_scale, ..none })
    })?;
    Ok(())
}

/// Rows that tensor copies cannot move: a GPU says how to go on; the CPU does not mind.
fn alignment(context: &Context) -> Outcome {
    let (stream, none, odd) = (&context.stream, Frame::NONE, Frame::new(0, 0, 1, 0));
    for (name, frames) in [
        ("a", [odd, none, none]),
        ("b", [none, odd, none]),
        ("c", [none, none, odd]),
    ] {
        let ones = |count| vec![E4m3::from_f32(1.0); count];
        let a = Framed::new(stream, &[4, 256], frames[0], &ones(4 * 256))?;
        let b = Framed::new(stream, &[2, 32, 128], frames[1], &ones(2 * 32 * 128))?;
        let mut c = Framed::<bf16>::poisoned(stream, &[4, 32], frames[2])?;
        let (a, b) = (a.view()?, b.view()?);
        let mut call = || mm_fp8_into(stream, &a, &b, &mut c.view_mut()?, &MmFp8Options::default());
        if context.kind == Kind::Cpu {
            call()?;
            continue;
        }
        let error = error_of("alignment", call)?;
        let said = error.to_string();
        let helps = said.contains("16 bytes") && said.contains("restore_low_latency_gemm_weights");
        match error {
            Error::Argument { argument, .. } if argument == name && helps => {}
            _ => return Err(Mismatch(format!("of {name}: {said}")).into()),
        }
        c.untouched()?;
    }
    Ok(())
}
