//! `activation`: the whole table, in both orders, and with parameters of experts.

use gatewarp::activation::{
    ActivationOptions, ActivationType, ExpertParameters, ExpertRows, GatedElement, activation,
    activation_into, gelu_and_mul, gelu_tanh_and_mul, silu_and_mul,
};
use gatewarp::fused_moe::GateUpOrder;
use gatewarp::{Result, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, close, widen};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value, Values};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, bound, cases, kept};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("activation::bf16", matches::<bf16>);
    suite.trial("activation::f16", matches::<f16>);
    suite.trial("activation::f32", matches::<f32>);
    suite.trial("activation::has_the_named_operations", named);
    suite.trial("activation::experts_by_offsets", by_offsets);
    suite.trial("activation::experts_of_equal_rows", of_equal_rows);
}

fn types() -> impl Strategy<Value = ActivationType> {
    let bias = |alpha, beta, limit| ActivationType::SwigluBias { alpha, beta, limit };
    prop_oneof![
        3 => select(ActivationType::ALL.to_vec()),
        1 => select(vec![
            ActivationType::SWIGLU_OAI,
            bias(1.0, 0.0, 10.0),
            bias(0.5, 2.0, 0.0),
            ActivationType::SwigluStep { limit: 1.5 },
            ActivationType::Situ { beta: 1.0, linear_beta: 1.0 },
        ]),
    ]
}

type Typed = (Case, ActivationType, bool);

fn matches<T: GatedElement + Value>(context: &Context) -> Outcome {
    let kept = kept()
        .into_iter()
        .flat_map(|case| ActivationType::ALL.map(|activation| (case.clone(), activation, false)));
    let strategy = (cases(), types(), any::<bool>());
    context.check(24, kept.collect(), &strategy, |case| {
        matches_case::<T>(context, case)
    })
}

fn matches_case<T: GatedElement + Value>(
    context: &Context,
    (case, of, up_first): &Typed,
) -> TestCaseResult {
    let (d, of) = (case.d, *of);
    let width = if of.is_gated() { 2 * d } else { d };
    let mut x = case.halves::<T>(of);
    x.truncate(case.shape(width).iter().product());
    let want = want(context, case, of, &x)?;
    // Gate first is what the values are; the other order swaps them.
    let order = match up_first {
        true => GateUpOrder::UpFirst,
        false => GateUpOrder::GateFirst,
    };
    let stored = match *up_first && of.is_gated() {
        true => swapped(&x, d),
        false => x.clone(),
    };
    let framed = Framed::new(&context.stream, &case.shape(width), case.x, &stored)?;
    let mut out = Framed::poisoned(&context.stream, &case.shape(d), case.out)?;
    let options = ActivationOptions { order, ..of.into() };
    activation_into(
        &context.stream,
        &framed.view()?,
        &options,
        &mut out.view_mut()?,
    )?;
    close("out", &out.elements()?, &want, |i| {
        let gate = x[i / d * width + i % d].to_f64();
        let up = x[i / d * width + width - d + i % d].to_f64();
        bound::<T>(of, gate, up)
    })?;
    Ok(())
}

fn want<T: GatedElement + Value>(
    context: &Context,
    case: &Case,
    of: ActivationType,
    x: &[T],
) -> Result<Vec<f64>> {
    let width = if of.is_gated() { 2 * case.d } else { case.d };
    let library = |stream: &Stream| {
        let x = Tensor::from_slice(stream, x, &case.shape(width))?;
        Ok(widen(&activation(stream, &x, &of.into())?.to_vec()?))
    };
    context.oracle(library, || match of.is_gated() {
        true => naive::halves(of, x, case.d),
        false => {
            let of = |x: &T| naive::activation(of, x.to_f64(), 0.0);
            x.iter().map(of).collect()
        }
    })
}

/// Rows with their halves swapped.
fn swapped<T: Copy>(x: &[T], d: usize) -> Vec<T> {
    let swap = |row: &[T]| [&row[d..], &row[..d]].concat();
    x.chunks((2 * d).max(1)).flat_map(swap).collect()
}

/// `activation` of the gated types that have operations of their own is these, bit for bit.
fn named(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Values::Special.draw::<bf16>(6 * 40, 5);
    let x = Tensor::from_slice(stream, &x, &[6, 40])?;
    let of = |of: ActivationType| activation(stream, &x, &of.into())?.to_vec();
    let silu = silu_and_mul(stream, &x)?.to_vec()?;
    bits("Swiglu", &of(ActivationType::Swiglu)?, &silu)?;
    let gelu = gelu_and_mul(stream, &x)?.to_vec()?;
    bits("Geglu", &of(ActivationType::Geglu)?, &gelu)?;
    let gelu_tanh = gelu_tanh_and_mul(stream, &x)?.to_vec()?;
    bits("GegluTanh", &of(ActivationType::GegluTanh)?, &gelu_tanh)?;
    Ok(())
}

const D: usize = 24;
const ALPHA: [f32; 4] = [1.0, 1.702, 0.5, 2.0];
const BETA: [f32; 4] = [0.0, 1.0, 0.25, -1.0];
const LIMIT: [f32; 4] = [f32::INFINITY, 7.0, 0.5, 1.0];

/// What an expert's row must give: the activation with its parameters, of that row alone.
fn expect(context: &Context, x: &[bf16], got: &[bf16], expert_of: &[usize]) -> TestCaseResult {
    for (row, &expert) in expert_of.iter().enumerate() {
        let of = ActivationType::SwigluBias {
            alpha: ALPHA[expert],
            beta: BETA[expert],
            limit: LIMIT[expert],
        };
        let x = Tensor::from_slice(&context.stream, &x[row * 2 * D..][..2 * D], &[1, 2 * D])?;
        let want = activation(&context.stream, &x, &of.into())?.to_vec()?;
        bits("an expert's row", &got[row * D..][..D], &want)?;
    }
    let beyond = &got[expert_of.len() * D..];
    if !beyond.iter().all(|value| value.is_poison()) {
        return Err(failed("rows past the last expert's were written"));
    }
    Ok(())
}

/// Experts without rows, and rows past the last offset, which stay as they are.
fn by_offsets(context: &Context) -> Outcome {
    let stream = &context.stream;
    let offsets = Tensor::from_slice(stream, &[0, 3, 3, 4, 9], &[5])?;
    let vectors = [ALPHA, BETA, LIMIT].map(|values| Tensor::from_slice(stream, &values, &[4]));
    let [alpha, beta, limit] = vectors;
    let (alpha, beta, limit) = (alpha?, beta?, limit?);
    let experts = ExpertParameters {
        alpha: Some(alpha.view()),
        beta: Some(beta.view()),
        limit: Some(limit.view()),
        ..ExpertParameters::new(ExpertRows::Offsets(offsets.view()))
    };
    let got = with_experts(context, experts, 12)?;
    expect(context, &got.0, &got.1, &[0, 0, 0, 2, 3, 3, 3, 3, 3])?;
    Ok(())
}

/// As many rows for each expert, and a parameter that is the same for all.
fn of_equal_rows(context: &Context) -> Outcome {
    let stream = &context.stream;
    let alpha = Tensor::from_slice(stream, &ALPHA, &[4])?;
    let beta = Tensor::from_slice(stream, &BETA, &[4])?;
    let limit = Tensor::from_slice(stream, &LIMIT, &[4])?;
    let experts = ExpertParameters {
        alpha: Some(alpha.view()),
        beta: Some(beta.view()),
        limit: Some(limit.view()),
        ..ExpertParameters::new(ExpertRows::Each(2))
    };
    let (x, got) = with_experts(context, experts, 8)?;
    expect(context, &x, &got, &[0, 0, 1, 1, 2, 2, 3, 3])?;
    Ok(())
}

/// Random rows, and the activation of them with parameters of experts.
fn with_experts(
    context: &Context,
    experts: ExpertParameters<'_>,
    rows: usize,
) -> Result<(Vec<bf16>, Vec<bf16>)> {
    let stream = &context.stream;
    let elements = Values::Ordinary.draw::<bf16>(rows * 2 * D, 4);
    let x = Tensor::from_slice(stream, &elements, &[rows, 2 * D])?;
    let mut out = Framed::poisoned(stream, &[rows, D], Frame::NONE)?;
    let options = ActivationOptions {
        experts: Some(experts),
        ..ActivationType::SWIGLU_OAI.into()
    };
    activation_into(stream, &x, &options, &mut out.view_mut()?)?;
    let got = out
        .elements()
        .map_err(|error| error.0)
        .expect("in its frame");
    Ok((elements, got))
}
