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
//! fill the memory's latency. What is left of a row beyond its last whole pack is done element by element.

use cuda_std::unroll;

use crate::element::Element;
use crate::pack::{Pack, Single};
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
pub(super) trait Operands<T: Element>: Copy {
    /// Those of a row, in packs.
    type Row<P: Pack<T>>: RowOperands<Out = P>;

    /// Those of `row`.
    ///
    /// # Safety
    /// There is such a row.
    unsafe fn row<P: Pack<T>>(&self, row: u32) -> Self::Row<P>;
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
/// - `d` is less than 2^31; it, strides and addresses are multiples of `P`, if that is whole.
#[inline(always)]
pub(super) unsafe fn rowwise<T: Element, P: Pack<T>, const BATCH: usize>(
    results: Results<T>,
    operands: impl Operands<T>,
) {
    let Results {
        mut set,
        out,
        stride,
        d,
    } = results;
    let (packs, (thread, threads)) = (d / P::LEN as u32, threads_of_row());
    let rest = d - packs * P::LEN as u32;
    // SAFETY: `n_used` is null or valid.
    let rows = unsafe { set.clip() };
    let mut row = RowSet::first();
    while row < rows {
        // SAFETY: `row` is one of `rows`, so it has its operands and its place.
        unsafe {
            if set.exists(row) {
                let out = out.add(row as usize * stride as usize);
                each_pack::<P, BATCH>(operands.row::<P>(row), out.cast(), packs);
                // By the last threads, which may have less of the packs.
                let last = threads - 1 - thread;
                if const { !P::IS_WHOLE } && last < rest {
                    one_pack(operands.row::<Single<T>>(row), out.cast(), d - rest + last);
                }
            }
        }
        row += RowSet::step();
    }
}

/// One pack of a row.
///
/// # Safety
/// The row has this pack, and `out` room for it.
#[inline(always)]
unsafe fn one_pack<P>(row: impl RowOperands<Out = P>, out: *mut P, i: u32) {
    // SAFETY: the caller's contract.
    unsafe { *out.add(i as usize) = row.apply(i, row.load(i)) };
}

/// This thread's packs of a row.
///
/// # Safety
/// The row has `packs` packs, and `out` room for them.
#[inline(always)]
unsafe fn each_pack<P: Copy, const BATCH: usize>(
    row: impl RowOperands<Out = P>,
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
