//! Devices, and tensors that are elsewhere.

use gatewarp::activation::{silu_and_mul, silu_and_mul_into};
use gatewarp::device::LaunchConfig;
use gatewarp::fused_moe::permute;
use gatewarp::gemm::mm;
use gatewarp::kernels::moe::round_robin;
use gatewarp::{Device, Error, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::refusal::{error_of, refused};
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::a_gpu_that_is_not_there", no_such_gpu);
    suite.trial("refused::a_kernel_on_the_cpu", kernel_on_the_cpu);
    suite.trial("refused::a_block_over_its_launch_bounds", block_too_large);
    suite.trial("refused::tensors_of_another_stream", another_stream);
    suite.trial("refused::tensors_of_another_device", another_device);
}

fn no_such_gpu(_: &Context) -> Outcome {
    match error_of("GPU 1000", || Device::cuda(1000))? {
        Error::Driver(_) | Error::Device { .. } => Ok(()),
        other => Err(format!("not about the device: {other}").into()),
    }
}

fn kernel_on_the_cpu(context: &Context) -> Outcome {
    let (mut weights, mut ids) = ([0.0f32; 8], [0i32; 8]);
    let args = (weights.as_mut_ptr(), ids.as_mut_ptr(), 8, 4, 2);
    let parts = ["launch", "the CPU device runs no kernels", "round_robin"];
    refused("a kernel", &parts, || {
        // SAFETY: refused; the arrays hold 8 choices.
        unsafe {
            context
                .cpu
                .launch(&round_robin, LaunchConfig::new(1, 256), args)
        }
    })?;
    Ok(())
}

/// Round robin is compiled for blocks of 256 threads.
fn block_too_large(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (mut weights, mut ids) = (
        Framed::<f32>::poisoned(stream, &[8], Frame::NONE)?,
        Framed::<i32>::poisoned(stream, &[8], Frame::NONE)?,
    );
    let (weights_ptr, ids_ptr) = (weights.view_mut()?.as_ptr(), ids.view_mut()?.as_ptr());
    let args = (weights_ptr, ids_ptr, 8, 4, 2);
    let parts = ["launch", "round_robin", "at most 256 threads", "257"];
    refused("a block", &parts, || {
        // SAFETY: refused; the tensors hold 8 choices.
        unsafe { stream.launch(&round_robin, LaunchConfig::new(1, 257), args) }
    })?;
    weights.untouched()?;
    ids.untouched()?;
    Ok(())
}

/// On a GPU, a stream's work is in order with its own tensors only. Elsewhere work runs at once.
fn another_stream(context: &Context) -> Outcome {
    let stream = &context.stream;
    let other = stream.device().stream()?;
    let x = Tensor::<f32>::zeros(&other, &[2, 4])?;
    if context.kind != Kind::Cuda {
        silu_and_mul(stream, &x)?;
        return Ok(());
    }
    let mut out = Framed::poisoned(stream, &[2, 2], Frame::NONE)?;
    let parts = [
        "silu_and_mul",
        "x must be on stream 0x",
        "but is on stream 0x",
    ];
    refused("x elsewhere", &parts, || {
        silu_and_mul_into(stream, &x, &mut out.view_mut()?)
    })?;
    out.untouched()?;
    let here = Tensor::<f32>::zeros(stream, &[2, 4])?;
    let mut out = Framed::poisoned(&other, &[2, 2], Frame::NONE)?;
    refused(
        "out elsewhere",
        &["silu_and_mul", "out must be on stream"],
        || silu_and_mul_into(stream, &here, &mut out.view_mut()?),
    )?;
    out.untouched()?;
    silu_and_mul(stream, &x.move_to(stream)?)?;
    Ok(())
}

/// Host memory is no GPU's, nor the other way round. The CPU and the simulator share theirs.
fn another_device(context: &Context) -> Outcome {
    let (stream, cpu) = (&context.stream, &context.cpu);
    let there = Tensor::<bf16>::zeros(cpu, &[4, 8])?;
    let here = Tensor::<bf16>::zeros(stream, &[4, 8])?;
    let ids = Tensor::<i32>::zeros(cpu, &[4, 2])?;
    if context.kind != Kind::Cuda {
        mm::<bf16, f32>(stream, &here, &there)?;
        mm::<bf16, f32>(cpu, &there, &here)?;
        return Ok(());
    }
    let parts = ["mm", "b must be on cuda:0", "but is on cpu"];
    refused("b there", &parts, || mm::<bf16, f32>(stream, &here, &there))?;
    let parts = ["mm", "a must be on cpu", "but is on cuda:0"];
    refused("a here", &parts, || mm::<bf16, f32>(cpu, &here, &there))?;
    let parts = ["permute", "ids must be on cuda:0"];
    refused("ids there", &parts, || permute(stream, &ids, 3, None))?;
    Ok(())
}
