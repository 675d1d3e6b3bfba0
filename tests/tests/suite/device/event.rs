//! Events, and work that goes from one stream to another.

use gatewarp::activation::silu_and_mul;
use gatewarp::{Event, Stream, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("event::time_passes", time_passes);
    suite.trial("event::streams_wait", streams_wait);
    suite.trial("stream::tensors_move", tensors_move);
    suite.trial("stream::clones_are_the_same", clones_are_the_same);
}

fn input(stream: &Stream) -> gatewarp::Result<Tensor<bf16>> {
    Tensor::from_slice(stream, &Values::Ordinary.draw(64 * 32, 1), &[64, 32])
}

fn time_passes(context: &Context) -> Outcome {
    let x = input(&context.stream)?;
    let start = Event::record(&context.stream)?;
    silu_and_mul(&context.stream, &x)?;
    let end = Event::record(&context.stream)?;
    end.synchronize()?;
    let seconds = end.seconds_since(&start)?;
    if !(0.0..60.0).contains(&seconds) || start.seconds_since(&start)? != 0.0 {
        return Err(format!("{seconds} seconds").into());
    }
    let elsewhere = Event::record(&context.cpu)?;
    if context.kind == Kind::Cuda {
        let parts = ["Event::seconds_since", "earlier", "same device"];
        refused("two devices", &parts, || end.seconds_since(&elsewhere))?;
    }
    Ok(())
}

/// A stream that waits for another's event may go on with what that one made.
fn streams_wait(context: &Context) -> Outcome {
    let other = context.stream.device().stream()?;
    let x = input(&context.stream)?;
    let want = silu_and_mul(&context.stream, &x)?.to_vec()?;
    let event = Event::record(&context.stream)?;
    other.wait(&event)?;
    let x = x.move_to(&other)?;
    bits("out", &silu_and_mul(&other, &x)?.to_vec()?, &want)?;
    other.synchronize()?;
    context.stream.synchronize()?;
    Ok(())
}

/// A moved tensor comes after all work on the stream that it was on.
fn tensors_move(context: &Context) -> Outcome {
    let other = context.stream.device().stream()?;
    let x = input(&context.stream)?;
    let moved = silu_and_mul(&context.stream, &x)?.move_to(&other)?;
    let twice = silu_and_mul(&other, &moved)?;
    let back = twice.move_to(&context.stream)?;
    let direct = silu_and_mul(&context.stream, &silu_and_mul(&context.stream, &x)?)?;
    bits("out", &back.to_vec()?, &direct.to_vec()?)?;
    if context.kind == Kind::Cuda {
        let parts = ["Tensor::move_to", "cpu", "cuda:0"];
        refused("another device", &parts, || back.move_to(&context.cpu))?;
    }
    Ok(())
}

fn clones_are_the_same(context: &Context) -> Outcome {
    let clone = context.stream.clone();
    let x = input(&clone)?;
    bits(
        "out",
        &silu_and_mul(&context.stream, &x)?.to_vec()?,
        &silu_and_mul(&clone, &x)?.to_vec()?,
    )?;
    Ok(())
}
