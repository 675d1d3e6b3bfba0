//! The largest magnitude.

use gatewarp::quantize::{Fp8Element, amax, amax_into, amax_workspace};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Mismatch, bits};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Recipe, cases};
use super::ops::failed;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("amax::bf16", matches::<bf16>);
    suite.trial("amax::f16", matches::<f16>);
    suite.trial("amax::f32", matches::<f32>);
    suite.trial("amax::allocating_form", allocating_form);
}

fn matches<T: Fp8Element + Value>(context: &Context) -> Outcome {
    let mut kept = Case::kept(Recipe::Tensor);
    kept.push(Case::plain(Recipe::Tensor, 700, 9));
    kept.extend(context.real(vec![Case::plain(Recipe::Tensor, 513, 11008)]));
    context.check(3, kept, &cases(Recipe::Tensor), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: Fp8Element + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let (x, beside) = (case.elements::<T>(1), case.beside());
    let on = |stream: &Stream| -> Result<Vec<f32>, Mismatch> {
        let device = beside.on(stream).map_err(failed)?;
        let x = Framed::new(stream, &case.shape(case.columns), case.x, &x).map_err(failed)?;
        let mut out = Framed::poisoned(stream, &[1], Frame::new(0, 0, 1, 1)).map_err(failed)?;
        let mut workspace = Tensor::empty(stream, &[amax_workspace()]).map_err(failed)?;
        let (x, mut to) = (x.view().map_err(failed)?, out.view_mut().map_err(failed)?);
        amax_into(stream, &x, &mut workspace, &mut to, &device.rows(case)).map_err(failed)?;
        out.elements()
    };
    let naive = || {
        let live = x
            .iter()
            .enumerate()
            .filter(|(i, x)| case.exists(&beside, i / case.columns) && !x.to_f64().is_nan());
        let largest = live.map(|(_, x)| x.to_f64().abs()).fold(0.0, f64::max);
        Ok(vec![largest as f32])
    };
    let want = context.oracle(|cpu| Ok(on(cpu)), naive)??;
    bits("out", &on(&context.stream)?, &want)?;
    Ok(())
}

fn allocating_form(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::from_slice(stream, &[1.0f32, -7.0, f32::NAN, 0.5], &[2, 2])?;
    let largest = amax(stream, &x, &Default::default())?;
    bits("out", &largest.to_vec()?, &[7.0])?;
    Ok(())
}
