//! Activations fused into quantisers: the bits of the two operations one after the other, on the same device.

use gatewarp::activation::{GatedElement, silu_and_mul};
use gatewarp::quantize::Fp8Element;
use gatewarp::{bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::Framed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Recipe, cases};
use super::ops::quantize;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("silu_and_mul_fp8_quantize_per_token::bf16", |c| {
        matches::<bf16>(c, Recipe::Token)
    });
    suite.trial("silu_and_mul_fp8_quantize_per_token::f16", |c| {
        matches::<f16>(c, Recipe::Token)
    });
    suite.trial("silu_and_mul_fp8_quantize_per_token::f32", |c| {
        matches::<f32>(c, Recipe::Token)
    });
    suite.trial("silu_and_mul_fp8_quantize_1x128::bf16", |c| {
        matches::<bf16>(c, Recipe::Group)
    });
    suite.trial("silu_and_mul_fp8_quantize_1x128::f16", |c| {
        matches::<f16>(c, Recipe::Group)
    });
    suite.trial("silu_and_mul_fp8_quantize_1x128::f32", |c| {
        matches::<f32>(c, Recipe::Group)
    });
}

fn matches<T: Fp8Element + GatedElement + Value>(context: &Context, recipe: Recipe) -> Outcome {
    let mut kept = Case::kept(recipe);
    kept.extend(context.real(vec![
        Case::plain(recipe, 513, 11008),
        Case::plain(recipe, 300, 28672),
    ]));
    context.check(2, kept, &cases(recipe), |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: Fp8Element + GatedElement + Value>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let stream = &context.stream;
    let shape = case.shape(2 * case.columns);
    let x = Framed::new(stream, &shape, case.x, &case.elements::<T>(2))?;
    let device = case.beside().on(stream)?;
    let (options, x) = (device.options(case), x.view()?);
    let activated = silu_and_mul(stream, &x)?;
    let want = quantize(stream, case, (&activated.view(), false), &options)?;
    quantize(stream, case, (&x, true), &options)?.same(&want)
}
