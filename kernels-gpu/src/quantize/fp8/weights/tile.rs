//! A scale for 128 rows of 128 elements, or what is left of them: `fp8_quantize_128x128_<dtype>`.
//!
//! Block t has tile t, and [`TILE_THREADS`], and [`REDUCE_BYTES`](crate::quantize::fp8::REDUCE_BYTES) of shared memory. All
//! rows exist.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::divide::divide;
use crate::octet::{Plain, Source};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::{Grid, Job};
use crate::quantize::fp8::stamp::quantizers;
use crate::quantize::fp8::together::quantize_together;
use crate::quantize::kind::{NARROW, WIDE};

/// Threads of a block that has a tile.
pub const TILE_THREADS: u32 = 512;

/// Rows and columns of a tile.
const TILE: u32 = 128;

/// Octets of a row of a tile.
const LANES: u32 = 16;

quantizers! {
    quantize_tiles, 512, 2;
    fp8_quantize_128x128_bf16: bf16, WIDE;
    fp8_quantize_128x128_f16: f16, WIDE;
    fp8_quantize_128x128_f32: f32, WIDE;
}

quantizers! {
    quantize_tiles, 512, 2;
    fp8_quantize_128x128_bf16_narrow: bf16, NARROW;
    fp8_quantize_128x128_f16_narrow: f16, NARROW;
    fp8_quantize_128x128_f32_narrow: f32, NARROW;
}

/// Quantises this block's tile.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_tiles<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, job: Job) {
    let (down, across) = (job.rows.div_ceil(TILE), octets.columns.div_ceil(TILE));
    let (line, column) = divide(thread::block_idx_x(), across);
    let (matrix, line) = divide(line, down);
    let first = matrix * job.rows + line * TILE;
    // Octets past the end of a row are not written.
    let count = (job.rows - line * TILE).min(TILE) * LANES;
    let place = |n: u32| (first + n / LANES, column * LANES + n % LANES);
    // SAFETY: the rows are there, the whole block is here.
    let scale = unsafe { quantize_together(&octets, &job, count, place) };
    if thread::thread_idx_x() == 0 {
        // SAFETY: a scale a tile.
        unsafe { *job.grid.at(matrix, line, column) = scale };
    }
}
