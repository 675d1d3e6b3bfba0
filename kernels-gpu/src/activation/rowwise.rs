//! The body of every activation kernel.
//!
//! ```text
//! gate, up  [rows, d]   row r at gate + r * gate_stride, up + r * up_stride
//! out       [rows, d]   row r at out + r * out_stride
//!
//! block (b, c)   rows b, b + grid.x, ..: of each, the packs of threads c * threads + t, then every
//!                grid.y * threads-th
//! ```
//!
//! A thread loads `BATCH` packs before it uses the first: narrow packs would else keep too few bytes under way to
//! fill the memory's latency.

use cuda_std::unroll;

use crate::element::Element;
use crate::pack::Pack;
use crate::rows::{RowSet, threads_of_row};

/// Where the results go, and of which rows.
#[derive(Clone, Copy)]
pub(super) struct Results<T> {
    /// The rows.
    pub set: RowSet,
    /// The first row's.
    pub out: *mut T,
    /// Elements from row to row.
    pub stride: u64,
    /// Elements of a row.
    pub d: u32,
}

/// What an activation is computed of.
pub(super) trait Operands: Copy {
    /// Those of a row.
    type Row: RowOperands;

    /// Those of `row`.
    ///
    /// # Safety
    /// There is such a row.
    unsafe fn row(&self, row: u32) -> Self::Row;
}

/// A row's operands.
pub(super) trait RowOperands: Copy {
    /// The results of a thread.
    type Out: Copy;
    /// What is loaded for them.
    type Loaded: Copy;

    /// Loads for the pack `i`.
    ///
    /// # Safety
    /// The row has such a pack.
    unsafe fn load(&self, i: u32) -> Self::Loaded;

    /// The result for the pack `i`.
    ///
    /// # Safety
    /// As [`load`](Self::load), whose result for `i` this is.
    unsafe fn apply(&self, i: u32, loaded: Self::Loaded) -> Self::Out;
}

/// The results of every row that exists.
///
/// # Safety
/// - The operands and results of every row are there, and nobody else's results.
/// - `d`, strides and addresses are multiples of `P`; `d` is less than 2^31.
#[inline(always)]
pub(super) unsafe fn rowwise<T: Element, P: Pack<T>, const BATCH: usize, O>(
    results: Results<T>,
    operands: O,
) where
    O: Operands<Row: RowOperands<Out = P>>,
{
    let Results {
        mut set,
        out,
        stride,
        d,
    } = results;
    // SAFETY: `n_used` is null or valid.
    let rows = unsafe { set.clip() };
    let mut row = RowSet::first();
    while row < rows {
        // SAFETY: `row` is one of `rows`, so it has its operands and its place.
        unsafe {
            if set.exists(row) {
                let out = out.add(row as usize * stride as usize).cast::<P>();
                each_pack::<P, BATCH, _>(operands.row(row), out, d / P::LEN as u32);
            }
        }
        row += RowSet::step();
    }
}

/// This thread's packs of a row.
///
/// # Safety
/// The row has `packs` packs, and `out` room for them.
#[inline(always)]
unsafe fn each_pack<P: Copy, const BATCH: usize, R: RowOperands<Out = P>>(
    row: R,
    out: *mut P,
    packs: u32,
) {
    let (mut first, step) = threads_of_row();
    while first < packs {
        // Past the end the last pack is loaded again, and dropped.
        let place = |j: usize| (first + j as u32 * step).min(packs - 1);
        // SAFETY: places are inside the row; results past the end are dropped.
        unsafe {
            let mut loaded = [row.load(first); BATCH];
            unroll!(j < BATCH => {
                if j > 0 {
                    loaded[j] = row.load(place(j));
                }
            });
            let mut results = [row.apply(first, loaded[0]); BATCH];
            unroll!(j < BATCH => {
                if j > 0 {
                    results[j] = row.apply(place(j), loaded[j]);
                }
            });
            unroll!(j < BATCH => {
                let i = first + j as u32 * step;
                if i < packs {
                    *out.add(i as usize) = results[j];
                }
            });
        }
        first += BATCH as u32 * step;
    }
}
