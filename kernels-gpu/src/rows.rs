//! Which rows of a matrix exist, where only the device knows.
//!
//! A grid is laid over all rows that there may be; the kernel skips those that turn out not to exist. So the
//! same launch, captured once, serves any number of tokens.

use cuda_std::thread;

use crate::divide::divide;

/// The rows of a matrix. A null pointer asks nothing.
#[derive(Clone, Copy)]
pub struct RowSet {
    /// Rows there may be.
    pub rows: u32,
    /// How many of them are in use: later ones do not exist.
    pub n_used: *const u32,
    /// The source of each row in use; a row whose source is negative is padding. It is not read past `n_used`.
    pub map: *const i32,
    /// How many rows of each group exist; a group's rows follow each other, its own first.
    pub counts: *const i32,
    /// Rows of a group.
    pub rows_per_group: u32,
}

impl RowSet {
    /// Whether `row`, one of `rows`, exists.
    ///
    /// # Safety
    /// The pointers are null or valid: `map` for the rows in use, `counts` for `rows / rows_per_group`
    /// groups.
    #[inline(always)]
    pub unsafe fn exists(&self, row: u32) -> bool {
        // SAFETY: null or valid.
        if !self.n_used.is_null() && row >= unsafe { *self.n_used } {
            return false;
        }
        // SAFETY: null or valid for a row in use.
        if !self.map.is_null() && unsafe { *self.map.add(row as usize) } < 0 {
            return false;
        }
        if self.counts.is_null() {
            return true;
        }
        let (group, place) = divide(row, self.rows_per_group);
        // SAFETY: valid for the group of a row.
        (place as i32) < unsafe { *self.counts.add(group as usize) }
    }

    /// The rows in use, read once: from here on they are all that there may be, and `n_used` is not asked again.
    ///
    /// # Safety
    /// `n_used` is null or valid.
    #[inline(always)]
    pub unsafe fn clip(&mut self) -> u32 {
        if !self.n_used.is_null() {
            // SAFETY: valid.
            self.rows = self.rows.min(unsafe { *self.n_used });
            self.n_used = core::ptr::null();
        }
        self.rows
    }

    /// The first row of this block; it goes on in steps of [`step`](Self::step).
    #[inline(always)]
    #[must_use]
    pub fn first() -> u32 {
        thread::block_idx_x()
    }

    /// The step from one row of this block to the next.
    #[inline(always)]
    #[must_use]
    pub fn step() -> u32 {
        thread::grid_dim_x()
    }
}

/// This thread's number among those that share a row, which are in the blocks along the grid's second dimension, and how
/// many these are.
#[inline(always)]
#[must_use]
pub fn threads_of_row() -> (u32, u32) {
    let count = thread::block_dim_x() * thread::grid_dim_y();
    let first = thread::block_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
    (first, count)
}
