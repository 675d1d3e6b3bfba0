//! The largest magnitude: `amax_<dtype>` of what each block has, `amax_of_parts` of those.
//!
//! Blocks have whole warps, in one dimension, and [`REDUCE_BYTES`](crate::quantize::fp8::REDUCE_BYTES) of shared memory; several may share
//! a row. Part `y * grid_dim.x + x` is that of block `(x, y)`. NaN counts as nothing. The order of blocks does not matter:
//! there are no atomics, and a maximum is exact.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::octet::{Plain, Source, amax};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::exists;
use crate::quantize::fp8::reduce::block_max;
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::{RowSet, threads_of_row};

/// Octets that a thread has under way.
const TOGETHER: usize = 4;

macro_rules! amax_of_rows {
    ($($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Writes the largest magnitude of this block's share of the rows that exist to its part.
        ///
        /// # Safety
        /// The rows are there, aligned as a wide kernel wants it, if the kernel is wide, and a part a block; blocks are
        /// those above.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512), dependent)]
        pub unsafe fn $name(
            x: *const $type, x_stride: u64, parts: *mut f32,
            rows: u32, rows_per_group: u32, columns: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let source = Plain { x, stride: x_stride };
            let set = RowSet { rows, n_used, map, counts, rows_per_group };
            let octets = Octets::<_, $wide> { source, columns };
            // SAFETY: the kernel's contract is the body's.
            let largest = unsafe { of_rows(octets, set) };
            // SAFETY: the whole block is here, for the only time.
            let largest = unsafe { block_max(largest) };
            if thread::thread_idx_x() == 0 {
                let part = thread::block_idx_y() * thread::grid_dim_x() + thread::block_idx_x();
                // SAFETY: a part a block.
                unsafe { *parts.add(part as usize) = largest };
            }
        }
    )* };
}

amax_of_rows! {
    amax_bf16: bf16, WIDE;
    amax_bf16_narrow: bf16, NARROW;
    amax_f16: f16, WIDE;
    amax_f16_narrow: f16, NARROW;
    amax_f32: f32, WIDE;
    amax_f32_narrow: f32, NARROW;
}

/// Writes the largest of `count` parts to `largest`.
///
/// # Safety
/// They are there; one block as above.
#[kernel(launch_bounds(512), dependent)]
pub unsafe fn amax_of_parts(parts: *const f32, count: u32, largest: *mut f32) {
    // SAFETY: the whole block is here, the parts are there.
    let all = unsafe { of_parts(parts, count) };
    if thread::thread_idx_x() == 0 {
        // SAFETY: it is there.
        unsafe { *largest = all };
    }
}

/// The largest of all parts, in every thread.
///
/// # Safety
/// The whole block is here, with its shared memory unused so far, and the parts are there.
#[inline(always)]
pub(super) unsafe fn of_parts(parts: *const f32, count: u32) -> f32 {
    let mut largest = 0.0f32;
    let mut i = thread::thread_idx_x();
    while i < count {
        // SAFETY: one of the parts.
        largest = largest.max(unsafe { *parts.add(i as usize) });
        i += thread::block_dim_x();
    }
    // SAFETY: the whole block is here, for the only time.
    unsafe { block_max(largest) }
}

/// The largest magnitude of this thread's share of the rows that exist.
///
/// # Safety
/// The rows are there.
#[inline(always)]
unsafe fn of_rows<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, set: RowSet) -> f32 {
    let mut largest = 0.0f32;
    let mut row = RowSet::first();
    while row < set.rows {
        let (mut i, step) = threads_of_row();
        // SAFETY: one of the rows.
        if !unsafe { exists(&set, row) } {
            i = octets.count();
        }
        // SAFETY: the row exists if there is an octet to read.
        let fetch = |i| unsafe { octets.fetch(row, i) };
        while i < octets.count() {
            let raw = [
                fetch(i),
                fetch(i + step),
                fetch(i + 2 * step),
                fetch(i + 3 * step),
            ];
            let closed = raw.map(|raw| octets.source.close(&raw));
            largest = largest.max(amax::<S::Value, TOGETHER>(&closed));
            i += TOGETHER as u32 * step;
        }
        row += RowSet::step();
    }
    largest
}
