//! A scale a column of a matrix whose rows a cluster holds: `fp8_quantize_per_column_once_<dtype>_narrow`.
//!
//! ```text
//! cluster (b, 1): strip b of all matrices' strips
//! block (k, 1):   rows k R .. k R + R of each K R rows            K blocks of a cluster, up to MOST_BLOCKS
//! thread (c, r):  octet c of the strip in row r of them           block_dim = (C, R)
//! ```
//!
//! A thread keeps its octets in registers, all of them on their way before the first is used, while the cluster finds the
//! largest magnitudes: memory is read once. There are at most [`kept_rows`] for a thread, and a block has [`EXCHANGE_BYTES`] of
//! shared memory. All rows exist.
//!
//! For rows that begin and end anywhere: tensor copies cannot load those.
//!
//! [`EXCHANGE_BYTES`]: super::EXCHANGE_BYTES

use cuda_std::{kernel, thread, unroll};
use half::{bf16, f16};

use super::exchange::{ALL, Exchange};
use crate::octet::{OCTET, Octet, Plain, RawOctet, Source, max_magnitudes};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::{Grid, Job};
use crate::quantize::fp8::stamp::quantizers;
use crate::quantize::fp8::strip::Strip;
use crate::quantize::kind::NARROW;

/// Words of octets that a thread keeps.
const KEPT_WORDS: usize = 32;

/// Octets that a thread keeps at most, of elements of any type.
const MOST_KEPT: usize = 8;

/// Rows of which a thread keeps an octet, of elements of so many bytes.
#[must_use]
pub const fn kept_rows(element: usize) -> usize {
    KEPT_WORDS * 4 / (OCTET * element)
}

quantizers! {
    quantize_columns_once, 512, 2;
    fp8_quantize_per_column_once_bf16_narrow: bf16, NARROW;
    fp8_quantize_per_column_once_f16_narrow: f16, NARROW;
    fp8_quantize_per_column_once_f32_narrow: f32, NARROW;
}

/// Quantises this cluster's strip.
///
/// # Safety
/// The source and the job hold the rows that they say; there is a cluster a strip, and blocks are those above.
#[inline(always)]
unsafe fn quantize_columns_once<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, job: Job) {
    let exchange = Exchange::<0, ALL>::of_cluster();
    let width = thread::block_dim_x();
    let strips = (octets.count() + width - 1) >> width.trailing_zeros();
    let (matrix, strip) = job.place(exchange.cluster, strips);
    let first = strip * width;
    let share = Share {
        octets,
        strip: Strip {
            columns: octets.columns,
            job,
            matrix,
            i: first + thread::thread_idx_x(),
        },
        row: exchange.rank * thread::block_dim_y() + thread::thread_idx_y(),
        step: exchange.blocks * thread::block_dim_y(),
    };
    // SAFETY: the whole cluster is here, of whole warps; each octet is one thread's.
    unsafe {
        let kept = share.keep();
        exchange.start();
        let largest = share.largest(&kept);
        exchange.join();
        let multipliers = exchange.multipliers::<S::Value>(0, &largest, |column, largest| {
            let scale = share.strip.scale(largest);
            if exchange.rank == 0 {
                share
                    .strip
                    .write_scale(first * OCTET as u32 + column, scale);
            }
            scale.multiplier
        });
        // Before codes are written, for which there would be no registers left.
        exchange.end(1);
        share.write(&kept, &multipliers);
    }
}

/// A thread's rows of a strip: `row`, and each `step` rows further on.
#[derive(Clone, Copy)]
struct Share<S, const WIDE: bool> {
    octets: Octets<S, WIDE>,
    strip: Strip<WIDE>,
    row: u32,
    step: u32,
}

impl<S: Source, const WIDE: bool> Share<S, WIDE> {
    /// Octets that the thread keeps.
    const KEPT: usize = kept_rows(size_of::<S::Value>());

    /// Row `j` of the thread.
    #[inline(always)]
    fn row(&self, j: usize) -> u32 {
        self.row + j as u32 * self.step
    }

    /// The octets of all rows; those past the last are that one's.
    ///
    /// # Safety
    /// The matrix is there.
    #[inline(always)]
    unsafe fn keep(&self) -> [RawOctet; MOST_KEPT] {
        // SAFETY: the matrix is there.
        let mut raw = [unsafe { self.strip.fetch(&self.octets, self.row(0)) }; MOST_KEPT];
        unroll!(j < MOST_KEPT => {
            if 0 < j && j < Self::KEPT {
                // SAFETY: the matrix is there.
                raw[j] = unsafe { self.strip.fetch(&self.octets, self.row(j)) };
            }
        });
        let mut kept = [[0; OCTET]; MOST_KEPT];
        unroll!(j < MOST_KEPT => { kept[j] = self.octets.source.close(&raw[j]); });
        kept
    }

    /// The largest magnitude of each element.
    #[inline(always)]
    fn largest(&self, kept: &[RawOctet; MOST_KEPT]) -> RawOctet {
        let mut largest = [0; OCTET];
        unroll!(j < MOST_KEPT => {
            if j < Self::KEPT {
                max_magnitudes::<S::Value>(&mut largest, &kept[j]);
            }
        });
        largest
    }

    /// Writes the codes.
    ///
    /// # Safety
    /// The matrix is there, and nobody else writes the octets.
    #[inline(always)]
    unsafe fn write(&self, kept: &[RawOctet; MOST_KEPT], multipliers: &Octet) {
        unroll!(j < MOST_KEPT => {
            let row = self.row(j);
            if j < Self::KEPT && row < self.strip.job.rows {
                // SAFETY: one of the rows.
                unsafe { self.strip.write_codes::<S::Value>(row, &kept[j], multipliers) };
            }
        });
    }
}
