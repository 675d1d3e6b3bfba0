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

use cuda_std::cluster;

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

/// The tiles that a cluster computes.
pub(super) struct Schedule {
    grid: Grid,
    index: u32,
    step: u32,
}

impl Schedule {
    /// Those of this block's cluster.
    #[inline(always)]
    #[track_caller]
    pub fn new(grid: Grid) -> Self {
        Self {
            grid,
            index: cluster::idx_x(),
            step: cluster::grid_dim_x(),
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
        let place = place(self.index, self.grid);
        self.index += self.step;
        Some(place)
    }
}

/// Tile `index` of the grid, matrix after matrix.
#[inline(always)]
fn place(index: u32, grid: Grid) -> TilePlace {
    let Grid { rows, columns, .. } = grid;
    let (matrix, within) = divide(index, rows * columns);
    let (group, within) = divide(within, GROUP * columns);
    let first = group * GROUP;
    let (column, row) = divide(within, (rows - first).min(GROUP));
    TilePlace {
        matrix,
        row: first + row,
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, TilePlace, place};

    #[test]
    fn every_tile_comes_once() {
        for (matrices, rows, columns) in [(1, 1, 1), (1, 3, 5), (2, 8, 2), (3, 9, 3), (1, 17, 4)] {
            let grid = Grid {
                matrices,
                rows,
                columns,
            };
            let tiles = 0..matrices * rows * columns;
            let mut places: Vec<_> = tiles.map(|i| place(i, grid)).collect();
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
            .map(|i| place(i, grid))
            .map(|place| (place.row, place.column))
            .collect();
        assert_eq!(places[..3], [(0, 0), (1, 0), (2, 0)]);
        assert_eq!(places[8..], [(0, 1), (1, 1)]);
    }
}
