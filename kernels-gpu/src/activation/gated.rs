//! The body of every gated activation.
//!
//! ```text
//! x    [rows, >= 2d]   row r at x + r * x_stride: gate at + gate, up at + up
//! out  [rows, d]       row r at out + r * out_stride
//!
//! block (r, c): row r, chunk c of it; thread t of it takes packs c * threads + t, then every
//! grid.y * threads-th.
//! ```

use cuda_std::thread;

use crate::element::Element;
use crate::pack::{MAX_LEN, Pack};

/// Where the rows are, in elements.
#[derive(Clone, Copy)]
pub(super) struct Rows<T> {
    pub x: *const T,
    pub out: *mut T,
    pub d: u32,
    pub x_stride: u64,
    pub out_stride: u64,
    pub gate: u32,
    pub up: u32,
    /// If not null, the number of rows that exist; blocks of later rows do nothing.
    pub n_used: *const u32,
}

/// `out = combine(gate, up)` in `f32`, rounded once.
///
/// # Safety
/// - Every address of `rows` for the launched grid is valid, and aligned to `P`.
/// - `d`, the strides and the offsets are multiples of `P::LEN`.
#[inline(always)]
pub(super) unsafe fn gated<T: Element, P: Pack<T>>(
    rows: Rows<T>,
    combine: impl Fn(f32, f32) -> f32,
) {
    let row = thread::block_idx_x();
    // SAFETY: `n_used` is null or valid.
    if !rows.n_used.is_null() && row >= unsafe { *rows.n_used } {
        return;
    }
    // SAFETY: `row` is inside the grid, so its addresses are valid.
    let (gate, up, out) = unsafe {
        let x = rows.x.add(row as usize * rows.x_stride as usize);
        (
            x.add(rows.gate as usize).cast::<P>(),
            x.add(rows.up as usize).cast::<P>(),
            rows.out
                .add(row as usize * rows.out_stride as usize)
                .cast::<P>(),
        )
    };
    let packs = rows.d / P::LEN as u32;
    let step = thread::block_dim_x() * thread::grid_dim_y();
    let mut i = thread::block_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
    while i < packs {
        // SAFETY: `i` is inside the row.
        unsafe { *out.add(i as usize) = zip(*gate.add(i as usize), *up.add(i as usize), &combine) };
        i += step;
    }
}

#[inline(always)]
fn zip<T: Element, P: Pack<T>>(gate: P, up: P, combine: impl Fn(f32, f32) -> f32) -> P {
    let (gate, up) = (gate.unpack(), up.unpack());
    let mut lanes = [0.0; MAX_LEN];
    let mut i = 0;
    while i < P::LEN {
        lanes[i] = combine(gate[i], up[i]);
        i += 1;
    }
    P::pack(&lanes)
}
