//! A scale a column of a matrix: `fp8_quantize_per_column_<dtype>`.
//!
//! ```text
//! block (b, 1): strip b of a matrix, all its rows, in two passes
//! thread (c, r): octet c of the strip in rows r, r + R, ..         block_dim = (C, R), C a power of two up to 16
//! ```
//!
//! It has [`COLUMN_BYTES`] of shared memory: a magnitude a column. All rows exist.

use cuda_std::atomic::shared_max_u32;
use cuda_std::shared;
use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};
use cuda_std::{kernel, thread, unroll};
use half::{bf16, f16};

use crate::divide::divide;
use crate::octet::{OCTET, Octet, Source};
use crate::quantize::fp8::elements::{Octets, memory};
use crate::quantize::fp8::grid::{Grid, Job};
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::quantizers;
use crate::quantize::kind::{NARROW, WIDE};

/// Octets of a strip at most.
pub const STRIP: u32 = 16;

/// Bytes of dynamic shared memory.
pub const COLUMN_BYTES: u32 = STRIP * OCTET as u32 * 4;

quantizers! {
    quantize_columns, 2;
    fp8_quantize_per_column_bf16: bf16, memory, WIDE;
    fp8_quantize_per_column_bf16_narrow: bf16, memory, NARROW;
    fp8_quantize_per_column_f16: f16, memory, WIDE;
    fp8_quantize_per_column_f16_narrow: f16, memory, NARROW;
    fp8_quantize_per_column_f32: f32, memory, WIDE;
    fp8_quantize_per_column_f32_narrow: f32, memory, NARROW;
}

/// Quantises this block's strip.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_columns<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, job: Job) {
    let strips = octets.count().div_ceil(thread::block_dim_x());
    let mut strip = thread::block_idx_x();
    while strip < job.matrices * strips {
        let (matrix, strip_of_matrix) = divide(strip, strips);
        let i = strip_of_matrix * thread::block_dim_x() + thread::thread_idx_x();
        let share = Share {
            octets,
            job,
            matrix,
            i,
        };
        // SAFETY: the whole block is here, with an octet each, perhaps past the end.
        unsafe { share.quantize() };
        strip += thread::grid_dim_x();
    }
}

/// A thread's share of a strip: octet `i` of some of its rows.
#[derive(Clone, Copy)]
struct Share<S, const WIDE: bool> {
    octets: Octets<S, WIDE>,
    job: Job,
    matrix: u32,
    i: u32,
}

impl<S: Source, const WIDE: bool> Share<S, WIDE> {
    /// Quantises the strip.
    ///
    /// # Safety
    /// As [`quantize_columns`]; the whole block is here.
    #[inline(always)]
    unsafe fn quantize(self) {
        let job = self.job;
        // SAFETY: the rows are there, and the whole block is here.
        let largest = unsafe { over_rows(&self.largest()) };
        let scales = largest.map(|largest| Scale::of(largest, job.data.format, job.flags));
        // SAFETY: the octet is this thread's.
        unsafe {
            self.write_codes(&scales);
            if thread::thread_idx_y() == 0 {
                self.write_scales(&scales);
            }
        }
    }

    /// What the octet of a row of the matrix is made of; the last row stands for those past it, whose magnitudes are the
    /// same.
    ///
    /// # Safety
    /// The matrix is there.
    #[inline(always)]
    unsafe fn fetch(&self, row: u32) -> S::Raw {
        let row = self.matrix * self.job.rows + row.min(self.job.rows - 1);
        // SAFETY: one of the rows.
        unsafe { self.octets.fetch(row, self.i) }
    }

    /// The largest magnitude of each element over this thread's rows.
    ///
    /// # Safety
    /// The matrix is there.
    #[inline(always)]
    unsafe fn largest(&self) -> Octet {
        let step = thread::block_dim_y();
        let mut largest = [0.0f32; OCTET];
        let mut row = thread::thread_idx_y();
        while row < self.job.rows {
            // SAFETY: the matrix is there. Two loads are under way.
            let raw = unsafe { [self.fetch(row), self.fetch(row + step)] };
            let octets = raw.map(|raw| self.octets.source.open(&raw));
            unroll!(j < OCTET => {
                largest[j] = largest[j].max(octets[0][j].abs()).max(octets[1][j].abs());
            });
            row += 2 * step;
        }
        largest
    }

    /// Writes the codes of this thread's rows.
    ///
    /// # Safety
    /// The matrix is there, and nobody else writes the octet.
    #[inline(always)]
    unsafe fn write_codes(&self, scales: &[Scale; OCTET]) {
        let Self { octets, job, .. } = self;
        let mut row = thread::thread_idx_y();
        while row < job.rows {
            // SAFETY: the matrix is there.
            let mut octet = octets.source.open(&unsafe { self.fetch(row) });
            unroll!(j < OCTET => { octet[j] *= scales[j].multiplier; });
            let place = (self.matrix * job.rows + row, self.i);
            // SAFETY: one of the rows.
            unsafe { job.data.write(octets, place, &octet, 1.0) };
            row += thread::block_dim_y();
        }
    }

    /// Writes the scales of the octet's columns.
    ///
    /// # Safety
    /// The matrix is there, and nobody else writes them.
    #[inline(always)]
    unsafe fn write_scales(&self, scales: &[Scale; OCTET]) {
        let mut j = 0;
        while j < OCTET {
            let column = self.i * OCTET as u32 + j as u32;
            if column < self.octets.columns {
                // SAFETY: a scale a column.
                unsafe { *self.job.grid.at(self.matrix, 0, column) = scales[j].stored };
            }
            j += 1;
        }
    }
}

/// The largest of each element over the threads that have the same octet.
///
/// # Safety
/// The whole block is here.
#[inline(always)]
unsafe fn over_rows(largest: &Octet) -> Octet {
    let columns = shared::dynamic_shared_mem::<u32>().add(thread::thread_idx_x() * OCTET as u32);
    // SAFETY: the whole warp is here.
    let mut largest = unsafe { over_warp(*largest) };
    // The strip before may still be read.
    thread::sync_threads();
    if thread::thread_idx_y() == 0 {
        // SAFETY: the octet's own columns.
        unroll!(j < OCTET => { unsafe { columns.add(j as u32).write(0) }; });
    }
    thread::sync_threads();
    if lane_id() < thread::block_dim_x() {
        unroll!(j < OCTET => {
            // SAFETY: only atomically until the barrier. Floats that are not negative are in the order of their bits.
            unsafe { shared_max_u32(columns.add(j as u32), largest[j].to_bits()) };
        });
    }
    thread::sync_threads();
    // SAFETY: written before the barrier.
    unroll!(j < OCTET => { largest[j] = f32::from_bits(unsafe { columns.add(j as u32).read() }); });
    largest
}

/// The largest of each element over the lanes that have the same octet.
///
/// # Safety
/// The whole warp is here.
#[inline(always)]
unsafe fn over_warp(mut largest: Octet) -> Octet {
    unroll!(j < OCTET => {
        let mut distance = thread::block_dim_x();
        while distance < WARP_SIZE {
            // SAFETY: the whole warp is here: the distance is the same for all.
            let (other, _) = unsafe { warp_shuffle_xor(FULL_MASK, largest[j], distance, WARP_SIZE) };
            largest[j] = largest[j].max(other);
            distance *= 2;
        }
    });
    largest
}
