//! `fused_moe`: the whole layer, however its tokens are routed.

use gatewarp::device::SimOptions;
use gatewarp::fused_moe::{
    FusedMoeOptions, GateUpOrder, MoeElement, Router, RoutingLogits, fused_moe_into,
    fused_moe_workspace,
};
use gatewarp::{Device, Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, Similarity, bits, close, distance, similar, widen};
use gatewarp_tests::frame::Framed;
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Value;
use proptest::test_runner::TestCaseResult;

use super::case::{Case, Input, Layer, cases, kept};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fused_moe::logits::bf16_f32", by_logits::<bf16, f32>);
    suite.trial("fused_moe::logits::bf16_bf16", by_logits::<bf16, bf16>);
    suite.trial("fused_moe::logits::f16_f16", by_logits::<f16, f16>);
    suite.trial("fused_moe::chosen::bf16", chosen::<bf16>);
    suite.trial("fused_moe::chosen::f16", chosen::<f16>);
    suite.trial("fused_moe::gate_and_up_in_either_order", either_order);
    suite.trial("fused_moe::weights_of_four_dimensions", four_dimensions);
    suite.trial("fused_moe::over_capacity_is_dropped", over_capacity);
    suite.trial("fused_moe::no_choice_gives_zeros", no_choice);
    suite.trial("fused_moe::is_deterministic", deterministic);
    suite.trial("fused_moe::workspace_is_as_large_as_said", workspace);
}

fn by_logits<T: MoeElement + Value, L: RoutingLogits + Value>(context: &Context) -> Outcome {
    let large = Case {
        tokens: 130,
        hidden: 512,
        intermediate: 264,
        experts: 8,
        ..Case::SMALL
    };
    let kept = [kept(), context.real(vec![large])].concat();
    context.check(5, kept, &cases(), |case| {
        by_logits_case::<T, L>(context, case)
    })
}

fn by_logits_case<T: MoeElement + Value, L: RoutingLogits + Value>(
    context: &Context,
    case: &Case,
) -> TestCaseResult {
    let input = Input::<T>::new(case);
    let logits: Vec<L> = input
        .logits
        .iter()
        .map(|&logit| L::from_f32(logit))
        .collect();
    let naive = || {
        let shape = [case.tokens, case.experts, case.options.top_k];
        let routed = naive::topk(case.options.routing_method, &logits, shape);
        let weights: Vec<f32> = routed.weights.iter().map(|&weight| weight as f32).collect();
        twin(case, &input, &routed.ids, &weights)
    };
    let on = |stream: &Stream| -> gatewarp::Result<_> {
        let logits = Tensor::from_slice(stream, &logits, &[case.tokens, case.experts])?;
        Ok((Layer::new(stream, case, &input)?, logits))
    };
    let library = |stream: &Stream| {
        let (layer, logits) = on(stream)?;
        Ok(widen(&layer.forward(case, Router::logits(&logits))?))
    };
    let want = context.oracle(library, naive)?;
    let (layer, logits) = on(&context.stream)?;
    compare(context, case, &layer, Router::logits(&logits), &want)
}

fn chosen<T: MoeElement + Value>(context: &Context) -> Outcome {
    context.check(5, kept(), &cases(), |case| {
        let input = Input::<T>::new(case);
        let naive = || twin(case, &input, &input.ids, &input.weights);
        let library = |stream: &Stream| {
            let layer = Layer::new(stream, case, &input)?;
            Ok(widen(&layer.forward(case, layer.chosen())?))
        };
        let want = context.oracle(library, naive)?;
        let layer = Layer::new(&context.stream, case, &input)?;
        compare(context, case, &layer, layer.chosen(), &want)
    })
}

/// The naive twin's output.
fn twin<T: Value>(case: &Case, input: &Input<T>, ids: &[i32], weights: &[f32]) -> Vec<f64> {
    let layer = naive::Moe {
        gate_up: &input.gate_up,
        down: &input.down,
        order: case.order,
        experts: case.experts,
        hidden: case.hidden,
        intermediate: case.intermediate,
        capacity: case.options.expert_capacity,
    };
    layer.forward(&input.x, ids, weights, case.options.top_k)
}

/// Runs the layer into a poisoned frame, with a poisoned workspace, and compares.
fn compare<T: MoeElement + Value>(
    context: &Context,
    case: &Case,
    layer: &Layer<T>,
    router: Router<'_>,
    want: &[f64],
) -> TestCaseResult {
    let (stream, experts) = (&context.stream, layer.experts(case.order)?);
    let bytes = fused_moe_workspace(case.tokens, &experts, case.options.top_k)?;
    let mut workspace = Tensor::<u8>::empty(stream, &[bytes])?;
    workspace.fill_bytes(0xff)?;
    let mut out = Framed::<T>::poisoned(stream, &[case.tokens, case.hidden], case.out)?;
    fused_moe_into(
        stream,
        &layer.x.view()?,
        router,
        &experts,
        &case.options,
        &mut out.view_mut()?,
        &mut workspace,
    )?;
    // Two projections, an activation and a sum, each rounded; a rounding that falls the other way is
    // carried on.
    let allowed = Similarity::rounded::<T>(4);
    Ok(similar(
        "out",
        &out.elements()?,
        want,
        case.hidden,
        allowed,
    )?)
}

/// The same experts in either order give the same output, and the wrong order a very different one.
fn either_order(context: &Context) -> Outcome {
    let case = Case::SMALL;
    let mut input = Input::<bf16>::new(&case);
    let layer = Layer::new(&context.stream, &case, &input)?;
    let right = layer.forward(&case, layer.chosen())?;
    let up_first = Case {
        order: GateUpOrder::UpFirst,
        ..case
    };
    let wrong = layer.forward(&up_first, layer.chosen())?;
    let apart = distance(&wrong, &widen(&right));
    if apart < 0.05 {
        return Err(format!("gate for up is only {apart} away").into());
    }
    let half = case.intermediate * case.hidden;
    for both in input.gate_up.chunks_mut(2 * half) {
        both.rotate_left(half);
    }
    let swapped = Layer::new(&context.stream, &case, &input)?;
    bits(
        "out",
        &swapped.forward(&up_first, swapped.chosen())?,
        &right,
    )?;
    Ok(())
}

/// `[E, 2, I, H]` is `[E, 2I, H]`.
fn four_dimensions(context: &Context) -> Outcome {
    let case = Case::SMALL;
    let mut layer = Layer::new(&context.stream, &case, &Input::<f16>::new(&case))?;
    let flat = layer.forward(&case, layer.chosen())?;
    let shape = [case.experts, 2, case.intermediate, case.hidden];
    layer.gate_up = layer.gate_up.reshape(&shape)?;
    bits("out", &layer.forward(&case, layer.chosen())?, &flat)?;
    Ok(())
}

/// Of four tokens at one expert, two fit; the others get their second choice only, at its old weight.
fn over_capacity(context: &Context) -> Outcome {
    let case = Case {
        tokens: 4,
        options: FusedMoeOptions {
            expert_capacity: Some(2),
            ..Case::SMALL.options
        },
        ..Case::SMALL
    };
    let mut input = Input::<bf16>::new(&case);
    input.ids = vec![0, -1, 0, -1, 0, 1, 2, 0];
    let cut = Layer::new(&context.stream, &case, &input)?;
    let cut = cut.forward(&case, cut.chosen())?;
    let unlimited = Case {
        options: Case::SMALL.options,
        ..case
    };
    input.ids = vec![0, -1, 0, -1, -1, 1, 2, -1];
    let dropped = Layer::new(&context.stream, &unlimited, &input)?;
    bits("out", &cut, &dropped.forward(&unlimited, dropped.chosen())?)?;
    Ok(())
}

/// Tokens without any choice, or all of whose choices are dropped, come out as zeros.
fn no_choice(context: &Context) -> Outcome {
    let mut case = Case::SMALL;
    let mut input = Input::<bf16>::new(&case);
    let zeros = vec![0.0; case.tokens * case.hidden];
    input.ids.fill(-1);
    let layer = Layer::new(&context.stream, &case, &input)?;
    let out = layer.forward(&case, layer.chosen())?;
    close("out", &out, &zeros, |_| Bound::EQUAL)?;
    case.options.expert_capacity = Some(0);
    let out = layer.forward(&case, Router::logits(&layer.logits))?;
    close("out", &out, &zeros, |_| Bound::EQUAL)?;
    Ok(())
}

/// Equal bits every time; in the simulator for any order of threads.
fn deterministic(context: &Context) -> Outcome {
    let case = Case {
        tokens: context.size(12, 200),
        experts: 5,
        ..Case::SMALL
    };
    let input = Input::<bf16>::new(&case);
    let run = |stream: &Stream| {
        let layer = Layer::new(stream, &case, &input)?;
        layer.forward(&case, Router::logits(&layer.logits))
    };
    let first = run(&context.stream)?;
    for seed in 1..4 {
        let device = match context.kind {
            Kind::Simulator => Device::simulator(SimOptions {
                seed,
                ..SimOptions::default()
            }),
            Kind::Cpu | Kind::Cuda => context.stream.device().clone(),
        };
        bits("out", &run(&device.stream()?)?, &first)?;
    }
    Ok(())
}

/// The workspace is used to its last byte at most.
fn workspace(context: &Context) -> Outcome {
    const GUARD: usize = 256;
    let case = Case::SMALL;
    let layer = Layer::new(&context.stream, &case, &Input::<bf16>::new(&case))?;
    let experts = layer.experts(case.order)?;
    let bytes = fused_moe_workspace(case.tokens, &experts, case.options.top_k)?;
    let mut workspace = Tensor::<u8>::empty(&context.stream, &[bytes + GUARD])?;
    workspace.fill_bytes(0xff)?;
    let mut out = Tensor::empty(&context.stream, &[case.tokens, case.hidden])?;
    fused_moe_into(
        &context.stream,
        &layer.x.view()?,
        layer.chosen(),
        &experts,
        &case.options,
        &mut out,
        &mut workspace.view_mut().columns(0..bytes)?,
    )?;
    bits("behind", &workspace.to_vec()?[bytes..], &[u8::MAX; GUARD])?;
    bits(
        "out",
        &out.to_vec()?,
        &layer.forward(&case, layer.chosen())?,
    )?;
    Ok(())
}
