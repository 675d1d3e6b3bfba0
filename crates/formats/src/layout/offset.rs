//! The index functions of the layouts and their inverses.

use super::{ScaleLayout, at_least_one};

/// Columns of a tile, in both tiled layouts.
const TILE_COLUMNS: usize = 4;
/// Bytes of a 128x4 tile.
const TILE_128X4: usize = 128 * TILE_COLUMNS;
/// Bytes of an 8x4 tile.
const TILE_8X4: usize = 8 * TILE_COLUMNS;

impl ScaleLayout {
    /// The layout of a number, as a kernel's argument holds it; linear if it is no layout's.
    #[inline(always)]
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Swizzled128x4,
            1 => Self::Swizzled8x4,
            _ => Self::Linear,
        }
    }

    /// Rows of a tile: the rows of a buffer are a multiple of it.
    #[inline(always)]
    #[must_use]
    pub const fn tile_rows(self) -> usize {
        match self {
            Self::Swizzled128x4 => 128,
            Self::Swizzled8x4 => 8,
            Self::Linear => 1,
        }
    }

    /// Columns of a tile: the columns of a buffer are a multiple of it.
    #[inline(always)]
    #[must_use]
    pub const fn tile_columns(self) -> usize {
        match self {
            Self::Swizzled128x4 | Self::Swizzled8x4 => TILE_COLUMNS,
            Self::Linear => 1,
        }
    }

    /// Byte offset of the scale of `(row, column)` in a matrix of `columns` scales per row.
    ///
    /// Rows and columns of the padding have offsets too.
    #[inline(always)]
    #[must_use]
    pub const fn offset(self, columns: usize, row: usize, column: usize) -> usize {
        match self {
            Self::Swizzled128x4 => {
                let tile = tile_index(columns, row / 128, column);
                let (line, group) = (row % 32, row % 128 / 32);
                tile * TILE_128X4 + line * 16 + group * 4 + column % 4
            }
            Self::Swizzled8x4 => {
                let tile = tile_index(columns, row / 8, column);
                tile * TILE_8X4 + (row % 8) * 4 + column % 4
            }
            Self::Linear => row * columns + column,
        }
    }

    /// The `(row, column)` whose scale is at byte `offset`, perhaps in the padding: the inverse of
    /// [`offset`](Self::offset).
    ///
    /// A matrix of no columns has no offsets; for it the answer means nothing.
    #[inline(always)]
    #[must_use]
    pub const fn position(self, columns: usize, offset: usize) -> (usize, usize) {
        match self {
            Self::Swizzled128x4 => {
                let (row, column) = tile_origin(columns, offset / TILE_128X4);
                let (line, group) = (offset % TILE_128X4 / 16, offset % 16 / 4);
                (row * 128 + group * 32 + line, column + offset % 4)
            }
            Self::Swizzled8x4 => {
                let (row, column) = tile_origin(columns, offset / TILE_8X4);
                (row * 8 + offset % TILE_8X4 / 4, column + offset % 4)
            }
            Self::Linear => {
                let columns = at_least_one(columns);
                (offset / columns, offset % columns)
            }
        }
    }
}

/// Tiles that cover `columns`.
#[inline(always)]
const fn tiles(columns: usize) -> usize {
    columns.div_ceil(TILE_COLUMNS)
}

/// Number of the tile of `column` in a row of tiles.
#[inline(always)]
const fn tile_index(columns: usize, tile_row: usize, column: usize) -> usize {
    tile_row * tiles(columns) + column / TILE_COLUMNS
}

/// Row of tiles and first column of a tile, by its number.
#[inline(always)]
const fn tile_origin(columns: usize, tile: usize) -> (usize, usize) {
    let tiles = at_least_one(tiles(columns));
    (tile / tiles, tile % tiles * TILE_COLUMNS)
}
