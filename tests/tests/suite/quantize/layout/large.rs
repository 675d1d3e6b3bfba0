//! More than 2^31 elements: on a GPU only, whose memory has room for them.

use gatewarp::formats::ScaleLayout;
use gatewarp::quantize::layout::{
    block_scale_deinterleave, block_scale_interleave, convert_from_block_layout,
    convert_to_block_layout, shuffle_matrix_a,
};
use gatewarp::tensor::copy_into;
use gatewarp::{Stream, Tensor};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::bits;
use gatewarp_tests::suite::{Outcome, Suite};

use super::random;

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("quantize::layout::beyond_32_bits", beyond_32_bits);
}

const ROWS: usize = 1 << 16;
const COLUMNS: usize = (1 << 15) + 128;

/// The last row goes where it should, and comes back.
fn beyond_32_bits(context: &Context) -> Outcome {
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let stream = &context.stream;
    let last = random::<u8>(COLUMNS, 1);
    let mut x = Tensor::<u8>::zeros(stream, &[ROWS, COLUMNS])?;
    let row = Tensor::from_slice(stream, &last, &[1, COLUMNS])?;
    copy_into(stream, &row, &mut x.view_mut().slice(ROWS - 1..ROWS)?)?;
    let other = random::<u8>(COLUMNS, 2);
    let row = Tensor::from_slice(stream, &other, &[1, COLUMNS])?;
    copy_into(stream, &row, &mut x.view_mut().slice(ROWS - 4..ROWS - 3)?)?;

    let shuffled = shuffle_matrix_a(stream, &x, 128)?;
    bits("shuffled", &row_of(stream, &shuffled, ROWS - 1)?, &last)?;
    bits("shuffled", &row_of(stream, &shuffled, ROWS - 25)?, &other)?;
    drop(shuffled);

    let blocks = convert_to_block_layout(stream, &x, 128)?;
    let back = convert_from_block_layout(stream, &blocks)?;
    bits("blocks", &row_of(stream, &back, ROWS - 1)?, &last)?;
    drop((blocks, back));

    let layout = ScaleLayout::Swizzled128x4;
    let tiles = block_scale_interleave(stream, &x, layout)?;
    let back = block_scale_deinterleave(stream, &tiles, &[ROWS, COLUMNS], layout)?;
    bits("tiles", &row_of(stream, &back, ROWS - 1)?, &last)?;
    bits("tiles", &row_of(stream, &back, ROWS - 4)?, &other)?;
    Ok(())
}

fn row_of(stream: &Stream, x: &Tensor<u8>, row: usize) -> gatewarp::Result<Vec<u8>> {
    let mut copy = Tensor::empty(stream, &[1, COLUMNS])?;
    copy_into(stream, &x.view().slice(row..row + 1)?, &mut copy)?;
    copy.to_vec()
}
