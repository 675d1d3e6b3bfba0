//! A few values worked out by hand.

use gatewarp::Tensor;
use gatewarp::formats::{E4m3, E5m2};
use gatewarp::quantize::{
    Fp8Options, Fp8Scaled, ScaleMajor, ScaleRounding, fp8_quantize_1x128, fp8_quantize_per_tensor,
    fp8_quantize_per_tensor_static, fp8_quantize_per_token,
};
use gatewarp_tests::backend::Context;
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};

use super::ops::bytes;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_quantize::golden", golden);
    suite.trial("fp8_quantize::special_values", special_values);
    suite.trial("fp8_quantize::static_allocates", static_allocates);
}

fn golden(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::from_slice(stream, &[2.0f32, -1.0, 0.5, 0.0, -0.0], &[1, 5])?;
    let nearest = Fp8Options::default();
    let powers = Fp8Options {
        rounding: ScaleRounding::PowerOfTwo,
        ..nearest
    };
    let token: Fp8Scaled = fp8_quantize_per_token(stream, &x, &nearest)?;
    bits(
        "data",
        &bytes(&token.data.to_vec()?),
        &[0x7e, 0xf6, 0x6e, 0, 0x80],
    )?;
    bits("scale", &token.scales.to_vec()?, &[2.0 / 448.0])?;
    let tensor: Fp8Scaled<E5m2> = fp8_quantize_per_tensor(stream, &x, &nearest)?;
    bits(
        "data",
        &bytes(&tensor.data.to_vec()?),
        &[0x7b, 0xf7, 0x73, 0, 0x80],
    )?;
    bits("scale", &tensor.scales.to_vec()?, &[2.0 / 57344.0])?;
    // 2 / 448 is 0.57 * 2^-7.
    let group: Fp8Scaled = fp8_quantize_1x128(stream, &x, ScaleMajor::Mn, &powers)?;
    bits(
        "data",
        &bytes(&group.data.to_vec()?),
        &[0x78, 0xf0, 0x68, 0, 0x80],
    )?;
    bits(
        "scales",
        &group.scales.to_vec()?,
        &[2f32.powi(-7), 0.0, 0.0, 0.0],
    )?;
    Ok(())
}

/// NaN has no part in a scale, zeros and tiny values have a finite one, and an infinity makes it infinite.
fn special_values(context: &Context) -> Outcome {
    let stream = &context.stream;
    let (nan, infinity, tiny) = (f32::NAN, f32::INFINITY, f32::from_bits(1));
    let x = [
        [nan, 448.0, -nan],
        [infinity, 1.0, -infinity],
        [0.0, tiny, -tiny],
        [nan, nan, nan],
    ];
    let x = Tensor::from_slice(stream, x.as_flattened(), &[4, 3])?;
    let token: Fp8Scaled = fp8_quantize_per_token(stream, &x, &Fp8Options::default())?;
    let codes = [
        [0x7f, 0x7e, 0x7f],
        [0x7f, 0, 0x7f],
        [0, 0, 0x80],
        [0x7f, 0x7f, 0x7f],
    ];
    bits("data", &bytes(&token.data.to_vec()?), codes.as_flattened())?;
    let least = 1e-12 / 448.0;
    bits(
        "scales",
        &token.scales.to_vec()?,
        &[1.0, infinity, least, least],
    )?;
    Ok(())
}

fn static_allocates(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x = Tensor::from_slice(stream, &[2.0f32, -900.0, f32::INFINITY, f32::NAN], &[2, 2])?;
    let scale = Tensor::from_slice(stream, &[2.0f32], &[1])?;
    let data: Tensor<E4m3> =
        fp8_quantize_per_tensor_static(stream, &x, &scale, &Default::default())?;
    bits("data", &bytes(&data.to_vec()?), &[0x38, 0xfe, 0x7e, 0x7f])?;
    Ok(())
}
