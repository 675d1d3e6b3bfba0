//! `QuantizedLinear`: the same bits as the operations it is made of, from floats and from files, near the layer in floats.

use gatewarp::formats::E4m3;
use gatewarp::gemm::{Accumulation, Fp8Gemm, MmFp8DynamicOptions, mm_fp8_dynamic};
use gatewarp::nn::{LinearElement, QuantizedLinear};
use gatewarp::quantize::{ChannelAxis, Fp8Scaled, ScaleRounding, fp8_quantize_per_channel};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::{bits, distance};
use gatewarp_tests::naive;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::{Value, Values};
use libtest_mimic::Failed;
use safetensors::Dtype;

use super::moe_layer::{Entry, file_of};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("quantized_linear::composition::bf16", composition::<bf16>);
    suite.trial("quantized_linear::composition::f16", composition::<f16>);
    suite.trial("quantized_linear::composition::f32", composition::<f32>);
    suite.trial("quantized_linear::from_floats", from_floats);
    suite.trial("quantized_linear::from_codes", from_codes);
    suite.trial("quantized_linear::near_the_layer", near_the_layer);
}

const SHAPE: [usize; 3] = [5, 24, 40];

/// Tokens, weights and a bias.
fn parts<T: Value>(stream: &Stream) -> gatewarp::Result<[Tensor<T>; 3]> {
    let [tokens, out, columns] = SHAPE;
    Ok([
        Tensor::from_slice(
            stream,
            &Values::Ordinary.draw(tokens * columns, 1),
            &[tokens, columns],
        )?,
        Tensor::from_slice(
            stream,
            &Values::Ordinary.draw(out * columns, 2),
            &[out, columns],
        )?,
        Tensor::from_slice(stream, &Values::Ordinary.draw(out, 3), &[out])?,
    ])
}

fn composition<T: LinearElement + Value>(context: &Context) -> Outcome
where
    E4m3: Fp8Gemm<E4m3, T>,
{
    let (stream, [tokens, out, columns]) = (&context.stream, SHAPE);
    let [x, weight, bias] = parts::<T>(stream)?;
    let codes: Fp8Scaled =
        fp8_quantize_per_channel(stream, &weight, ChannelAxis::Rows, ScaleRounding::Nearest)?;
    let options = MmFp8DynamicOptions {
        bias: Some(bias.view()),
        accumulation: Accumulation::Promoted,
        ..MmFp8DynamicOptions::default()
    };
    let want: Tensor<T> = mm_fp8_dynamic(stream, &x, &codes.data, &codes.scales, &options)?;
    let want = want.to_vec()?;
    let layer = QuantizedLinear::quantize(stream, &weight, Some(bias))?;
    let layer = layer.with_accumulation(Accumulation::Promoted);
    bits("y", &layer.forward(stream, &x)?.to_vec()?, &want)?;
    assert_eq!([layer.out_features(), layer.in_features()], [out, columns]);
    let floats = layer.forward_workspace(tokens);
    let mut workspace = Tensor::<f32>::zeros(stream, &[floats])?;
    let mut y = Tensor::<T>::zeros(stream, &[tokens, out])?;
    layer.forward_into(stream, &x, &mut workspace, &mut y)?;
    bits("y", &y.to_vec()?, &want)?;
    Ok(())
}

fn entry(name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Entry {
    Entry {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        bytes,
    }
}

fn bytes_of(elements: &[bf16]) -> Vec<u8> {
    elements.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The layer of a file's tensors.
fn load(stream: &Stream, entries: &[Entry]) -> Result<QuantizedLinear<bf16>, Failed> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("weights.safetensors");
    std::fs::write(&path, file_of(entries)?)?;
    Ok(QuantizedLinear::from_safetensors(stream, &path, "proj")?)
}

/// A file's floats are quantised as those in memory are.
fn from_floats(context: &Context) -> Outcome {
    let (stream, [_, out, columns]) = (&context.stream, SHAPE);
    let [x, weight, bias] = parts::<bf16>(stream)?;
    let file = [
        entry(
            "proj.weight",
            Dtype::BF16,
            &[out, columns],
            bytes_of(&weight.to_vec()?),
        ),
        entry("proj.bias", Dtype::BF16, &[out], bytes_of(&bias.to_vec()?)),
    ];
    let got = load(stream, &file)?.forward(stream, &x)?.to_vec()?;
    let layer = QuantizedLinear::quantize(stream, &weight, Some(bias))?;
    bits("y", &got, &layer.forward(stream, &x)?.to_vec()?)?;
    Ok(())
}

/// A file's codes are taken as they are, with a scale a row or one for all.
fn from_codes(context: &Context) -> Outcome {
    let (stream, [_, out, columns]) = (&context.stream, SHAPE);
    let [x, ..] = parts::<bf16>(stream)?;
    let codes = Values::Whole.draw::<E4m3>(out * columns, 4);
    let weight = Tensor::from_slice(stream, &codes, &[out, columns])?;
    for shape in [&[out][..], &[out, 1], &[1], &[]] {
        let count = shape.iter().product();
        let scales: Vec<f32> = Values::Ordinary.draw(count, 5);
        let scale_bytes = scales.iter().flat_map(|x| x.to_le_bytes()).collect();
        let code_bytes = codes.iter().map(|code| code.to_bits()).collect();
        let file = [
            entry("proj.weight", Dtype::F8_E4M3, &[out, columns], code_bytes),
            entry("proj.weight_scale", Dtype::F32, shape, scale_bytes),
        ];
        let got = load(stream, &file)?.forward(stream, &x)?.to_vec()?;
        let scales = Tensor::from_slice(stream, &scales, &[count])?;
        let options = MmFp8DynamicOptions::<bf16>::default();
        let want = mm_fp8_dynamic(stream, &x, &weight, &scales, &options)?;
        bits("y", &got, &want.to_vec()?)?;
    }
    Ok(())
}

/// As near as three bits of mantissa on both sides let it be.
fn near_the_layer(context: &Context) -> Outcome {
    let (stream, [tokens, out, columns]) = (&context.stream, SHAPE);
    let [x, weight, bias] = parts::<bf16>(stream)?;
    let mut want = naive::mm(&x.to_vec()?, &weight.to_vec()?, [tokens, out, columns]);
    for (y, bias) in want.iter_mut().zip(bias.to_vec()?.iter().cycle()) {
        *y += Value::to_f64(*bias);
    }
    let layer = QuantizedLinear::quantize(stream, &weight, Some(bias))?;
    let distance = distance(&layer.forward(stream, &x)?.to_vec()?, &want);
    if distance > 2e-3 {
        return Err(Failed::from(format!("distance {distance:e}")));
    }
    Ok(())
}
