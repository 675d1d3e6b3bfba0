//! The body of every dequantiser: a lane reads the codes of octets and their scales.

use cuda_std::{thread, unroll};

use super::body::Data;
use super::format::{BlockFormat, Codes};
use super::grids::Grids;
use crate::element::Element;
use crate::octet::{OCTET, Octet, store, store_first};
use crate::rows::threads_of_row;

/// Octets that a thread has under way: their codes are few bytes.
pub const TOGETHER: usize = 4;

/// Where the elements go.
#[derive(Clone, Copy)]
pub(super) struct Out<T> {
    /// The first element of the first row.
    pub out: *mut T,
    /// Elements from row to row.
    pub stride: u64,
}

/// Writes `value of the code * scale` for this block's chunk of its row, rounded once more, to `T`.
///
/// # Safety
/// The data, the grids, the format and the output hold the rows that they say.
#[inline(always)]
pub(super) unsafe fn dequantize<T: Element, F: BlockFormat, const WIDE: bool>(
    format: F,
    data: Data<WIDE>,
    grids: Grids,
    to: Out<T>,
) {
    let octets = data.columns / OCTET as u32;
    let row = thread::block_idx_x();
    let line = grids.line_of(row);
    // SAFETY: the row exists.
    let shared = unsafe { format.row(row) };
    let from = data.data.wrapping_add(row as usize * data.stride as usize);
    let out = to.out.wrapping_add(row as usize * to.stride as usize);
    let (mut i, step) = threads_of_row();
    while i < octets {
        // Past the end of a row its last octet is read, for nothing.
        let places = [i, i + step, i + 2 * step, i + 3 * step].map(|i| i.min(octets - 1));
        let codes = places.map(|i| from.wrapping_add(i as usize * F::Codes::BYTES as usize));
        // SAFETY: inside the row, and aligned if it is wide.
        let codes = unsafe { codes.map(|from| F::Codes::load(from, WIDE)) };
        // SAFETY: inside the grid.
        let scales = unsafe { places.map(|i| *line.scale(i / F::OCTETS)) };
        unroll!(one < TOGETHER => {
            let scale = F::unscale(shared, scales[one]);
            let values = F::decode(codes[one]).map(|value| value * scale);
            if i + (one as u32) * step < octets {
                // SAFETY: inside the row, and aligned if it is wide.
                unsafe { write::<T, WIDE>(out.wrapping_add(places[one] as usize * OCTET), &values) };
            }
        });
        i += TOGETHER as u32 * step;
    }
}

/// Writes an octet.
///
/// # Safety
/// `to` has room for it, and is aligned to 16 bytes if it is wide.
#[inline(always)]
unsafe fn write<T: Element, const WIDE: bool>(to: *mut T, octet: &Octet) {
    // SAFETY: the caller's contract.
    unsafe {
        if WIDE {
            store(to, octet);
        } else {
            store_first(to, octet, OCTET as u32);
        }
    }
}
