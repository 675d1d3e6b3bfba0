//! The scales of one matrix: their layout with their extent, checked.

use super::ScaleLayout;

/// A matrix of block scales: a layout and the rows and columns that it holds.
///
/// ```
/// use formats::{ScaleGrid, ScaleLayout};
///
/// // NVFP4 scales of a 200 x 112 matrix: 7 blocks of 16 in a row.
/// let grid = ScaleGrid::new(ScaleLayout::Swizzled128x4, 200, 7).expect("a small matrix");
/// assert_eq!(grid.bytes(), 256 * 8);
/// assert_eq!(grid.offset(33, 2), Some(16 + 4 + 2));
/// assert_eq!(grid.position(22), Some((33, 2)));
/// assert_eq!(grid.offset(200, 0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScaleGrid {
    layout: ScaleLayout,
    rows: usize,
    columns: usize,
    padded_rows: usize,
    padded_columns: usize,
}

impl ScaleGrid {
    /// The grid of `rows` by `columns` scales, or `None` if its size in bytes overflows `usize`.
    #[must_use]
    pub const fn new(layout: ScaleLayout, rows: usize, columns: usize) -> Option<Self> {
        let (Some(padded_rows), Some(padded_columns)) = (
            rows.checked_next_multiple_of(layout.tile_rows()),
            columns.checked_next_multiple_of(layout.tile_columns()),
        ) else {
            return None;
        };
        if padded_rows.checked_mul(padded_columns).is_none() {
            return None;
        }
        Some(Self {
            layout,
            rows,
            columns,
            padded_rows,
            padded_columns,
        })
    }

    /// The layout.
    #[must_use]
    pub const fn layout(&self) -> ScaleLayout {
        self.layout
    }

    /// Rows of scales, without padding.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of scales, without padding.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of the buffer.
    #[must_use]
    pub const fn padded_rows(&self) -> usize {
        self.padded_rows
    }

    /// Columns of the buffer.
    #[must_use]
    pub const fn padded_columns(&self) -> usize {
        self.padded_columns
    }

    /// Bytes of the buffer, padding included; the distance between matrices of a batch.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.padded_rows * self.padded_columns
    }

    /// Byte offset of the scale of `(row, column)`; `None` outside the matrix.
    #[must_use]
    pub const fn offset(&self, row: usize, column: usize) -> Option<usize> {
        if row < self.rows && column < self.columns {
            Some(self.layout.offset(self.columns, row, column))
        } else {
            None
        }
    }

    /// The `(row, column)` whose scale is at byte `offset`; `None` in the padding and past the end.
    #[must_use]
    pub const fn position(&self, offset: usize) -> Option<(usize, usize)> {
        if offset >= self.bytes() {
            return None;
        }
        let (row, column) = self.layout.position(self.columns, offset);
        if row < self.rows && column < self.columns {
            Some((row, column))
        } else {
            None
        }
    }

    /// Whether the byte at `offset` is padding: in the buffer, but no scale of the matrix.
    #[must_use]
    pub const fn is_padding(&self, offset: usize) -> bool {
        offset < self.bytes() && self.position(offset).is_none()
    }
}
