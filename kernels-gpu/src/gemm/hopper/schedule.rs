//! Which tiles a block computes: every `clusters`-th of them, in an order that keeps what runs at the same time
//! close together, so that it shares rows of A and B in the L2 cache.
//!
//! ```text
//! GROUP rows of tiles, column by column, then the next GROUP
//!
//!   0 4  8 ..
//!   1 5  9
//!   2 6 10
//!   3 7 11
//! ```

use cuda_std::thread;

use crate::divide::divide;

/// Rows of clusters' tiles in a group.
pub const GROUP: u32 = 8;

/// A tile of a batch of products, in units of a cluster's tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TilePlace {
    pub matrix: u32,
    pub row: u32,
    pub column: u32,
}

/// The tiles of each product of a batch, in units of a cluster's.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub matrices: u32,
    pub rows: u32,
    pub columns: u32,
}

impl Grid {
    /// Tile `index` of the grid, matrix after matrix.
    ///
    /// Divides where it must: the first copies wait for it, and a division takes some 200 cycles.
    #[inline(always)]
    fn place(self, index: u32) -> TilePlace {
        let Self {
            matrices,
            rows,
            columns,
        } = self;
        let (matrix, within) = match matrices {
            1 => (0, index),
            _ => divide(index, rows * columns),
        };
        let (group, within) = match rows <= GROUP {
            true => (0, within),
            false => divide(within, GROUP * columns),
        };
        let first = group * GROUP;
        let (column, row) = match (rows - first).min(GROUP) {
            1 => (within, 0),
            GROUP => (within / GROUP, within % GROUP),
            rows => divide(within, rows),
        };
        TilePlace {
            matrix,
            row: first + row,
            column,
        }
    }
}

/// The tiles that a cluster computes.
#[derive(Clone, Copy)]
pub(super) struct Schedule {
    grid: Grid,
    index: u32,
    step: u32,
}

impl Schedule {
    /// Those of this block's cluster, one in a row of clusters that are so many blocks long, a power of two.
    #[inline(always)]
    #[track_caller]
    pub fn new(grid: Grid, blocks: u32) -> Self {
        let long = blocks.trailing_zeros();
        Self {
            grid,
            index: thread::block_idx_x() >> long,
            step: thread::grid_dim_x() >> long,
        }
    }

    /// Whether there is none more.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.index >= self.grid.matrices * self.grid.rows * self.grid.columns
    }

    /// Leaves `tiles` of them out.
    #[inline(always)]
    pub fn skip(&mut self, tiles: u32) {
        self.index += tiles * self.step;
    }

    /// The next tile, if there is one more.
    ///
    /// Not an iterator's `next`, since a closure that an adapter calls may stay a call, and a call ends the
    /// pipeline of wgmma.
    #[inline(always)]
    pub fn advance(&mut self) -> Option<TilePlace> {
        if self.is_done() {
            return None;
        }
        let place = self.grid.place(self.index);
        self.index += self.step;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, TilePlace};

    #[test]
    fn every_tile_comes_once() {
        for (matrices, rows, columns) in [
            (1, 1, 1),
            (1, 3, 5),
            (2, 8, 2),
            (3, 9, 3),
            (1, 17, 4),
            (2, 1, 7),
        ] {
            let grid = Grid {
                matrices,
                rows,
                columns,
            };
            let tiles = 0..matrices * rows * columns;
            let mut places: Vec<_> = tiles.map(|i| grid.place(i)).collect();
            places.sort_unstable();
            let of = |matrix, row| {
                (0..columns).map(move |column| TilePlace {
                    matrix,
                    row,
                    column,
                })
            };
            let every = (0..matrices).flat_map(|m| (0..rows).flat_map(move |row| of(m, row)));
            assert!(
                places.into_iter().eq(every),
                "{matrices} x {rows} x {columns}"
            );
        }
    }

    #[test]
    fn neighbours_share_a_column() {
        let grid = Grid {
            matrices: 2,
            rows: 16,
            columns: 16,
        };
        let places: Vec<_> = (0..10)
            .map(|i| grid.place(i))
            .map(|place| (place.row, place.column))
            .collect();
        assert_eq!(places[..3], [(0, 0), (1, 0), (2, 0)]);
        assert_eq!(places[8..], [(0, 1), (1, 1)]);
    }
}
