//! Where codes are.

use cuda_std::cache;

use super::elements::Octets;
use crate::octet::{OCTET, Octet, Source};
use crate::pack::{Words2, Words4};
use crate::quantize::fp8_code::{Fp8Format, write_first};

/// Rows of codes.
#[derive(Clone, Copy)]
pub(super) struct Data {
    /// The first code of the first row.
    pub data: *mut u8,
    /// Codes from row to row.
    pub stride: u64,
    pub format: Fp8Format,
}

impl Data {
    /// Writes the codes of octet `i` of a row, if the row goes so far.
    ///
    /// # Safety
    /// There is such a row, of so many columns, whole and aligned octets if they are `WIDE`, and nobody else writes the octet.
    #[inline(always)]
    pub unsafe fn write<const WIDE: bool>(
        &self,
        columns: u32,
        (row, i): (u32, u32),
        octet: &Octet,
        multiplier: f32,
    ) {
        if i >= columns.div_ceil(OCTET as u32) {
            return;
        }
        let codes = self.format.encode(octet, multiplier);
        let (to, column) = self.at(row, i);
        // SAFETY: inside the row, and aligned if it is wide.
        unsafe {
            if WIDE {
                cache::store(to.cast(), Words2(codes));
            } else {
                write_first(to, codes, columns - column);
            }
        }
    }

    /// Writes the codes of octets `i` and `i + 1` of a row, `i` even, as far as the row goes.
    ///
    /// # Safety
    /// As [`write`](Self::write), of both.
    #[inline(always)]
    pub unsafe fn write_pair<S: Source, const WIDE: bool>(
        &self,
        octets: &Octets<S, WIDE>,
        (row, i): (u32, u32),
        pair: &[Octet; 2],
        multiplier: f32,
    ) {
        if !WIDE {
            // SAFETY: the caller's contract.
            return unsafe {
                self.write::<WIDE>(octets.columns, (row, i), &pair[0], multiplier);
                self.write::<WIDE>(octets.columns, (row, i + 1), &pair[1], multiplier);
            };
        }
        if i < octets.count() {
            let encode = |octet: &Octet| self.format.encode(octet, multiplier);
            let [[a, b], [c, d]] = [encode(&pair[0]), encode(&pair[1])];
            // SAFETY: wide rows are whole pairs, and aligned.
            unsafe { cache::store(self.at(row, i).0.cast(), Words4([a, b, c, d])) };
        }
    }

    /// Where the codes of octet `i` of a row are, and its first column.
    #[inline(always)]
    fn at(&self, row: u32, i: u32) -> (*mut u8, u32) {
        let column = i * OCTET as u32;
        let offset = u64::from(row) * self.stride + u64::from(column);
        (self.data.wrapping_add(offset as usize), column)
    }
}
