//! Strips of a matrix's columns, each with a scale.
//!
//! ```text
//! thread (c, r): octet c of the strip, in some of its rows        block_dim = (C, R), C a power of two up to STRIP
//! ```
//!
//! All rows exist. Whether a block goes down a strip twice or the blocks of a cluster keep it, the kernels say.

use cuda_std::atomic::shared_max_u32;
use cuda_std::shared::Shared;
use cuda_std::warp::{FULL_MASK, WARP_SIZE, lane_id, warp_shuffle_xor};
use cuda_std::{thread, unroll};

use super::elements::Octets;
use super::grid::Job;
use super::scale::Scale;
use crate::element::Element;
use crate::octet::{OCTET, Octet, RawOctet, Source, max_magnitudes, open};

/// Octets of a strip at most.
pub const STRIP: u32 = 16;

/// Bytes of a word for each column of a strip.
pub const COLUMN_BYTES: u32 = STRIP * OCTET as u32 * 4;

/// A thread's octet of each row of a strip.
#[derive(Clone, Copy)]
pub(super) struct Strip<const WIDE: bool> {
    /// Columns of a row.
    pub columns: u32,
    pub job: Job,
    /// The matrix that it is a strip of.
    pub matrix: u32,
    /// The thread's octet of a row, perhaps past the end.
    pub i: u32,
}

impl<const WIDE: bool> Strip<WIDE> {
    /// What the octet of a row of the matrix is made of; the last row stands for those past it, whose magnitudes are the
    /// same.
    ///
    /// # Safety
    /// The matrix is there.
    #[inline(always)]
    pub unsafe fn fetch<S: Source>(&self, octets: &Octets<S, WIDE>, row: u32) -> S::Raw {
        let row = self.matrix * self.job.rows + row.min(self.job.rows - 1);
        // SAFETY: one of the rows.
        unsafe { octets.fetch(row, self.i) }
    }

    /// Writes the codes of a row's octet.
    ///
    /// # Safety
    /// The matrix is there and has the row, and nobody else writes the octet.
    #[inline(always)]
    pub unsafe fn write_codes<T: Element>(&self, row: u32, octet: &RawOctet, multipliers: &Octet) {
        let mut octet = open::<T>(octet);
        unroll!(j < OCTET => { octet[j] *= multipliers[j]; });
        let place = (self.matrix * self.job.rows + row, self.i);
        // SAFETY: one of the rows.
        unsafe {
            self.job
                .data
                .write::<WIDE>(self.columns, place, &octet, 1.0)
        };
    }

    /// The scale of those whose largest magnitude this is.
    #[inline(always)]
    pub fn scale(&self, largest: f32) -> Scale {
        Scale::of(largest, self.job.data.format, self.job.flags)
    }

    /// Writes the scale of a column of the matrix, if it has that.
    ///
    /// # Safety
    /// The matrix is there, and nobody else writes the scale.
    #[inline(always)]
    pub unsafe fn write_scale(&self, column: u32, scale: Scale) {
        if column < self.columns {
            // SAFETY: a scale a column.
            unsafe { *self.job.grid.at(self.matrix, 0, column) = scale.stored };
        }
    }
}

/// The block's magnitudes of the thread's octet.
#[inline(always)]
pub(super) fn of_octet<T>(columns: Shared<T>) -> Shared<T> {
    columns.add(thread::thread_idx_x() * OCTET as u32)
}

/// Makes the block's magnitudes zeros. A barrier must follow.
///
/// # Safety
/// `columns` is a word a column, which nobody else uses.
#[inline(always)]
pub(super) unsafe fn clear(columns: Shared<u32>) {
    if thread::thread_idx_y() == 0 {
        // SAFETY: the octet's own columns.
        unroll!(j < OCTET => { unsafe { of_octet(columns).add(j as u32).write(0) }; });
    }
}

/// Raises the block's magnitudes, floats as bits, to those of the warp's octets. A barrier must follow.
///
/// # Safety
/// The whole warp is here; `columns` is used by nothing else between barriers.
#[inline(always)]
pub(super) unsafe fn raise<T: Element>(columns: Shared<u32>, largest: &RawOctet) {
    // SAFETY: the whole warp is here.
    let largest = open::<T>(&unsafe { over_warp::<T>(*largest) });
    if lane_id() < thread::block_dim_x() {
        unroll!(j < OCTET => {
            // SAFETY: only atomically until the barrier. Floats that are not negative are in the order of their bits.
            unsafe { shared_max_u32(of_octet(columns).add(j as u32), largest[j].to_bits()) };
        });
    }
}

/// The largest magnitude of each element over the lanes that have the same octet.
///
/// # Safety
/// The whole warp is here.
#[inline(always)]
unsafe fn over_warp<T: Element>(mut largest: RawOctet) -> RawOctet {
    let mut distance = thread::block_dim_x();
    while distance < WARP_SIZE {
        let mut other = [0; OCTET];
        unroll!(word < OCTET => {
            if word * T::PER_WORD < OCTET {
                // SAFETY: the whole warp is here: the distance is the same for all.
                (other[word], _) = unsafe { warp_shuffle_xor(FULL_MASK, largest[word], distance, WARP_SIZE) };
            }
        });
        max_magnitudes::<T>(&mut largest, &other);
        distance *= 2;
    }
    largest
}
