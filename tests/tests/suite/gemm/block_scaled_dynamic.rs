//! `fp8_blockscale_gemm` of floats: the same bits as the quantiser and the product, one after the other; near the product of
//! floats; in a graph.

use gatewarp::gemm::{
    MmOptions, fp8_blockscale_gemm, fp8_blockscale_gemm_into, fp8_blockscale_gemm_workspace,
};
use gatewarp::quantize::{
    Fp8Options, Fp8Scaled, Fp8View, ScaleMajor, ScaleRounding, fp8_quantize_1x128,
    fp8_quantize_128x128,
};
use gatewarp::{Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, distance};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;
use libtest_mimic::Failed;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_blockscale_gemm::quantises", quantises);
    suite.trial("fp8_blockscale_gemm::near_the_product", near_the_product);
    suite.trial("fp8_blockscale_gemm::captured", captured);
}

/// Activations in floats: the same bits as the quantiser and the product, one after the other.
fn quantises(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    for [m, n, k] in [
        [0, 16, 16],
        [4, 16, 0],
        [1, 33, 17],
        [5, 48, 272],
        [130, 144, 48],
    ] {
        let x = Tensor::from_slice(stream, &Values::Ordinary.draw::<f16>(m * k, 1), &[m, k])?;
        let weight = Values::Ordinary.draw::<f16>(n * k, 2);
        let weight = Tensor::from_slice(stream, &weight, &[n, k])?;
        let weight: Fp8Scaled = fp8_quantize_128x128(stream, &weight, ScaleRounding::Nearest)?;
        let none = MmOptions::<f32>::default();
        let got = fp8_blockscale_gemm::<f32>(stream, &x, &weight, &none)?.to_vec()?;
        for major in [ScaleMajor::K, ScaleMajor::Mn] {
            let x: Fp8Scaled = fp8_quantize_1x128(stream, &x, major, &options)?;
            // In memory as a workspace has it, so that the same kernel multiplies.
            let frame = Frame::new(0, 0, 0, k.next_multiple_of(16) - k);
            let codes = Framed::new(stream, &[m, k], frame, &x.data.to_vec()?)?;
            let view = Fp8View {
                data: codes.view()?,
                ..x.view()
            };
            let want = fp8_blockscale_gemm(stream, view, &weight, &none)?.to_vec()?;
            bits("c", &got, &want)?;
        }
    }
    Ok(())
}

/// As near as three bits of mantissa on both sides let it be.
fn near_the_product(context: &Context) -> Outcome {
    let (stream, options) = (&context.stream, Fp8Options::default());
    let (m, n, k) = (40, 48, context.size(400, 4096));
    let x = Values::Ordinary.draw::<bf16>(m * k, 1);
    let weight = Values::Ordinary.draw::<bf16>(n * k, 2);
    let want = naive::mm(&x, &weight, [m, n, k]);
    let x = Tensor::from_slice(stream, &x, &[m, k])?;
    let weight = Tensor::from_slice(stream, &weight, &[n, k])?;
    let tiles: Fp8Scaled = fp8_quantize_128x128(stream, &weight, ScaleRounding::Nearest)?;
    let rows: Fp8Scaled = fp8_quantize_1x128(stream, &weight, ScaleMajor::K, &options)?;
    for weight in [&tiles, &rows] {
        let c: Tensor<bf16> = fp8_blockscale_gemm(stream, &x, weight, &MmOptions::default())?;
        let distance = distance(&c.to_vec()?, &want);
        if distance > 2e-3 {
            return Err(Failed::from(format!("distance {distance:e}")));
        }
    }
    Ok(())
}

/// A captured graph reads what is there when it runs.
fn captured(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (m, n, k) = (3, 32, 272);
    let weight = Tensor::from_slice(stream, &Values::Ordinary.draw::<f16>(n * k, 2), &[n, k])?;
    let weight: Fp8Scaled = fp8_quantize_128x128(stream, &weight, ScaleRounding::Nearest)?;
    let mut x = Tensor::from_slice(stream, &Values::Ordinary.draw::<bf16>(m * k, 3), &[m, k])?;
    let floats = fp8_blockscale_gemm_workspace(&x);
    let mut workspace = Tensor::<f32>::zeros(stream, &[floats])?;
    let mut c = Tensor::<bf16>::zeros(stream, &[m, n])?;
    let options = MmOptions::default();
    // So that the capture holds launches and nothing else.
    fp8_blockscale_gemm_into(stream, &x, &weight, &mut workspace, &mut c, &options)?;
    let graph = stream.capture(|stream| {
        fp8_blockscale_gemm_into(stream, &x, &weight, &mut workspace, &mut c, &options)
    })?;
    x.copy_from_slice(&Values::Ordinary.draw::<bf16>(m * k, 5))?;
    // SAFETY: all tensors of the capture are alive, and nobody else uses them.
    unsafe { graph.launch(stream)? };
    let want = fp8_blockscale_gemm(stream, &x, &weight, &options)?;
    bits("c", &c.to_vec()?, &want.to_vec()?)?;
    Ok(())
}
