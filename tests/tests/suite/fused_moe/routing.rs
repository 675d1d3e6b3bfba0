//! `topk`: every method and type of logits, ties, infinities and NaN.

use std::collections::HashSet;

use gatewarp::fused_moe::{RoutingLogits, RoutingMethodType, topk, topk_into};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{Bound, bits, close, widen};
use gatewarp_tests::naive::{self, Routed};
use gatewarp_tests::property::failed;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values, any_values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestCaseResult;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("topk::f32", matches::<f32>);
    suite.trial("topk::bf16", matches::<bf16>);
    suite.trial("topk::f16", matches::<f16>);
    suite.trial("topk::zeros_of_both_signs_tie", zeros_tie);
    suite.trial("topk::nan_ranks_last", nan_ranks_last);
}

#[derive(Clone, Copy, Debug)]
struct Case {
    method: RoutingMethodType,
    tokens: usize,
    experts: usize,
    top_k: usize,
    values: Values,
    seed: u64,
}

impl Case {
    fn shape(&self) -> [usize; 3] {
        [self.tokens, self.experts, self.top_k]
    }
}

/// Every routing method.
pub fn methods() -> impl Strategy<Value = RoutingMethodType> {
    prop_oneof![
        Just(RoutingMethodType::Default),
        Just(RoutingMethodType::Renormalize),
        Just(RoutingMethodType::RoundRobin),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let experts = prop_oneof![3 => 1..12usize, 2 => 28..36usize, 1 => 250..=300usize];
    let chosen = experts.prop_flat_map(|experts| {
        let top_k = prop_oneof![3 => 1..=experts.min(9), 1 => Just(experts)];
        (Just(experts), top_k)
    });
    let case = (methods(), 0..7usize, chosen, any_values(), any::<u64>());
    case.prop_map(|(method, tokens, (experts, top_k), values, seed)| Case {
        method,
        tokens,
        experts,
        top_k,
        values,
        seed,
    })
}

fn matches<L: RoutingLogits + Value>(context: &Context) -> Outcome {
    let of = |method, [tokens, experts, top_k]: [usize; 3], values| Case {
        method,
        tokens,
        experts,
        top_k,
        values,
        seed: 1,
    };
    let kept = vec![
        of(RoutingMethodType::Default, [0, 8, 2], Values::Ordinary),
        of(RoutingMethodType::Default, [3, 1, 1], Values::Ordinary),
        of(
            RoutingMethodType::Renormalize,
            [2, 300, 300],
            Values::Special,
        ),
        of(RoutingMethodType::Renormalize, [5, 33, 33], Values::Nan),
        of(RoutingMethodType::RoundRobin, [9, 7, 3], Values::Nan),
        of(RoutingMethodType::Default, [5, 64, 8], Values::Tied),
    ];
    context.check(16, kept, &cases(), |case| matches_case::<L>(context, case))
}

fn matches_case<L: RoutingLogits + Value>(context: &Context, case: &Case) -> TestCaseResult {
    let logits: Vec<L> = case.values.draw(case.tokens * case.experts, case.seed);
    let library = |stream: &Stream| {
        let logits = Tensor::from_slice(stream, &logits, &[case.tokens, case.experts])?;
        let (weights, ids) = topk(stream, &logits, case.method, case.top_k)?;
        let (weights, ids) = (widen(&weights.to_vec()?), ids.to_vec()?);
        Ok(Routed { weights, ids })
    };
    let naive = || naive::topk(case.method, &logits, case.shape());
    let want = context.oracle(library, naive)?;

    let stream = &context.stream;
    let tensor = Tensor::from_slice(stream, &logits, &[case.tokens, case.experts])?;
    let mut weights = Tensor::<f32>::empty(stream, &[case.tokens, case.top_k])?;
    let mut ids = Tensor::<i32>::empty(stream, &[case.tokens, case.top_k])?;
    weights.fill_bytes(0xff)?;
    ids.fill_bytes(0xff)?;
    topk_into(stream, &tensor, case.method, &mut weights, &mut ids)?;
    let (weights, ids) = (weights.to_vec()?, ids.to_vec()?);
    all_distinct(&ids, case)?;
    bits("ids", &ids, &want.ids)?;
    close("weights", &weights, &want.weights, |i| {
        let row = &logits[i / case.top_k * case.experts..][..case.experts];
        bound(row, ids[i], case.experts)
    })?;
    Ok(())
}

/// Whatever the logits, each token's ids are in range and different.
fn all_distinct(ids: &[i32], case: &Case) -> TestCaseResult {
    for (token, ids) in ids.chunks(case.top_k).enumerate() {
        let distinct: HashSet<_> = ids.iter().collect();
        let in_range = ids
            .iter()
            .all(|&id| 0 <= id && (id as usize) < case.experts);
        if distinct.len() < case.top_k || !in_range {
            return Err(failed(format!("token {token} has the ids {ids:?}")));
        }
    }
    Ok(())
}

/// The exponent is rounded to `f32`, so that its error grows with it; the sum is rounded once an expert.
fn bound<L: Value>(row: &[L], id: i32, experts: usize) -> Bound {
    let max = row
        .iter()
        .map(|logit| logit.to_f64())
        .fold(f64::MIN, f64::max);
    let below = (max - row[id as usize].to_f64()).abs().min(200.0);
    Bound {
        ulps: 8 + 2 * below as u32 + experts as u32,
        // Smaller ones may be flushed to zero.
        absolute: 1e-36,
    }
}

fn zeros_tie(context: &Context) -> Outcome {
    let logits = [-1.0f32, 0.0, -0.0, 0.0, -0.0];
    let (weights, ids) = route(context, &logits, 4)?;
    bits("ids", &ids, &[1, 2, 3, 4])?;
    bits("weights", &weights, &[0.25; 4])?;
    Ok(())
}

fn nan_ranks_last(context: &Context) -> Outcome {
    let logits = [f32::NAN, f32::NEG_INFINITY, f32::NAN, f32::INFINITY, 0.0];
    let (weights, ids) = route(context, &logits, 5)?;
    bits("ids", &ids, &[3, 4, 1, 0, 2])?;
    bits("weights", &weights, &[1.0, 0.0, 0.0, 0.0, 0.0])?;
    Ok(())
}

fn route(
    context: &Context,
    logits: &[f32],
    top_k: usize,
) -> gatewarp::Result<(Vec<f32>, Vec<i32>)> {
    let logits = Tensor::from_slice(&context.stream, logits, &[1, logits.len()])?;
    let method = RoutingMethodType::Renormalize;
    let (weights, ids) = topk(&context.stream, &logits, method, top_k)?;
    Ok((weights.to_vec()?, ids.to_vec()?))
}
