//! A scale a column of a matrix: `fp8_quantize_per_column_<dtype>`.
//!
//! ```text
//! block (b, 1): strip b of a matrix, all its rows, in two passes
//! thread (c, r): octet c of the strip in rows r, r + R, ..         block_dim = (C, R), C a power of two up to 16
//! ```
//!
//! It has [`COLUMN_BYTES`] of shared memory: a magnitude a column. All rows exist.

use cuda_std::atomic::shared_max_u32;
use cuda_std::shared::{self, Shared};
use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};
use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::octet::{OCTET, Octet, Source};
use crate::quantize::fp8::elements::{NARROW, Octets, WIDE, memory};
use crate::quantize::fp8::grid::{Grid, Job, divide};
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::quantizers;

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
        // SAFETY: the whole block is here, with an octet each, perhaps past the end.
        unsafe { quantize_strip(octets, &job, matrix, i) };
        strip += thread::grid_dim_x();
    }
}

/// Quantises a strip of which this thread has octet `i`.
///
/// # Safety
/// As [`quantize_columns`]; the whole block is here.
#[inline(always)]
unsafe fn quantize_strip<S: Source, const WIDE: bool>(
    octets: Octets<S, WIDE>,
    job: &Job,
    matrix: u32,
    i: u32,
) {
    let (first, step) = (thread::thread_idx_y(), thread::block_dim_y());
    let first_of_matrix = matrix * job.rows;
    // SAFETY: the last row stands for those past it, whose magnitudes are the same.
    let fetch = |row: u32| unsafe { octets.fetch(first_of_matrix + row.min(job.rows - 1), i) };
    let mut largest = [0.0f32; OCTET];
    let mut row = first;
    while row < job.rows {
        // Two loads under way.
        let raw = [fetch(row), fetch(row + step)];
        let octets = raw.map(|raw| octets.source.open(&raw));
        let mut j = 0;
        while j < OCTET {
            largest[j] = largest[j].max(octets[0][j].abs()).max(octets[1][j].abs());
            j += 1;
        }
        row += 2 * step;
    }
    // SAFETY: the whole block is here.
    let largest = unsafe { over_rows(&largest) };
    let scales = largest.map(|largest| Scale::of(largest, job.data.format, job.flags));
    let mut row = first;
    while row < job.rows {
        let mut octet = octets.source.open(&fetch(row));
        let mut j = 0;
        while j < OCTET {
            octet[j] *= scales[j].multiplier;
            j += 1;
        }
        // SAFETY: the row is one of the matrix.
        unsafe {
            job.data
                .write(&octets, (first_of_matrix + row, i), &octet, 1.0)
        };
        row += step;
    }
    let mut j = 0;
    while j < OCTET {
        let column = i * OCTET as u32 + j as u32;
        if first == 0 && column < octets.columns {
            // SAFETY: a scale a column.
            unsafe { *job.grid.at(matrix, 0, column) = scales[j].stored };
        }
        j += 1;
    }
}

/// The largest of each element over the threads that have the same octet.
///
/// # Safety
/// The whole block is here.
#[inline(always)]
unsafe fn over_rows(largest: &Octet) -> Octet {
    let width = thread::block_dim_x();
    let mine = thread::thread_idx_x() * OCTET as u32;
    let memory: Shared<u32> = shared::dynamic_shared_mem();
    let mut of_warp = *largest;
    let mut j = 0;
    while j < OCTET {
        let mut distance = width;
        while distance < WARP_SIZE {
            // SAFETY: the whole warp is here: the distance is the same for all.
            let (other, _) =
                unsafe { warp_shuffle_xor(FULL_MASK, of_warp[j], distance, WARP_SIZE) };
            of_warp[j] = of_warp[j].max(other);
            distance *= 2;
        }
        j += 1;
    }
    // The strip before may still be read.
    thread::sync_threads();
    if thread::thread_idx_y() == 0 {
        let mut j = 0;
        while j < OCTET {
            // SAFETY: this column's own.
            unsafe { memory.add(mine + j as u32).write(0) };
            j += 1;
        }
    }
    thread::sync_threads();
    if lane_id() < width {
        let mut j = 0;
        while j < OCTET {
            // SAFETY: only atomically until the barrier. Floats that are not negative are in the order of their bits.
            unsafe { shared_max_u32(memory.add(mine + j as u32), of_warp[j].to_bits()) };
            j += 1;
        }
    }
    thread::sync_threads();
    let mut j = 0;
    while j < OCTET {
        // SAFETY: written before the barrier.
        of_warp[j] = f32::from_bits(unsafe { memory.add(mine + j as u32).read() });
        j += 1;
    }
    of_warp
}
