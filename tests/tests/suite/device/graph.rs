//! Capture and replay: nothing runs while it is captured, and a replay works on what its inputs hold then.

use gatewarp::activation::silu_and_mul_into;
use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, Permutation, Router, RoutingMethodType, finalize_into,
    fused_moe_into, fused_moe_workspace, permute_into, topk_into,
};
use gatewarp::gemm::{grouped_mm_into, mm_into};
use gatewarp::{Error, Result, Stream, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::refusal::{error_of, refused};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Pattern, Value, Values};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("graph::silu_and_mul", silu_and_mul);
    suite.trial("graph::mm", mm);
    suite.trial("graph::grouped_mm", grouped_mm);
    suite.trial("graph::routing", routing);
    suite.trial("graph::fused_moe", fused_moe);
    suite.trial("graph::errors_end_the_capture", errors_end_the_capture);
}

/// Captures `work` from `x` to `out`, and checks that replays do what running it does.
fn replays<T: Value, O: Pattern>(
    context: &Context,
    mut x: Tensor<T>,
    mut out: Tensor<O>,
    work: impl Fn(&Stream, &Tensor<T>, &mut Tensor<O>) -> Result<()>,
) -> Outcome {
    let stream = &context.stream;
    // So that the capture holds launches and nothing else.
    work(stream, &x, &mut out)?;
    out.fill_bytes(0xff)?;
    let graph = stream.capture(|stream| work(stream, &x, &mut out))?;
    if !out.to_vec()?.iter().all(|element| element.is_poison()) {
        return Err("captured work ran".into());
    }
    for seed in 1..4 {
        let elements = Values::Ordinary.draw(x.shape().elements(), seed);
        x.copy_from_slice(&elements)?;
        work(stream, &x, &mut out)?;
        let want = out.to_vec()?;
        out.fill_bytes(0xff)?;
        // SAFETY: both tensors are alive, and used on this stream only.
        unsafe { graph.launch(stream) }?;
        bits("replayed", &out.to_vec()?, &want)?;
    }
    Ok(())
}

fn silu_and_mul(context: &Context) -> Outcome {
    let x = Tensor::<f32>::zeros(&context.stream, &[5, 24])?;
    let out = Tensor::<f32>::empty(&context.stream, &[5, 12])?;
    replays(context, x, out, |stream, x, out| {
        silu_and_mul_into(stream, x, out)
    })
}

fn mm(context: &Context) -> Outcome {
    let stream = &context.stream;
    let b = Tensor::from_slice(stream, &Values::Ordinary.draw::<bf16>(9 * 16, 9), &[9, 16])?;
    let x = Tensor::<bf16>::zeros(stream, &[5, 16])?;
    let out = Tensor::<f32>::empty(stream, &[5, 9])?;
    replays(context, x, out, |stream, x, out| {
        mm_into(stream, x, &b, out)
    })
}

fn grouped_mm(context: &Context) -> Outcome {
    let stream = &context.stream;
    let b = Values::Ordinary.draw::<bf16>(2 * 9 * 16, 9);
    let b = Tensor::from_slice(stream, &b, &[2, 9, 16])?;
    let offsets = Tensor::from_slice(stream, &[0, 2, 5], &[3])?;
    let x = Tensor::<bf16>::zeros(stream, &[5, 16])?;
    let out = Tensor::<bf16>::empty(stream, &[5, 9])?;
    replays(context, x, out, |stream, x, out| {
        grouped_mm_into(stream, x, &b, &offsets, out)
    })
}

/// `topk`, `permute` and `finalize`, one after the other in one graph.
fn routing(context: &Context) -> Outcome {
    let (stream, [tokens, experts, top_k, hidden]) = (&context.stream, [6, 4, 2, 16]);
    let results = Values::Ordinary.draw::<bf16>(tokens * top_k * hidden, 9);
    let results = Tensor::from_slice(stream, &results, &[tokens * top_k, hidden])?;
    let logits = Tensor::<f32>::zeros(stream, &[tokens, experts])?;
    let out = Tensor::<bf16>::empty(stream, &[tokens, hidden])?;
    let scratch = std::cell::RefCell::new((
        Tensor::<f32>::empty(stream, &[tokens, top_k])?,
        Tensor::<i32>::empty(stream, &[tokens, top_k])?,
        Permutation::empty(stream, tokens, top_k, experts)?,
    ));
    replays(context, logits, out, |stream, logits, out| {
        let (weights, ids, permutation) = &mut *scratch.borrow_mut();
        topk_into(stream, logits, RoutingMethodType::Default, weights, ids)?;
        permute_into(stream, ids, Some(3), permutation)?;
        let rows = &permutation.choice_row;
        // SAFETY: the rows are a permutation's of as many choices.
        unsafe { finalize_into(stream, &results, rows, weights, out) }
    })
}

fn fused_moe(context: &Context) -> Outcome {
    let (stream, [tokens, hidden, intermediate, experts]) = (&context.stream, [5, 16, 8, 3]);
    let weights = |count, seed| Values::Ordinary.draw::<bf16>(count, seed);
    let size = experts * intermediate * hidden;
    let up_shape = [experts, 2 * intermediate, hidden];
    let gate_up = Tensor::from_slice(stream, &weights(2 * size, 7), &up_shape)?;
    let down = Tensor::from_slice(stream, &weights(size, 8), &[experts, hidden, intermediate])?;
    let logits = Values::Ordinary.draw::<f32>(tokens * experts, 9);
    let logits = Tensor::from_slice(stream, &logits, &[tokens, experts])?;
    let layer = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
    let bytes = fused_moe_workspace(tokens, &layer, 2)?;
    let workspace = std::cell::RefCell::new(Tensor::<u8>::empty(stream, &[bytes])?);
    let x = Tensor::<bf16>::zeros(stream, &[tokens, hidden])?;
    let out = Tensor::<bf16>::empty(stream, &[tokens, hidden])?;
    replays(context, x, out, |stream, x, out| {
        let (router, options) = (Router::logits(&logits), FusedMoeOptions::default());
        let workspace = &mut *workspace.borrow_mut();
        fused_moe_into(stream, x, router, &layer, &options, out, workspace)
    })
}

/// An error in the work is the capture's, and the stream goes on.
fn errors_end_the_capture(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::<f32>::zeros(stream, &[2, 4])?;
    let mut wrong = Tensor::<f32>::empty(stream, &[2, 3])?;
    let parts = ["silu_and_mul", "[2, 2]", "[2, 3]"];
    refused("an error in the work", &parts, || {
        stream.capture(|stream| silu_and_mul_into(stream, &x, &mut wrong))
    })?;
    let mut inner = None;
    stream.capture(|stream| {
        inner = Some(error_of("a second capture", || stream.capture(|_| Ok(()))));
        Ok(())
    })?;
    inner.ok_or("the work did not run")??;
    let mut out = Tensor::<f32>::empty(stream, &[2, 2])?;
    silu_and_mul_into(stream, &x, &mut out)?;
    bits("out", &out.to_vec()?, &[0.0; 4])?;
    elsewhere(context)
}

/// A graph of one kind of device does not run on another.
fn elsewhere(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let graph = context.cpu.capture(|_| Ok(()))?;
    // SAFETY: the graph is empty.
    let error = error_of("another device", || unsafe {
        graph.launch(&context.stream)
    })?;
    match error {
        Error::Placement { .. } => Ok(()),
        other => Err(format!("not about the placement: {other}").into()),
    }
}
