//! Octets of a row that may end anywhere.

use crate::octet::{OCTET, Source};

/// Rows of `columns` elements as octets, whole and aligned if they are `WIDE`.
#[derive(Clone, Copy)]
pub(super) struct Octets<S, const WIDE: bool> {
    pub source: S,
    pub columns: u32,
}

impl<S: Source, const WIDE: bool> Octets<S, WIDE> {
    /// Octets of a row, the last of them perhaps short.
    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.columns.div_ceil(OCTET as u32)
    }

    /// Reads octet `i` of a row, or the last one: a lane past the end has its share of the largest magnitude without
    /// changing it.
    ///
    /// # Safety
    /// There is such a row, and it has elements.
    #[inline(always)]
    pub unsafe fn fetch(&self, row: u32, i: u32) -> S::Raw {
        let column = i.min(self.count() - 1) * OCTET as u32;
        // SAFETY: inside the row, and aligned if it is wide.
        unsafe {
            if WIDE {
                self.source.fetch(row, column)
            } else {
                let count = (self.columns - column).min(OCTET as u32);
                self.source.fetch_first(row, column, count)
            }
        }
    }
}
