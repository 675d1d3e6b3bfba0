//! Quantisers by a given scale.

use gatewarp::activation::{GatedElement, silu_and_mul};
use gatewarp::formats::{E4m3, E5m2};
use gatewarp::quantize::{
    Fp8Code, Fp8Element, LiveRows, fp8_quantize_per_tensor_static_into,
    silu_and_mul_fp8_quantize_per_tensor_static_into,
};
use gatewarp::{Stream, Tensor, TensorView, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Mismatch, bits, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value};
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Recipe, cases};
use super::ops::{bytes, failed};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_quantize_per_tensor_static::bf16", matches::<bf16>);
    suite.trial("fp8_quantize_per_tensor_static::f16", matches::<f16>);
    suite.trial("fp8_quantize_per_tensor_static::f32", matches::<f32>);
    suite.trial(
        "silu_and_mul_fp8_quantize_per_tensor_static::bf16",
        fused::<bf16>,
    );
    suite.trial(
        "silu_and_mul_fp8_quantize_per_tensor_static::f16",
        fused::<f16>,
    );
    suite.trial(
        "silu_and_mul_fp8_quantize_per_tensor_static::f32",
        fused::<f32>,
    );
}

/// Scales that a case has one of.
const SCALES: [f32; 7] = [1.0, 0.01, 3.7, 1e-40, 0.0, f32::MAX, f32::INFINITY];

fn scale(case: &Case) -> f32 {
    SCALES[(case.seed % SCALES.len() as u64) as usize]
}

/// Quantises, or `silu_and_mul` of `x`.
fn quantize<T: Fp8Element>(
    stream: &Stream,
    case: &Case,
    (x, silu): (&TensorView<'_, T>, bool),
    rows: &LiveRows<'_>,
) -> Result<Vec<u8>, Mismatch> {
    match case.e5m2 {
        false => quantize_to::<T, E4m3>(stream, case, (x, silu), rows),
        true => quantize_to::<T, E5m2>(stream, case, (x, silu), rows),
    }
}

fn quantize_to<T: Fp8Element, C: Fp8Code + Pattern>(
    stream: &Stream,
    case: &Case,
    (x, silu): (&TensorView<'_, T>, bool),
    rows: &LiveRows<'_>,
) -> Result<Vec<u8>, Mismatch> {
    let scale = Tensor::from_slice(stream, &[scale(case)], &[]).map_err(failed)?;
    let shape = case.shape(case.columns);
    let mut data = Framed::<C>::poisoned(stream, &shape, case.data).map_err(failed)?;
    let mut to = data.view_mut().map_err(failed)?;
    let quantized = match silu {
        false => fp8_quantize_per_tensor_static_into(stream, x, &scale, &mut to, rows),
        true => silu_and_mul_fp8_quantize_per_tensor_static_into(stream, x, &scale, &mut to, rows),
    };
    quantized.map_err(failed)?;
    Ok(bytes(&data.elements()?))
}

fn matches<T: Fp8Element + Value>(context: &Context) -> Outcome {
    let kept = Case::kept(Recipe::Tensor);
    context.check(2, kept, &cases(Recipe::Tensor), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: Fp8Element + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let (x, beside) = (case.elements::<T>(1), case.beside());
    let on = |stream: &Stream| -> Result<Vec<u8>, Mismatch> {
        let device = beside.on(stream).map_err(failed)?;
        let x = Framed::new(stream, &case.shape(case.columns), case.x, &x).map_err(failed)?;
        let x = x.view().map_err(failed)?;
        quantize(stream, case, (&x, false), &device.rows(case))
    };
    let naive = || {
        let codes = case.twin().quantize_by(&widen(&x), scale(case).into());
        let live = |(i, code): (usize, u8)| match case.exists(&beside, i / case.columns) {
            true => code,
            false => 0xff,
        };
        Ok(codes.into_iter().enumerate().map(live).collect())
    };
    let want = context.oracle(|cpu| Ok(on(cpu)), naive)??;
    bits("data", &on(&context.stream)?, &want)?;
    Ok(())
}

fn fused<T: Fp8Element + GatedElement + Value>(context: &Context) -> Outcome {
    let kept = Case::kept(Recipe::Tensor);
    context.check(2, kept, &cases(Recipe::Tensor), |case| {
        fused_case::<T>(context, case)
    })
}

/// The bits of the two operations one after the other, on the same device.
fn fused_case<T: Fp8Element + GatedElement + Value>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let stream = &context.stream;
    let shape = case.shape(2 * case.columns);
    let x = Framed::new(stream, &shape, case.x, &case.elements::<T>(2))?;
    let device = case.beside().on(stream)?;
    let (rows, x) = (device.rows(case), x.view()?);
    let activated = silu_and_mul(stream, &x)?;
    let want = quantize(stream, case, (&activated.view(), false), &rows)?;
    bits("data", &quantize(stream, case, (&x, true), &rows)?, &want)?;
    Ok(())
}
