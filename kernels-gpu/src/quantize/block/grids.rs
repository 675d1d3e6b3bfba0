//! Where the scales of matrices go: a grid for each matrix, one after the other, each padded to whole tiles.
//!
//! All layouts are tiles of so many lines of four columns, and a line holds one row or four:
//!
//! ```text
//!          rows of a tile   row r of the tile                    band: a row of tiles
//! 128x4    128              (r % 32) * 16 + r / 32 * 4           128 * padded columns
//! 8x4        8              r * 4                                  8 * padded columns
//! linear     1              0                                      1 * columns
//! ```
//!
//! In every layout a row's scales are pieces of four, as many bytes apart as a tile has. So three shifts and three masks,
//! chosen once, say everything, and no branch is left where a row is looked up.

use formats::ScaleLayout;

use crate::rows::threads_of_row;

/// Scales of a piece.
const PIECE: u32 = 4;

/// The grids.
#[derive(Clone, Copy)]
pub(super) struct Grids {
    scales: *mut u8,
    matrices: u32,
    rows: u32,
    padded_rows: u32,
    padded_columns: u32,
    tile: Tile,
}

/// A tile's rows.
#[derive(Clone, Copy)]
struct Tile {
    /// Its number of rows, a power of two, by its logarithm.
    shift: u32,
    /// Which bits of a row are its line.
    lines: u32,
    /// Bytes of a line, by their logarithm.
    line_shift: u32,
    /// Which bits of a row, divided by 32, are its place in the line.
    groups: u32,
}

/// A row of the grids.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// The matrices' row, counted through all of them; for padding, none in particular.
    pub row: u32,
    /// Whether there is such a row.
    pub is_row: bool,
    scales: *mut u8,
    /// Bytes from piece to piece, by their logarithm.
    piece_shift: u32,
}

impl Tile {
    #[inline(always)]
    fn of(layout: u32) -> Self {
        const TALL: u32 = ScaleLayout::Swizzled128x4 as u32;
        const LINEAR: u32 = ScaleLayout::Linear as u32;
        let pick = |tall, flat, linear| match layout {
            TALL => tall,
            LINEAR => linear,
            _ => flat,
        };
        Self {
            shift: pick(7, 3, 0),
            lines: pick(31, 7, 0),
            line_shift: pick(4, 2, 0),
            groups: pick(3, 0, 0),
        }
    }

    /// The byte of a row's first scale, where a row of tiles is `padded_columns` columns wide.
    #[inline(always)]
    fn offset(self, row: u32, padded_columns: u32) -> usize {
        let band = ((row >> self.shift) as usize * padded_columns as usize) << self.shift;
        let line = (row & self.lines) << self.line_shift;
        let place = (row >> 5 & self.groups) * PIECE;
        band + (line | place) as usize
    }
}

impl Grids {
    /// Grids of `rows` by `columns` scales.
    #[inline(always)]
    pub fn new(scales: *mut u8, layout: u32, matrices: u32, rows: u32, columns: u32) -> Self {
        let tile = Tile::of(layout);
        let spare_rows = (1 << tile.shift) - 1;
        let spare_columns = if tile.shift == 0 { 0 } else { PIECE - 1 };
        Self {
            scales,
            matrices,
            rows,
            padded_rows: (rows + spare_rows) & !spare_rows,
            padded_columns: (columns + spare_columns) & !spare_columns,
            tile,
        }
    }

    /// Scales of a row, padding included.
    #[inline(always)]
    pub fn padded_columns(&self) -> u32 {
        self.padded_columns
    }

    /// A row of them, padding included.
    #[inline(always)]
    pub fn line(&self, padded: u32) -> Line {
        self.place(padded, self.padded_rows)
    }

    /// The grid row of a row of the matrices, counted through all of them.
    #[inline(always)]
    pub fn line_of(&self, row: u32) -> Line {
        self.place(row, self.rows)
    }

    /// A row, of matrices of `rows` rows.
    #[inline(always)]
    fn place(&self, row: u32, rows: u32) -> Line {
        // Of a single matrix, without a division.
        let matrix = match self.matrices {
            0 | 1 => 0,
            _ => row.checked_div(rows).unwrap_or(0),
        };
        let row = row - matrix * rows;
        let grid = self.padded_rows as usize * self.padded_columns as usize;
        let offset = matrix as usize * grid + self.tile.offset(row, self.padded_columns);
        Line {
            row: matrix * self.rows + row,
            is_row: row < self.rows,
            scales: self.scales.wrapping_add(offset),
            piece_shift: PIECE.ilog2() + self.tile.shift,
        }
    }

    /// Writes zeros to a whole line, the block's threads together.
    ///
    /// # Safety
    /// The grids are there, and nobody else's.
    #[inline(always)]
    pub unsafe fn clear(&self, line: Line) {
        let (mut i, step) = threads_of_row();
        while i < self.padded_columns {
            // SAFETY: inside the grid.
            unsafe { *line.scale(i) = 0 };
            i += step;
        }
    }
}

impl Line {
    /// Where the scale of a column is.
    #[inline(always)]
    pub fn scale(&self, column: u32) -> *mut u8 {
        let piece = u64::from(column / PIECE) << self.piece_shift;
        let within = u64::from(column % PIECE);
        self.scales.wrapping_add((piece + within) as usize)
    }

    /// Bytes from the scale of a column to that of `columns` later, a multiple of four.
    #[inline(always)]
    pub fn advance(&self, columns: u32) -> usize {
        ((columns / PIECE) as usize) << self.piece_shift
    }
}

#[cfg(test)]
mod tests {
    use core::ptr::without_provenance_mut;

    use formats::{ScaleGrid, ScaleLayout};

    use super::Grids;

    /// Every place of grids of many sizes, against the format's own arithmetic.
    #[test]
    fn places_are_the_layout_s() {
        let layouts = [
            ScaleLayout::Swizzled128x4,
            ScaleLayout::Swizzled8x4,
            ScaleLayout::Linear,
        ];
        for layout in layouts {
            for (rows, columns) in [(1, 1), (7, 3), (8, 4), (130, 9), (300, 5)] {
                let grid = ScaleGrid::new(layout, rows, columns).expect("a small grid");
                let start = without_provenance_mut(4096);
                let numbers = (layout as u32, 3, rows as u32, columns as u32);
                let grids = Grids::new(start, numbers.0, numbers.1, numbers.2, numbers.3);
                assert_eq!(grids.padded_rows as usize, grid.padded_rows());
                assert_eq!(grids.padded_columns() as usize, grid.padded_columns());
                for row in 0..3 * rows {
                    let line = grids.line_of(row as u32);
                    assert!(line.is_row && line.row == row as u32);
                    for column in 0..columns {
                        let offset = layout.offset(columns, row % rows, column);
                        let expected = 4096 + row / rows * grid.bytes() + offset;
                        assert_eq!(line.scale(column as u32).addr(), expected);
                    }
                }
                let padding = grids.line(grid.padded_rows() as u32 + rows as u32);
                let is_next = rows == grid.padded_rows();
                assert_eq!(padding.is_row, is_next, "{layout:?} {rows}");
            }
        }
    }
}
