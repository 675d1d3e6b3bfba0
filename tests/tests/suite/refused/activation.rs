//! Gated activations.

use gatewarp::Tensor;
use gatewarp::activation::{silu_and_mul, silu_and_mul_into};
use gatewarp_tests::backend::Context;
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::silu_and_mul", shapes);
}

fn shapes(context: &Context) -> Outcome {
    let stream = &context.stream;
    let zeros = |shape: &[usize]| Tensor::<f32>::zeros(stream, shape);
    for (shape, shown) in [(&[2, 5][..], "[2, 5]"), (&[7], "[7]"), (&[], "[]")] {
        let x = zeros(shape)?;
        let parts = ["silu_and_mul", "x must be [.., 2d]", shown];
        refused("an odd row", &parts, || silu_and_mul(stream, &x))?;
    }
    let x = zeros(&[2, 8])?;
    for (shape, shown) in [(&[2, 3][..], "[2, 3]"), (&[3, 4], "[3, 4]"), (&[8], "[8]")] {
        let mut out = Framed::poisoned(stream, shape, Frame::NONE)?;
        let parts = ["silu_and_mul", "out must be [2, 4]", shown];
        refused("another shape", &parts, || {
            silu_and_mul_into(stream, &x, &mut out.view_mut()?)
        })?;
        out.untouched()?;
    }
    Ok(())
}
