//! Launches that overlap: on a GPU a kernel is launched while those before it end, and waits for them itself. A kernel that
//! did not would read what is not there yet.

use gatewarp::quantize::layout::reorder_rows_for_gated_act_gemm_into;
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("dependent::a_stream", |context| chain(context, run));
    suite.trial("dependent::a_graph", |context| chain(context, replay));
}

/// Work from one tensor to the other and back.
type Work = fn(&Stream, &mut Tensor<f32>, &mut Tensor<f32>) -> Result<()>;

/// Permutes rows there and back, so that each kernel reads what the one before it wrote and writes what that one read.
fn there_and_back(stream: &Stream, x: &mut Tensor<f32>, y: &mut Tensor<f32>) -> Result<()> {
    for _ in 0..8 {
        reorder_rows_for_gated_act_gemm_into(stream, x, y)?;
        reorder_rows_for_gated_act_gemm_into(stream, y, x)?;
    }
    Ok(())
}

fn run(stream: &Stream, x: &mut Tensor<f32>, y: &mut Tensor<f32>) -> Result<()> {
    there_and_back(stream, x, y)
}

fn replay(stream: &Stream, x: &mut Tensor<f32>, y: &mut Tensor<f32>) -> Result<()> {
    let graph = stream.capture(|stream| there_and_back(stream, x, y))?;
    // SAFETY: both tensors are alive, and used on this stream only.
    unsafe { graph.launch(stream) }
}

/// Compares a chain with what the CPU makes of it: once of few rows, whose kernels are shorter than a launch, and on a GPU
/// also of so many that the last blocks of a kernel leave room for the first of the next.
fn chain(context: &Context, work: Work) -> Outcome {
    let shapes: &[[usize; 2]] = match context.kind {
        Kind::Cuda => &[[6, 8], [2048, 32], [20000, 128]],
        _ => &[[6, 8]],
    };
    for shape in shapes {
        let elements = Values::Ordinary.draw(shape[0] * shape[1], 1);
        let on = |stream: &Stream| {
            let mut x = Tensor::from_slice(stream, &elements, shape)?;
            let mut y = Tensor::zeros(stream, shape)?;
            for _ in 0..4 {
                work(stream, &mut x, &mut y)?;
            }
            x.to_vec()
        };
        bits("x", &on(&context.stream)?, &on(&context.cpu)?)?;
    }
    Ok(())
}
