//! `mm_fp8_dynamic`: the same bits as the quantiser and the product, one after the other; near the product of floats; in a
//! graph.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{
    Fp8Gemm, Fp8Output, MmFp8DynamicOptions, MmFp8Options, mm_fp8, mm_fp8_dynamic,
    mm_fp8_dynamic_into, mm_fp8_dynamic_workspace,
};
use gatewarp::quantize::{
    ChannelAxis, Fp8Element, Fp8Options, Fp8Scaled, ScaleRounding, fp8_quantize_per_channel,
    fp8_quantize_per_token,
};
use gatewarp::{Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, distance};
use gatewarp_tests::frame::{Frame, Framed};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial(
        "mm_fp8_dynamic::composition::bf16_bf16",
        composition::<bf16, bf16>,
    );
    suite.trial(
        "mm_fp8_dynamic::composition::f16_f16",
        composition::<f16, f16>,
    );
    suite.trial(
        "mm_fp8_dynamic::composition::f32_f32",
        composition::<f32, f32>,
    );
    suite.trial("mm_fp8_dynamic::near_the_product", near_the_product);
    suite.trial("mm_fp8_dynamic::captured", captured);
}

const SHAPES: [[usize; 3]; 7] = [
    [0, 16, 16],
    [4, 16, 0],
    [1, 33, 17],
    [3, 48, 100],
    [5, 48, 272],
    [130, 144, 32],
    [20, 7, 129],
];

fn composition<T: Fp8Element + Value, O: Fp8Output<Addend = O> + Value>(
    context: &Context,
) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, O>,
{
    let stream = &context.stream;
    for [m, n, k] in SHAPES {
        let x = Values::Ordinary.draw::<T>(m * k, 1);
        let x = Framed::new(stream, &[m, k], Frame::new(1, 0, 2, 3), &x)?;
        let weight = Tensor::from_slice(stream, &Values::Ordinary.draw::<E4m3>(n * k, 2), &[n, k])?;
        let scales = Tensor::from_slice(stream, &Values::Ordinary.draw::<f32>(n, 3), &[n])?;
        let bias = Tensor::from_slice(stream, &Values::Ordinary.draw::<O>(n, 4), &[n])?;
        let options = MmFp8DynamicOptions {
            bias: Some(bias.view()),
            constant_b: true,
            ..MmFp8DynamicOptions::default()
        };
        let got = mm_fp8_dynamic(stream, &x.view()?, &weight, &scales, &options)?;
        let x: Fp8Scaled = fp8_quantize_per_token(stream, &x.view()?, &Fp8Options::default())?;
        let options = MmFp8Options {
            a_scale: Some(x.scales.view()),
            b_scale: Some(scales.view()),
            bias: Some(bias.view()),
            ..MmFp8Options::default()
        };
        // In memory as a workspace has it, so that the same kernel multiplies.
        let frame = Frame::new(0, 0, 0, k.next_multiple_of(16) - k);
        let codes = Framed::new(stream, &[m, k], frame, &x.data.to_vec()?)?;
        let want = mm_fp8(stream, &codes.view()?, &weight, &options)?;
        bits("c", &got.to_vec()?, &want.to_vec()?)?;
    }
    Ok(())
}

/// As near as three bits of mantissa on both sides let it be.
fn near_the_product(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (m, n, k) = (40, 48, context.size(256, 4096));
    let (x, weight) = (
        Values::Ordinary.draw::<bf16>(m * k, 1),
        Values::Ordinary.draw::<bf16>(n * k, 2),
    );
    let want = naive::mm(&x, &weight, [m, n, k]);
    let x = Tensor::from_slice(stream, &x, &[m, k])?;
    let weight = Tensor::from_slice(stream, &weight, &[n, k])?;
    let weight: Fp8Scaled =
        fp8_quantize_per_channel(stream, &weight, ChannelAxis::Rows, ScaleRounding::Nearest)?;
    let options = MmFp8DynamicOptions::default();
    let c: Tensor<bf16> = mm_fp8_dynamic(stream, &x, &weight.data, &weight.scales, &options)?;
    let c = c.to_vec()?;
    let distance = distance(&c, &want);
    if distance > 2e-3 {
        return Err(Failed::from(format!("distance {distance:e}")));
    }
    Ok(())
}

/// A captured graph reads what is there when it runs.
fn captured(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (m, n, k) = (3, 32, 48);
    let weight = Tensor::from_slice(stream, &Values::Whole.draw::<E4m3>(n * k, 2), &[n, k])?;
    let scale = Tensor::from_slice(stream, &[1.0f32], &[1])?;
    let mut x = Tensor::from_slice(stream, &Values::Ordinary.draw::<bf16>(m * k, 3), &[m, k])?;
    let floats = mm_fp8_dynamic_workspace([m, k]);
    let mut workspace = Tensor::<f32>::zeros(stream, &[floats])?;
    let mut c = Tensor::<bf16>::zeros(stream, &[m, n])?;
    let options = MmFp8DynamicOptions::default();
    // So that the capture holds launches and nothing else.
    mm_fp8_dynamic_into(
        stream,
        &x,
        &weight,
        &scale,
        &mut workspace,
        &mut c,
        &options,
    )?;
    let graph = stream.capture(|stream| {
        mm_fp8_dynamic_into(
            stream,
            &x,
            &weight,
            &scale,
            &mut workspace,
            &mut c,
            &options,
        )
    })?;
    x.copy_from_slice(&Values::Ordinary.draw::<bf16>(m * k, 5))?;
    // SAFETY: all tensors of the capture are alive, and nobody else uses them.
    unsafe { graph.launch(stream)? };
    let want = mm_fp8_dynamic(stream, &x, &weight, &scale, &options)?;
    bits("c", &c.to_vec()?, &want.to_vec()?)?;
    Ok(())
}
