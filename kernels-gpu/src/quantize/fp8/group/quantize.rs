//! A scale for 128 consecutive elements of a row, or what is left of it: `fp8_quantize_1x128_<dtype>`,
//! `silu_and_mul_fp8_quantize_1x128_<dtype>`, and of any activation of the table, `activation_fp8_quantize_1x128_<dtype>`.
//!
//! ```text
//! group    | 0 1 | 2 3 | .. | 14 15 |    octets
//! lane       0     1     ..   7           a warp has four groups
//! ```
//!
//! Block `(r, c)` has chunk c of row r of the grids, padding included. Blocks have whole warps, in one dimension.

use core::marker::PhantomData;

use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};
use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::activation::table::{Parametrised, Table};
use crate::octet::{Plain, Source, amax, open};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::{Grid, Job, exists};
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::{activated, quantizers};
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::threads_of_row;

/// Octets of a group.
const GROUP: u32 = 16;

/// Lanes of a group: each has two octets of it, one after the other, whose codes are one store.
const LANES: u32 = 8;

quantizers! {
    quantize_groups, 512, 3;
    fp8_quantize_1x128_bf16: bf16, WIDE;
    fp8_quantize_1x128_f16: f16, WIDE;
    fp8_quantize_1x128_f32: f32, WIDE;
}

quantizers! {
    quantize_groups, 512, 1;
    fp8_quantize_1x128_bf16_narrow: bf16, NARROW;
    fp8_quantize_1x128_f16_narrow: f16, NARROW;
    fp8_quantize_1x128_f32_narrow: f32, NARROW;
}

activated! {
    quantize_groups, 512, 3, Silu;
    silu_and_mul_fp8_quantize_1x128_bf16: bf16, WIDE;
    silu_and_mul_fp8_quantize_1x128_f16: f16, WIDE;
    silu_and_mul_fp8_quantize_1x128_f32: f32, WIDE;
}

activated! {
    quantize_groups, 512, 1, Silu;
    silu_and_mul_fp8_quantize_1x128_bf16_narrow: bf16, NARROW;
    silu_and_mul_fp8_quantize_1x128_f16_narrow: f16, NARROW;
    silu_and_mul_fp8_quantize_1x128_f32_narrow: f32, NARROW;
}

activated! {
    quantize_groups, 512, 2, Table;
    activation_fp8_quantize_1x128_bf16: bf16, WIDE;
    activation_fp8_quantize_1x128_f16: f16, WIDE;
    activation_fp8_quantize_1x128_f32: f32, WIDE;
}

activated! {
    quantize_groups, 512, 1, Table;
    activation_fp8_quantize_1x128_bf16_narrow: bf16, NARROW;
    activation_fp8_quantize_1x128_f16_narrow: f16, NARROW;
    activation_fp8_quantize_1x128_f32_narrow: f32, NARROW;
}

/// Quantises this block's row if it exists; all scales of others, and of padding, are zero.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_groups<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, job: Job) {
    let (matrix, place) = job.place(thread::block_idx_x(), job.grid.rows);
    let row = matrix * job.rows + place;
    // SAFETY: the row is one of the rows where it is asked whether it exists.
    unsafe {
        if place < job.rows && exists(&job.set, row) {
            quantize_row(octets, &job, row, (matrix, place));
        } else {
            clear(octets.count().div_ceil(GROUP), &job.grid, (matrix, place));
        }
    }
}

/// Quantises this block's share of a row: two octets of a group a thread, both on their way before the first is used.
///
/// # Safety
/// As [`quantize_groups`]; the whole warp is here, and the row exists.
#[inline(always)]
unsafe fn quantize_row<S: Source, const WIDE: bool>(
    octets: Octets<S, WIDE>,
    job: &Job,
    row: u32,
    (matrix, place): (u32, u32),
) {
    let (thread, step) = threads_of_row();
    let lane = lane_id();
    let mut i = 2 * thread;
    // The same for the whole warp.
    while i - 2 * lane < octets.count() {
        // SAFETY: the row exists.
        let raw = unsafe { [octets.fetch(row, i), octets.fetch(row, i + 1)] };
        let pair = [octets.source.close(&raw[0]), octets.source.close(&raw[1])];
        // SAFETY: the whole warp is here.
        let largest = unsafe { group_max(amax::<S::Value, 2>(&pair)) };
        let scale = Scale::of(largest, job.data.format, job.flags);
        let pair = [open::<S::Value>(&pair[0]), open::<S::Value>(&pair[1])];
        // SAFETY: the row exists.
        unsafe {
            job.data
                .write_pair(&octets, (row, i), &pair, scale.multiplier)
        };
        if lane.is_multiple_of(LANES) && i < octets.count() {
            // SAFETY: inside the grid.
            unsafe { *job.grid.at(matrix, place, i / GROUP) = scale.stored };
        }
        i += 2 * step;
    }
}

/// The largest of a group's values.
///
/// # Safety
/// All lanes of the warp are here.
#[inline(always)]
unsafe fn group_max(mut largest: f32) -> f32 {
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
    let (mut i, step) = threads_of_row();
    while i < groups {
        // SAFETY: inside the grid.
        unsafe { *grid.at(matrix, place, i) = 0.0 };
        i += step;
    }
}
