//! More than 2^31 elements: on a GPU only, whose memory has room for them.

use gatewarp::formats::{E4m3, E8m0, ScaleLayout};
use gatewarp::quantize::{BlockOptions, mxfp8_dequantize, mxfp8_quantize};
use gatewarp::tensor::copy_into;
use gatewarp::{Device, Tensor, bf16};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};
use gatewarp_tests::values::Values;

use super::ops::bytes;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("block_quantize::beyond_32_bits", beyond_32_bits);
}

const ROWS: usize = 1 << 16;
const COLUMNS: usize = (1 << 15) + 128;
const BLOCKS: usize = COLUMNS / 32;

/// The last row, of a matrix of zeros, becomes what it does alone, and comes back.
fn beyond_32_bits(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let (stream, cpu) = (&context.stream, Device::cpu().stream()?);
    let last = Values::Ordinary.draw::<bf16>(COLUMNS, 1);
    let mut x = Tensor::<bf16>::zeros(stream, &[ROWS, COLUMNS])?;
    let row = Tensor::from_slice(stream, &last, &[1, COLUMNS])?;
    copy_into(stream, &row, &mut x.view_mut().slice(ROWS - 1..ROWS)?)?;
    let options = BlockOptions::with_layout(ScaleLayout::Linear);
    let alone = Tensor::from_slice(&cpu, &last, &[1, COLUMNS])?;
    let alone = mxfp8_quantize(&cpu, &alone, &options)?;

    let all = mxfp8_quantize(stream, &x, &options)?;
    drop(x);
    let mut codes = Tensor::<E4m3>::empty(stream, &[1, COLUMNS])?;
    copy_into(stream, &all.data.view().slice(ROWS - 1..ROWS)?, &mut codes)?;
    bits(
        "codes",
        &bytes(&codes.to_vec()?),
        &bytes(&alone.data.to_vec()?),
    )?;
    let scales = all.scales.view().reshape(&[ROWS, BLOCKS])?;
    let mut of_last = Tensor::<E8m0>::empty(stream, &[1, BLOCKS])?;
    copy_into(stream, &scales.slice(ROWS - 1..ROWS)?, &mut of_last)?;
    bits(
        "scales",
        &bytes(&of_last.to_vec()?),
        &bytes(&alone.scales.to_vec()?),
    )?;

    let back = mxfp8_dequantize::<bf16>(stream, &all)?;
    let mut values = Tensor::<bf16>::empty(stream, &[1, COLUMNS])?;
    copy_into(stream, &back.view().slice(ROWS - 1..ROWS)?, &mut values)?;
    let want = mxfp8_dequantize::<bf16>(&cpu, &alone)?;
    bits("values", &values.to_vec()?, &want.to_vec()?)?;
    Ok(())
}
