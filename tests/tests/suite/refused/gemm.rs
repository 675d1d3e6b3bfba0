//! Matrix products.

use gatewarp::gemm::{
    TgvOptions, grouped_mm, grouped_mm_into, mm, mm_into, tgv_gemm, tgv_gemm_into,
};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::mm", dense);
    suite.trial("refused::tgv_gemm", tgv);
    suite.trial("refused::grouped_mm", grouped);
    suite.trial("refused::grouped_mm_of_too_many_groups", too_many_groups);
}

fn zeros(context: &Context, shape: &[usize]) -> gatewarp::Result<Tensor<bf16>> {
    Tensor::zeros(&context.stream, shape)
}

/// Shapes of A and B, and what the error says.
const DENSE: [(&[usize], &[usize], &[&str]); 4] = [
    (&[6], &[5, 6], &["mm", "a must be [m, k]", "[6]"]),
    (
        &[4, 6],
        &[2, 5, 6],
        &["mm", "b must be [n, k]", "[2, 5, 6]"],
    ),
    (
        &[4, 6],
        &[5, 7],
        &["mm", "b must be [n, 6]", "[4, 6]", "[5, 7]"],
    ),
    (&[4, 6], &[6, 5], &["mm", "b must be [n, 6]", "[6, 5]"]),
];

fn dense(context: &Context) -> Outcome {
    let stream = &context.stream;
    for (a, b, parts) in DENSE {
        let (a, b) = (zeros(context, a)?, zeros(context, b)?);
        refused("operands", parts, || mm::<bf16, f32>(stream, &a, &b))?;
        let mut c = Framed::<f32>::poisoned(stream, &[4, 5], Frame::NONE)?;
        refused("operands", parts, || {
            mm_into(stream, &a, &b, &mut c.view_mut()?)
        })?;
        c.untouched()?;
    }
    dense_results(context)
}

/// A result of another shape, and B of too many rows.
fn dense_results(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (zeros(context, &[4, 6])?, zeros(context, &[5, 6])?);
    let mut c = Framed::<f32>::poisoned(stream, &[5, 4], Frame::NONE)?;
    let parts = ["mm", "c must be [4, 5]", "[5, 4]"];
    refused("a result", &parts, || {
        mm_into(stream, &a, &b, &mut c.view_mut()?)
    })?;
    c.untouched()?;
    let tall = zeros(context, &[1 << 22, 0])?;
    let nothing = zeros(context, &[1, 0])?;
    let parts = ["mm", "b must be of at most", "[4194304, 0]"];
    refused("too many rows", &parts, || {
        mm::<bf16, f32>(stream, &nothing, &tall)
    })?;
    Ok(())
}

/// Operands, a bias and a result that do not fit.
fn tgv(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (zeros(context, &[4, 6])?, zeros(context, &[5, 6])?);
    let (other, bias) = (zeros(context, &[5, 7])?, zeros(context, &[4])?);
    let (plain, biased) = (
        TgvOptions::default(),
        TgvOptions {
            bias: Some(bias.view()),
            pdl: true,
            constant_b: true,
        },
    );
    let mut c = Framed::<bf16>::poisoned(stream, &[4, 5], Frame::NONE)?;
    let parts = ["tgv_gemm", "b must be [n, 6]", "[5, 7]"];
    refused("operands", &parts, || {
        tgv_gemm_into(stream, &a, &other, &mut c.view_mut()?, &plain)
    })?;
    let parts = ["tgv_gemm", "bias must be 5 elements", "[4]"];
    refused("a bias", &parts, || {
        tgv_gemm_into(stream, &a, &b, &mut c.view_mut()?, &biased)
    })?;
    refused("a bias", &parts, || tgv_gemm(stream, &a, &b, &biased))?;
    c.untouched()?;
    let mut c = Framed::<bf16>::poisoned(stream, &[5, 4], Frame::NONE)?;
    let parts = ["tgv_gemm", "c must be [4, 5]", "[5, 4]"];
    refused("a result", &parts, || {
        tgv_gemm_into(stream, &a, &b, &mut c.view_mut()?, &plain)
    })?;
    c.untouched()?;
    Ok(())
}

const OFFSETS: &str = "offsets must be [3], one more than the groups";

/// Shapes of A and B, the number of offsets, and what the error says.
type Grouped = (
    &'static [usize],
    &'static [usize],
    usize,
    &'static [&'static str],
);

/// Operands that do not fit.
const GROUPED: [Grouped; 6] = [
    (
        &[6],
        &[2, 5, 6],
        3,
        &["grouped_mm", "a must be [rows, k]", "[6]"],
    ),
    (
        &[4, 6],
        &[5, 6],
        3,
        &["grouped_mm", "b must be [groups, n, k]", "[5, 6]"],
    ),
    (
        &[4, 6],
        &[2, 5, 7],
        3,
        &["grouped_mm", "b must be [groups, n, 6]", "[2, 5, 7]"],
    ),
    (&[4, 6], &[2, 5, 6], 2, &["grouped_mm", OFFSETS, "[2]"]),
    (&[4, 6], &[2, 5, 6], 4, &["grouped_mm", OFFSETS, "[4]"]),
    (&[4, 6], &[2, 5, 6], 0, &["grouped_mm", OFFSETS, "[0]"]),
];

fn grouped(context: &Context) -> Outcome {
    let stream = &context.stream;
    for (a, b, ends, parts) in GROUPED {
        let (a, b) = (zeros(context, a)?, zeros(context, b)?);
        let offsets = Tensor::<i32>::zeros(stream, &[ends])?;
        let mut c = Framed::poisoned(stream, &[4, 5], Frame::NONE)?;
        refused("operands", parts, || {
            grouped_mm_into(stream, &a, &b, &offsets, &mut c.view_mut()?)
        })?;
        c.untouched()?;
    }
    grouped_results(context)
}

/// A strided B, and a result of another shape.
fn grouped_results(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (a, b) = (zeros(context, &[4, 6])?, zeros(context, &[2, 5, 8])?);
    let offsets = Tensor::<i32>::zeros(stream, &[3])?;
    let parts = ["grouped_mm", "b must be", "contiguous"];
    let strided = b.view().columns(0..6)?;
    refused("a strided b", &parts, || {
        grouped_mm(stream, &a, &strided, &offsets)
    })?;
    let b = zeros(context, &[2, 5, 6])?;
    let mut c = Framed::poisoned(stream, &[4, 6], Frame::NONE)?;
    let parts = ["grouped_mm", "c must be [4, 5]", "[4, 6]"];
    refused("a result", &parts, || {
        grouped_mm_into(stream, &a, &b, &offsets, &mut c.view_mut()?)
    })?;
    c.untouched()?;
    Ok(())
}

/// Matrices without elements may be as many as there are numbers.
fn too_many_groups(context: &Context) -> Outcome {
    let (a, b) = (
        zeros(context, &[4, 0])?,
        zeros(context, &[usize::MAX, 0, 0])?,
    );
    let offsets = Tensor::<i32>::zeros(&context.stream, &[1])?;
    refused("all the groups there are", &["grouped_mm"], || {
        grouped_mm(&context.stream, &a, &b, &offsets)
    })?;
    Ok(())
}
