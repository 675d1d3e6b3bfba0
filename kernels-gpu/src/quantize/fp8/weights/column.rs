//! A scale a column of a matrix, of any number of rows: `fp8_quantize_per_column_<dtype>`.
//!
//! ```text
//! block (b, 1): strip b of a matrix, all its rows, in two passes
//! thread (c, r): octet c of the strip in rows r, r + R, ..         block_dim = (C, R)
//! ```
//!
//! It has [`COLUMN_BYTES`](crate::quantize::fp8::COLUMN_BYTES) of shared memory: a magnitude a column. All rows exist.

use cuda_std::{kernel, shared, thread, unroll};
use half::{bf16, f16};

use crate::divide::divide;
use crate::octet::{OCTET, Octet, Plain, RawOctet, Source, max_magnitudes};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::{Grid, Job};
use crate::quantize::fp8::stamp::quantizers;
use crate::quantize::fp8::strip::{Strip, clear, of_octet, raise};
use crate::quantize::kind::{NARROW, WIDE};

quantizers! {
    quantize_columns, 512, 2;
    fp8_quantize_per_column_bf16: bf16, WIDE;
    fp8_quantize_per_column_bf16_narrow: bf16, NARROW;
    fp8_quantize_per_column_f16: f16, WIDE;
    fp8_quantize_per_column_f16_narrow: f16, NARROW;
    fp8_quantize_per_column_f32: f32, WIDE;
    fp8_quantize_per_column_f32_narrow: f32, NARROW;
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
        let of_thread = Strip {
            columns: octets.columns,
            job,
            matrix,
            i,
        };
        // SAFETY: the whole block is here, with an octet each, perhaps past the end.
        unsafe { quantize_strip(&octets, &of_thread) };
        strip += thread::grid_dim_x();
    }
}

/// Quantises a strip.
///
/// # Safety
/// As [`quantize_columns`]; the whole block is here.
#[inline(always)]
unsafe fn quantize_strip<S: Source, const WIDE: bool>(
    octets: &Octets<S, WIDE>,
    strip: &Strip<WIDE>,
) {
    // SAFETY: the rows are there, and the whole block is here.
    let largest = unsafe { over_rows::<S>(&largest(octets, strip)) };
    let scales = largest.map(|largest| strip.scale(largest));
    let multipliers = scales.map(|scale| scale.multiplier);
    // SAFETY: the octet is this thread's, and its columns are those of one thread among them.
    unsafe {
        write_codes(octets, strip, &multipliers);
        if thread::thread_idx_y() == 0 {
            let first = strip.i * OCTET as u32;
            unroll!(j < OCTET => { strip.write_scale(first + j as u32, scales[j]); });
        }
    }
}

/// The largest magnitude of each element over this thread's rows.
///
/// # Safety
/// The matrix is there.
#[inline(always)]
unsafe fn largest<S: Source, const WIDE: bool>(
    octets: &Octets<S, WIDE>,
    strip: &Strip<WIDE>,
) -> RawOctet {
    let source = octets.source;
    let step = thread::block_dim_y();
    let mut largest = [0; OCTET];
    let mut row = thread::thread_idx_y();
    while row < strip.job.rows {
        // SAFETY: the matrix is there. Two loads are under way.
        let (a, b) = unsafe { (strip.fetch(octets, row), strip.fetch(octets, row + step)) };
        max_magnitudes::<S::Value>(&mut largest, &source.close(&a));
        max_magnitudes::<S::Value>(&mut largest, &source.close(&b));
        row += 2 * step;
    }
    largest
}

/// Writes the codes of this thread's rows.
///
/// # Safety
/// The matrix is there, and nobody else writes the octet.
#[inline(always)]
unsafe fn write_codes<S: Source, const WIDE: bool>(
    octets: &Octets<S, WIDE>,
    strip: &Strip<WIDE>,
    multipliers: &Octet,
) {
    let mut row = thread::thread_idx_y();
    while row < strip.job.rows {
        // SAFETY: the matrix is there, and has the row.
        unsafe {
            let octet = octets.source.close(&strip.fetch(octets, row));
            strip.write_codes::<S::Value>(row, &octet, multipliers);
        }
        row += thread::block_dim_y();
    }
}

/// The largest of each element over the threads that have the same octet.
///
/// # Safety
/// The whole block is here.
#[inline(always)]
unsafe fn over_rows<S: Source>(largest: &RawOctet) -> Octet {
    let columns = shared::dynamic_shared_mem::<u32>();
    // The strip before may still be read.
    thread::sync_threads();
    // SAFETY: a word a column, between barriers.
    unsafe { clear(columns) };
    thread::sync_threads();
    // SAFETY: as above; the whole warp is here.
    unsafe { raise::<S::Value>(columns, largest) };
    thread::sync_threads();
    let mut over_rows = [0.0; OCTET];
    unroll!(j < OCTET => {
        // SAFETY: written before the barrier.
        over_rows[j] = f32::from_bits(unsafe { of_octet(columns).add(j as u32).read() });
    });
    over_rows
}
