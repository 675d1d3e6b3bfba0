//! Scalars whose MXFP8 is known, and blocks whose results must be finite.

use gatewarp::formats::ScaleLayout;
use gatewarp::quantize::{
    BlockOptions, SquaredReluRounding, mxfp4_quantize, mxfp8_quantize, nvfp4_dequantize,
    nvfp4_quantize, squared_relu_and_quantize_mxfp8,
};
use gatewarp::{Tensor, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};

use super::ops::bytes;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("mxfp8_quantize::golden", golden);
    suite.trial(
        "mxfp8_quantize::golden_beside_the_largest",
        beside_the_largest,
    );
    suite.trial("squared_relu_and_quantize_mxfp8::golden", squares);
    suite.trial("block_quantize::tiny_and_zero", tiny_and_zero);
}

/// A value alone in a block of zeros: its scale and its code, as Megatron-LM's formula gives them.
const GOLDEN: [(f32, u8, u8); 14] = [
    (1.0, 119, 0x78),
    (-1.0, 119, 0xf8),
    (1.75, 119, 0x7e),
    (1.7578125, 120, 0x76),
    (1.7421875, 119, 0x7e),
    (3.0, 120, 0x7c),
    (448.0, 127, 0x7e),
    (449.0, 128, 0x76),
    (1.0 / 3.0, 117, 0x7b),
    (3.389_531_4e38, 247, 0x78),
    (f32::MIN_POSITIVE, 1, 0x38),
    (9.183_5e-41, 1, 0x04),
    (0.0, 0, 0x00),
    (f32::INFINITY, 255, 0x7f),
];

/// Codes beside a 448 in the same block.
const BESIDE: [(f32, u8); 10] = [
    (1.0 / 512.0, 0x01),
    (1.0 / 1024.0, 0x00),
    (1.5 / 1024.0, 0x01),
    (17.0, 0x58),
    (19.0, 0x5a),
    (25.0, 0x5c),
    (27.0, 0x5e),
    (232.0, 0x76),
    (248.0, 0x78),
    (440.0, 0x7e),
];

fn linear() -> BlockOptions<'static> {
    BlockOptions::with_layout(ScaleLayout::Linear)
}

fn golden(context: &Context) -> Outcome {
    let stream = &context.stream;
    let mut x = vec![0.0f32; GOLDEN.len() * 32];
    for (block, (value, ..)) in x.chunks_mut(32).zip(GOLDEN) {
        block[5] = value;
    }
    let x = Tensor::from_slice(stream, &x, &[GOLDEN.len(), 32])?;
    let out = mxfp8_quantize(stream, &x, &linear())?;
    bits(
        "scales",
        &bytes(&out.scales.to_vec()?),
        &GOLDEN.map(|(_, scale, _)| scale),
    )?;
    let mut codes = vec![0u8; GOLDEN.len() * 32];
    for (block, (.., code)) in codes.chunks_mut(32).zip(GOLDEN) {
        block[5] = code;
    }
    bits("data", &bytes(&out.data.to_vec()?), &codes)?;
    Ok(())
}

fn beside_the_largest(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (mut x, mut codes) = ([0.0f32; 32], [0u8; 32]);
    (x[31], codes[31]) = (448.0, 0x7e);
    for (i, (value, code)) in BESIDE.into_iter().enumerate() {
        (x[i], codes[i]) = (value, code);
    }
    let out = mxfp8_quantize(stream, &Tensor::from_slice(stream, &x, &[32])?, &linear())?;
    bits("scales", &bytes(&out.scales.to_vec()?), &[127])?;
    bits("data", &bytes(&out.data.to_vec()?), &codes)?;
    Ok(())
}

/// Squares that round to zero have the scale of zero if they are rounded, and another if not.
fn squares(context: &Context) -> Outcome {
    let stream = &context.stream;
    let mut x = [bf16::from_f32(-3.0); 64];
    x[40] = bf16::from_f32(1.0e-21);
    let x = Tensor::from_slice(stream, &x, &[2, 32])?;
    let map = Tensor::from_slice(stream, &[0, 1], &[2])?;
    let n_used = Tensor::from_slice(stream, &[2], &[])?;
    for (rounding, scale) in [
        (SquaredReluRounding::Rounded, 0),
        (SquaredReluRounding::Unrounded, 1),
    ] {
        let out = squared_relu_and_quantize_mxfp8(stream, &x, &map, &n_used, rounding)?;
        let scales = bytes(&out.scales.to_vec()?);
        bits("scales", &[scales[0], scales[16]], &[0, scale])?;
        bits(
            "a block of negatives",
            &bytes(&out.data.to_vec()?)[..32],
            &[0; 32],
        )?;
    }
    Ok(())
}

/// Blocks of zeros and of the least magnitudes: codes of zero for zeros, and finite values from them.
fn tiny_and_zero(context: &Context) -> Outcome {
    let stream = &context.stream;
    let mut x = vec![0.0f32; 3 * 32];
    x[32] = f32::from_bits(1);
    x[64] = 1.0e-36;
    let x = Tensor::from_slice(stream, &x, &[3, 32])?;
    let global = Tensor::from_slice(stream, &[2688.0f32], &[1])?;
    let nvfp4 = nvfp4_quantize(stream, &x, &global, &linear())?;
    bits("NVFP4 scales", &bytes(&nvfp4.scales.to_vec()?), &[0; 6])?;
    bits("NVFP4 zeros", &bytes(&nvfp4.data.to_vec()?)[..16], &[0; 16])?;
    let back = nvfp4_dequantize::<f32>(stream, &nvfp4, &global)?.to_vec()?;
    if back.iter().any(|&value| value != 0.0) {
        return Err(format!("NVFP4 of tiny blocks: {back:?}").into());
    }
    let mxfp4 = mxfp4_quantize(stream, &x, &linear())?;
    bits("MXFP4 scales", &bytes(&mxfp4.scales.to_vec()?), &[0, 0, 5])?;
    let mxfp8 = mxfp8_quantize(stream, &x, &linear())?;
    bits("MXFP8 scales", &bytes(&mxfp8.scales.to_vec()?), &[0, 0, 1])?;
    Ok(())
}
