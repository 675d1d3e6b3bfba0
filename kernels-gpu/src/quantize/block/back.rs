//! The body of every dequantiser: a lane reads the codes of an octet and their scale.

use cuda_std::thread;

use super::body::Data;
use super::format::{BlockFormat, Codes};
use super::grids::Grids;
use crate::element::Element;
use crate::octet::{OCTET, store};
use crate::pack::{Single, Words4};
use crate::rows::RowSet;

/// Where the elements go.
#[derive(Clone, Copy)]
pub(super) struct Out<T> {
    /// The first element of the first row.
    pub out: *mut T,
    /// Elements from row to row.
    pub stride: u64,
    /// Rows.
    pub rows: u32,
}

/// Writes `value of the code * scale` for all rows, rounded once more, to `T`.
///
/// # Safety
/// The data, the grids, the format and the output hold the rows that they say.
#[inline(always)]
pub(super) unsafe fn dequantize<T: Element, F: BlockFormat>(
    format: F,
    data: Data,
    grids: Grids,
    to: Out<T>,
) {
    let octets = data.columns / OCTET as u32;
    let step = thread::block_dim_x() * thread::grid_dim_y();
    let mut row = RowSet::first();
    while row < to.rows {
        let line = grids.line_of(row);
        // SAFETY: the row exists.
        let shared = unsafe { format.row(row) };
        let from = data.data.wrapping_add(row as usize * data.stride as usize);
        let out = to.out.wrapping_add(row as usize * to.stride as usize);
        let mut i = thread::block_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
        while i < octets {
            let codes = from.wrapping_add(i as usize * F::Codes::BYTES as usize);
            // SAFETY: inside the row.
            let codes = unsafe { F::Codes::load(codes, data.wide) };
            // SAFETY: inside the grid.
            let scale = F::unscale(shared, unsafe { *line.scale(i / F::LANES) });
            let values = F::decode(codes).map(|value| value * scale);
            let out = out.wrapping_add(i as usize * OCTET);
            // SAFETY: inside the row.
            unsafe {
                if data.wide {
                    store::<T, Words4>(out, &values);
                } else {
                    store::<T, Single<T>>(out, &values);
                }
            }
            i += step;
        }
        row += RowSet::step();
    }
}
