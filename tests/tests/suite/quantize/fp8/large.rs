//! More than 2^31 elements: on a GPU only, whose memory has room for them.

use gatewarp::formats::E4m3;
use gatewarp::quantize::{
    ChannelAxis, Fp8Options, Fp8Scaled, ScaleMajor, ScaleRounding, fp8_dequantize,
    fp8_quantize_1x128, fp8_quantize_128x128, fp8_quantize_per_channel, fp8_quantize_per_tensor,
    fp8_quantize_per_token,
};
use gatewarp::tensor::copy_into;
use gatewarp::{Stream, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Bound, Comparison, close};
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

use super::ops::failed;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("fp8_quantize::beyond_32_bits", beyond_32_bits);
}

const ROWS: usize = 1 << 17;
const COLUMNS: usize = (1 << 14) + 128;

/// All rows but the last are zeros; the last one comes back.
fn beyond_32_bits(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let stream = &context.stream;
    let draw = Values::Whole.draw::<bf16>(COLUMNS, 1);
    let mut x = Tensor::<bf16>::zeros(stream, &[ROWS, COLUMNS])?;
    let row = Tensor::from_slice(stream, &draw, &[1, COLUMNS])?;
    copy_into(stream, &row, &mut x.view_mut().slice(ROWS - 1..ROWS)?)?;
    let want: Vec<f64> = draw.iter().map(|x| f64::from(x.to_f32())).collect();
    let (options, rounding) = (Fp8Options::default(), ScaleRounding::PowerOfTwo);
    let powers = Fp8Options {
        rounding,
        ..options
    };
    comes_back(stream, &want, fp8_quantize_per_tensor(stream, &x, &powers)?)?;
    comes_back(stream, &want, fp8_quantize_per_token(stream, &x, &powers)?)?;
    comes_back(
        stream,
        &want,
        fp8_quantize_1x128(stream, &x, ScaleMajor::K, &powers)?,
    )?;
    comes_back(
        stream,
        &want,
        fp8_quantize_1x128(stream, &x, ScaleMajor::Mn, &powers)?,
    )?;
    comes_back(stream, &want, fp8_quantize_128x128(stream, &x, rounding)?)?;
    let columns = ChannelAxis::Columns;
    comes_back(
        stream,
        &want,
        fp8_quantize_per_channel(stream, &x, columns, rounding)?,
    )?;
    Ok(())
}

/// Whole numbers up to 3, by a power of two, are codes.
fn comes_back(stream: &Stream, want: &[f64], quantized: Fp8Scaled<E4m3>) -> Comparison {
    let back: Tensor<bf16> = fp8_dequantize(stream, &quantized).map_err(failed)?;
    let mut row = Tensor::<bf16>::zeros(stream, &[1, COLUMNS]).map_err(failed)?;
    let last = back.view().slice(ROWS - 1..ROWS).map_err(failed)?;
    copy_into(stream, &last, &mut row).map_err(failed)?;
    let got = row.to_vec().map_err(failed)?;
    close("the last row", &got, want, |_| Bound::EQUAL)
}
