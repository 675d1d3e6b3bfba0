//! `ldmatrix` and `stmatrix`: 8x8 matrices of 16-bit elements between shared memory and a warp.
//!
//! PTX ISA, "Warp-level matrix load instruction: ldmatrix". Lanes `8 i .. 8 i + 8` give the
//! addresses of the eight 16-byte rows of matrix `i`. Register `i` of lane `l` holds two elements,
//! the first in its low half:
//!
//! ```text
//!   plain       row l / 4,      columns 2 (l % 4), 2 (l % 4) + 1
//!   transposed  column l / 4,   rows    2 (l % 4), 2 (l % 4) + 1
//! ```
//!
//! A lane accounts for the accesses of the row whose address it gave.

use std::array;

use crate::context::Caller;
use crate::fault::{Line, Violation};
use crate::warp::{Inputs, LaneViolation, Outputs};

/// Bytes of a row.
const ROW_BYTES: usize = 16;

/// A row of eight elements.
type Row = [u16; 8];

/// Loads `count` matrices. Each lane brings an address.
pub(crate) fn load(
    caller: Caller<'_>,
    (warp, line): (u32, Line),
    inputs: &Inputs,
    (count, transpose): (usize, bool),
) -> Result<Outputs, LaneViolation> {
    let mut outputs = Outputs::default();
    for matrix in 0..count {
        let mut rows = [Row::default(); 8];
        for (lane, row) in (8 * matrix..).zip(&mut rows) {
            let lane_caller = caller.lane(warp, lane as u32, line);
            *row = load_row(lane_caller, inputs[lane][0]).map_err(blame(lane))?;
        }
        for (lane, output) in outputs.iter_mut().enumerate() {
            let [low, high] = places(lane, transpose).map(|(row, column)| rows[row][column]);
            output[matrix] = u32::from(high) << 16 | u32::from(low);
        }
    }
    Ok(outputs)
}

/// Stores `count` matrices. Each lane brings an address and `count` registers.
pub(crate) fn store(
    caller: Caller<'_>,
    (warp, line): (u32, Line),
    inputs: &Inputs,
    (count, transpose): (usize, bool),
) -> Result<(), LaneViolation> {
    for matrix in 0..count {
        let mut rows = [Row::default(); 8];
        for (lane, input) in inputs.iter().enumerate() {
            let [low, high] = places(lane, transpose);
            rows[low.0][low.1] = input[1 + matrix] as u16;
            rows[high.0][high.1] = (input[1 + matrix] >> 16) as u16;
        }
        for (lane, row) in (8 * matrix..).zip(&rows) {
            let lane_caller = caller.lane(warp, lane as u32, line);
            store_row(lane_caller, inputs[lane][0], row).map_err(blame(lane))?;
        }
    }
    Ok(())
}

/// Row and column of the two elements that a lane's register holds.
fn places(lane: usize, transpose: bool) -> [(usize, usize); 2] {
    let (group, pair) = (lane / 4, 2 * (lane % 4));
    match transpose {
        false => [(group, pair), (group, pair + 1)],
        true => [(pair, group), (pair + 1, group)],
    }
}

fn load_row(lane: Caller<'_>, address: u32) -> Result<Row, Violation> {
    let mut bytes = [0; ROW_BYTES];
    lane.read(lane.block, lane.own(address)?, &mut bytes)?;
    Ok(array::from_fn(|i| {
        u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]])
    }))
}

fn store_row(lane: Caller<'_>, address: u32, row: &Row) -> Result<(), Violation> {
    let mut bytes = [0; ROW_BYTES];
    for (bytes, element) in bytes.chunks_exact_mut(2).zip(row) {
        bytes.copy_from_slice(&element.to_le_bytes());
    }
    lane.write(lane.block, lane.own(address)?, &bytes)
}

fn blame(lane: usize) -> impl Fn(Violation) -> LaneViolation {
    move |violation| (lane as u32, violation)
}
