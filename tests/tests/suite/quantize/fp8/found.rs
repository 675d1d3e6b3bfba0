//! Quantisers of memory that find their scales: bit for bit, for any shape, frame, rows and values.

use gatewarp::quantize::{ChannelAxis, Fp8Element};
use gatewarp::{Stream, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Mismatch, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Recipe, cases};
use super::ops::{Bytes, failed, quantize};

const COLUMNS: Recipe = Recipe::Channel(ChannelAxis::Columns);
const ROWS: Recipe = Recipe::Channel(ChannelAxis::Rows);

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_quantize_per_tensor::bf16", |c| {
        matches::<bf16>(c, Recipe::Tensor)
    });
    suite.trial("fp8_quantize_per_tensor::f16", |c| {
        matches::<f16>(c, Recipe::Tensor)
    });
    suite.trial("fp8_quantize_per_tensor::f32", |c| {
        matches::<f32>(c, Recipe::Tensor)
    });
    suite.trial("fp8_quantize_per_token::bf16", |c| {
        matches::<bf16>(c, Recipe::Token)
    });
    suite.trial("fp8_quantize_per_token::f16", |c| {
        matches::<f16>(c, Recipe::Token)
    });
    suite.trial("fp8_quantize_per_token::f32", |c| {
        matches::<f32>(c, Recipe::Token)
    });
    suite.trial("fp8_quantize_per_channel::rows", |c| {
        matches::<bf16>(c, ROWS)
    });
    suite.trial("fp8_quantize_per_channel::bf16", |c| {
        matches::<bf16>(c, COLUMNS)
    });
    suite.trial("fp8_quantize_per_channel::f16", |c| {
        matches::<f16>(c, COLUMNS)
    });
    suite.trial("fp8_quantize_per_channel::f32", |c| {
        matches::<f32>(c, COLUMNS)
    });
    suite.trial("fp8_quantize_1x128::bf16", |c| {
        matches::<bf16>(c, Recipe::Group)
    });
    suite.trial("fp8_quantize_1x128::f16", |c| {
        matches::<f16>(c, Recipe::Group)
    });
    suite.trial("fp8_quantize_1x128::f32", |c| {
        matches::<f32>(c, Recipe::Group)
    });
    suite.trial("fp8_quantize_128x128::bf16", |c| {
        matches::<bf16>(c, Recipe::Tile)
    });
    suite.trial("fp8_quantize_128x128::f16", |c| {
        matches::<f16>(c, Recipe::Tile)
    });
    suite.trial("fp8_quantize_128x128::f32", |c| {
        matches::<f32>(c, Recipe::Tile)
    });
}

fn matches<T: Fp8Element + Value>(context: &Context, recipe: Recipe) -> Outcome {
    let mut kept = Case::kept(recipe);
    kept.extend(context.real(vec![
        Case::plain(recipe, 513, 11008),
        Case::plain(recipe, 300, 28672),
    ]));
    context.check(2, kept, &cases(recipe), |case| {
        matches_case::<T>(context, case)
    })
}

/// A case's codes and scales are right, bit for bit.
pub fn matches_case<T: Fp8Element + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let (x, beside) = (case.elements::<T>(1), case.beside());
    let on = |stream: &Stream| -> Result<Bytes, Mismatch> {
        let device = beside.on(stream).map_err(failed)?;
        let x = Framed::new(stream, &case.shape(case.columns), case.x, &x).map_err(failed)?;
        let x = x.view().map_err(failed)?;
        quantize(stream, case, (&x, false), &device.options(case))
    };
    let want = context.oracle(|cpu| Ok(on(cpu)), || Ok(case.naive(&widen(&x), &beside)))??;
    on(&context.stream)?.same(&want)
}
