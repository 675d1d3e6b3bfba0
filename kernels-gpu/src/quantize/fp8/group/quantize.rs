//! A scale for 128 consecutive elements of a row, or what is left of it: `fp8_quantize_1x128_<dtype>`,
//! `silu_and_mul_fp8_quantize_1x128_<dtype>`.
//!
//! Half a warp has a group, an octet a lane. Blocks have whole warps, in one dimension; several may share a row. A thread's
//! next octet is on its way while it computes with one.

use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};
use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::octet::{Octet, amax};
use crate::quantize::fp8::WIDE;
use crate::quantize::fp8::elements::{Elements, Octets, memory, silu_and_mul};
use crate::quantize::fp8::grid::{Grid, Job, divide, exists};
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::quantizers;
use crate::rows::RowSet;

/// Lanes of a group.
const LANES: u32 = 16;

quantizers! {
    quantize_groups, 2;
    fp8_quantize_1x128_bf16: bf16, memory;
    fp8_quantize_1x128_f16: f16, memory;
    fp8_quantize_1x128_f32: f32, memory;
    silu_and_mul_fp8_quantize_1x128_bf16: bf16, silu_and_mul;
    silu_and_mul_fp8_quantize_1x128_f16: f16, silu_and_mul;
    silu_and_mul_fp8_quantize_1x128_f32: f32, silu_and_mul;
}

/// Quantises the rows that exist; all scales of others, and of padding, are zero.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_groups<S: Elements>(octets: Octets<S>, job: Job) {
    let mut line = RowSet::first();
    while line < job.matrices * job.grid.rows {
        let (matrix, place) = divide(line, job.grid.rows);
        let row = matrix * job.rows + place;
        // SAFETY: the row is one of the rows where it is asked whether it exists.
        unsafe {
            if place < job.rows && exists(&job.set, row) {
                quantize_row(octets, &job, row, (matrix, place));
            } else {
                clear(octets.count().div_ceil(LANES), &job.grid, (matrix, place));
            }
        }
        line += RowSet::step();
    }
}

/// This thread's first column, and the step from one to the next, over all blocks of a row.
#[inline(always)]
fn columns() -> (u32, u32) {
    let threads = thread::block_dim_x();
    let first = thread::block_idx_y() * threads + thread::thread_idx_x();
    (first, threads * thread::grid_dim_y())
}

/// Quantises this block's share of a row.
///
/// # Safety
/// As [`quantize_groups`]; the whole warp is here, and the row exists.
#[inline(always)]
unsafe fn quantize_row<S: Elements>(
    octets: Octets<S>,
    job: &Job,
    row: u32,
    (matrix, place): (u32, u32),
) {
    let (mut i, step) = columns();
    let lane = lane_id();
    // SAFETY: the row exists.
    let mut raw = unsafe { octets.fetch(row, i) };
    // The same for the whole warp.
    while i - lane < octets.count() {
        // SAFETY: the row exists.
        let next = unsafe { octets.fetch(row, i + step) };
        let octet = octets.source.open(&raw);
        // SAFETY: the whole warp is here.
        let scale = Scale::of(unsafe { group_amax(&octet) }, job.data.format, job.flags);
        // SAFETY: the row exists.
        unsafe { job.data.write(&octets, (row, i), &octet, scale.multiplier) };
        if lane.is_multiple_of(LANES) && i < octets.count() {
            // SAFETY: inside the grid.
            unsafe { *job.grid.at(matrix, place, i / LANES) = scale.stored };
        }
        raw = next;
        i += step;
    }
}

/// The largest magnitude of a group.
///
/// # Safety
/// All lanes of the warp are here.
#[inline(always)]
unsafe fn group_amax(octet: &Octet) -> f32 {
    let mut largest = amax(octet);
    let mut distance = 1;
    while distance < LANES {
        // SAFETY: all lanes are here.
        let (other, _) = unsafe { warp_shuffle_xor(FULL_MASK, largest, distance, WARP_SIZE) };
        largest = largest.max(other);
        distance *= 2;
    }
    largest
}

/// Clears this block's share of a line of scales.
///
/// # Safety
/// There is such a line, of so many scales.
#[inline(always)]
unsafe fn clear(groups: u32, grid: &Grid, (matrix, place): (u32, u32)) {
    let (mut i, step) = columns();
    while i < groups {
        // SAFETY: inside the grid.
        unsafe { *grid.at(matrix, place, i) = 0.0 };
        i += step;
    }
}
