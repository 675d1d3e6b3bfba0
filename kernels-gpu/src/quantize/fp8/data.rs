//! Where codes are.

use super::code::Format;
use super::elements::{Elements, Octets};
use crate::octet::{OCTET, Octet};

/// Rows of codes.
#[derive(Clone, Copy)]
pub(super) struct Data {
    /// The first code of the first row.
    pub data: *mut u8,
    /// Codes from row to row.
    pub stride: u64,
    pub format: Format,
}

impl Data {
    /// Writes the codes of octet `i` of a row, if the row goes so far.
    ///
    /// # Safety
    /// There is such a row, as long as the octets', and nobody else writes the octet.
    #[inline(always)]
    pub unsafe fn write<S: Elements>(
        &self,
        octets: &Octets<S>,
        (row, i): (u32, u32),
        octet: &Octet,
        multiplier: f32,
    ) {
        if i >= octets.count() {
            return;
        }
        let codes = self.format.encode(octet, multiplier);
        let column = i * OCTET as u32;
        let offset = u64::from(row) * self.stride + u64::from(column);
        // SAFETY: inside the row.
        unsafe {
            let to = self.data.add(offset as usize);
            if octets.wide {
                *to.cast::<u64>() = codes;
            } else {
                write_first(to, codes, octets.columns - column);
            }
        }
    }
}

/// Writes the first `count` of eight codes, or all.
///
/// # Safety
/// `to` is valid for so many.
#[inline(always)]
unsafe fn write_first(to: *mut u8, codes: u64, count: u32) {
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the codes.
            unsafe { *to.add(i) = (codes >> (8 * i)) as u8 };
        }
        i += 1;
    }
}

/// Reads the first `count` of eight codes, or all; zeros past them.
///
/// # Safety
/// `from` is valid for so many.
#[inline(always)]
pub(super) unsafe fn read_first(from: *const u8, count: u32) -> u64 {
    let mut codes = 0;
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the codes.
            codes |= u64::from(unsafe { *from.add(i) }) << (8 * i);
        }
        i += 1;
    }
    codes
}
