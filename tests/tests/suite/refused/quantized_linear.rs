//! Linear layers whose parts do not fit each other.

use gatewarp::formats::E4m3;
use gatewarp::nn::QuantizedLinear;
use gatewarp::quantize::{Fp8Scaled, Fp8Scaling};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::refusal::refused;
use gatewarp_tests::suite::{Outcome, Suite};
use safetensors::Dtype;

use crate::nn::moe_layer::{Entry, file_of};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::quantized_linear::parts", parts);
    suite.trial("refused::quantized_linear::tokens", tokens);
    suite.trial("refused::quantized_linear::files", files);
}

type Layer = gatewarp::Result<QuantizedLinear<bf16>>;

/// Weights, scales and biases of other shapes.
fn parts(context: &Context) -> Outcome {
    let stream = &context.stream;
    let new = |shape: &[usize], scales: usize, scaling, bias: usize| -> Layer {
        let data = Tensor::<E4m3>::zeros(stream, shape)?;
        let scales = Tensor::zeros(stream, &[scales])?;
        let bias = Tensor::zeros(stream, &[bias])?;
        QuantizedLinear::new(Fp8Scaled::new(data, scales, scaling), Some(bias))
    };
    let (rows, name) = (Fp8Scaling::Rows, "QuantizedLinear::new");
    let wrong: [(&[usize], usize, Fp8Scaling, usize, &str); 6] = [
        (&[6], 6, rows, 6, "weight must be [out, in]"),
        (&[1, 4, 6], 4, rows, 4, "weight must be [out, in]"),
        (&[4, 6], 6, rows, 4, "scales must be 4 elements"),
        (
            &[4, 6],
            4,
            Fp8Scaling::Tensor,
            4,
            "scales must be 1 elements",
        ),
        (
            &[4, 6],
            6,
            Fp8Scaling::Columns,
            4,
            "scaling must be Rows or Tensor",
        ),
        (&[4, 6], 4, rows, 6, "bias must be 4 elements"),
    ];
    for (shape, scales, scaling, bias, part) in wrong {
        refused("parts", &[name, part], || new(shape, scales, scaling, bias))?;
    }
    Ok(())
}

/// Tokens of another length.
fn tokens(context: &Context) -> Outcome {
    let stream = &context.stream;
    let weight = Tensor::<bf16>::zeros(stream, &[4, 6])?;
    let layer = QuantizedLinear::quantize(stream, &weight, None)?;
    for shape in [&[2, 7][..], &[6], &[1, 2, 6]] {
        let x = Tensor::<bf16>::zeros(stream, shape)?;
        refused("tokens", &["mm_fp8_dynamic", "must be ["], || {
            layer.forward(stream, &x)
        })?;
    }
    Ok(())
}

/// Files without weights, and with parts of other shapes and types.
fn files(context: &Context) -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("weights.safetensors");
    let load = |entries: &[(&str, Dtype, &[usize])]| -> Layer {
        let entries = entries.iter().map(|&(name, dtype, shape)| {
            let size = shape.iter().product::<usize>() * dtype.bitsize() / 8;
            Entry {
                name: format!("proj.{name}"),
                dtype,
                shape: shape.to_vec(),
                bytes: vec![0; size],
            }
        });
        let file = file_of(&entries.collect::<Vec<_>>()).unwrap_or_default();
        std::fs::write(&path, file).unwrap_or_default();
        QuantizedLinear::from_safetensors(&context.stream, &path, "proj")
    };
    let weight = ("weight", Dtype::F8_E4M3, &[4, 6][..]);
    let scale = ("weight_scale", Dtype::F32, &[4, 1][..]);
    load(&[weight, scale])?;
    refused("none", &["there is no tensor `proj.weight`"], || {
        load(&[scale])
    })?;
    let flat = ("weight", Dtype::BF16, &[24][..]);
    refused("flat", &["`proj.weight` must be a matrix"], || {
        load(&[flat])
    })?;
    let other = ("weight", Dtype::I32, &[4, 6][..]);
    refused("integers", &["`proj.weight` must be BF16"], || {
        load(&[other])
    })?;
    refused(
        "no scales",
        &["there is no tensor `proj.weight_scale`"],
        || load(&[weight]),
    )?;
    let long = ("weight_scale", Dtype::F32, &[6][..]);
    let parts = ["`proj.weight_scale` must have 4 or 1 elements", "[6]"];
    refused("scales", &parts, || load(&[weight, long]))?;
    let bias = ("bias", Dtype::BF16, &[6][..]);
    let parts = ["`proj.bias` must have 4 elements", "[6]"];
    refused("a bias", &parts, || load(&[weight, scale, bias]))?;
    Ok(())
}
