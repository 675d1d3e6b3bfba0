//! The first launch of a process, captured: the kernel's module is loaded in the middle of the capture.
//!
//! A test target of its own, because any other launch before it would load the module.

use std::process::ExitCode;

use gatewarp::activation::silu_and_mul_into;
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::suite::{Outcome, Suite};
use libtest_mimic::{Arguments, run};

fn main() -> ExitCode {
    let mut suite = Suite::new(Kind::Cuda);
    suite.trial("graph::first_launch", first_launch);
    run(&Arguments::from_args(), suite.into_trials()).exit_code()
}

fn first_launch(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::from_slice(stream, &[bf16::ONE; 16], &[1, 16])?;
    let mut out = Tensor::<bf16>::zeros(stream, &[1, 8])?;
    let graph = stream.capture(|stream| silu_and_mul_into(stream, &x, &mut out))?;
    if out.to_vec()? != [bf16::ZERO; 8] {
        return Err("captured work ran".into());
    }
    // SAFETY: both tensors live, and nothing else runs.
    unsafe { graph.launch(stream) }?;
    // silu(1) = 0.731
    if out.to_vec()? != [bf16::from_f32(0.731_058_6); 8] {
        return Err("the replay did not run".into());
    }
    Ok(())
}
