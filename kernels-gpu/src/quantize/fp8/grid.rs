//! Matrices, and where their scales are.

use super::data::Data;
use crate::divide::divide;
use crate::quantize::fp8_code::Fp8Format;
use crate::rows::RowSet;

/// Grids of scales, one a matrix. The scale of place `(r, c)` of a grid is `r * row_step + c * column_step` from its first.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    /// The first scale of the first matrix.
    pub scales: *mut f32,
    /// Scales from a grid to the next.
    pub matrix_step: u64,
    /// Scales from row to row of a grid.
    pub row_step: u32,
    /// Scales from column to column of a grid.
    pub column_step: u32,
    /// Rows of a grid, padding included.
    pub rows: u32,
}

impl Grid {
    /// The scale of a place.
    #[inline(always)]
    pub fn at(&self, matrix: u32, row: u32, column: u32) -> *mut f32 {
        let offset = u64::from(matrix) * self.matrix_step
            + u64::from(row) * u64::from(self.row_step)
            + u64::from(column) * u64::from(self.column_step);
        self.scales.wrapping_add(offset as usize)
    }
}

/// What a quantiser does: all but its source.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub data: Data,
    pub grid: Grid,
    /// Matrices, one below the other.
    pub matrices: u32,
    /// Rows of each.
    pub rows: u32,
    /// Which of all rows exist.
    pub set: RowSet,
    pub flags: u32,
}

impl Job {
    /// By the kernels' arguments.
    #[inline(always)]
    pub fn new(
        (data, stride): (*mut u8, u64),
        grid: Grid,
        (matrices, rows, flags): (u32, u32, u32),
        (n_used, map, counts): (*const u32, *const i32, *const i32),
    ) -> Self {
        let format = Fp8Format::of(flags);
        let set = RowSet {
            rows: matrices * rows,
            n_used,
            map,
            counts,
            rows_per_group: rows,
        };
        Self {
            data: Data {
                data,
                stride,
                format,
            },
            grid,
            matrices,
            rows,
            set,
            flags,
        }
    }
}

impl Job {
    /// The matrix of a row among matrices of `rows` rows each, and its place there; of a single matrix, without a
    /// division.
    #[inline(always)]
    pub fn place(&self, row: u32, rows: u32) -> (u32, u32) {
        if self.matrices == 1 {
            (0, row)
        } else {
            divide(row, rows)
        }
    }
}

/// [`RowSet::exists`], without a panic where groups have no rows.
///
/// # Safety
/// As it.
#[inline(always)]
pub(super) unsafe fn exists(set: &RowSet, row: u32) -> bool {
    // SAFETY: the caller's contract.
    set.rows_per_group != 0 && unsafe { set.exists(row) }
}
