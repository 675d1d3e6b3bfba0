//! The blocks of a cluster, which compute neighbouring tiles and load for each other.
//!
//! ```text
//! cluster of 2 rows, 4 columns     a block for each tile
//!
//!   0  2  4  6      blocks of a row share A's rows: each loads a fourth of them, for all four
//!   1  3  5  7      blocks of a column share B's: each loads a half, for both
//! ```
//!
//! The launch says how many: its clusters' x are rows and y are columns, powers of two, and z are blocks that
//! [share K](super::split). Its grid is a row of clusters, so that a block's y and z are those in its cluster, and its x takes no
//! division, as that of a cluster does.

use cuda_std::{cluster, thread};

/// A block among its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    /// Rows of tiles that a cluster computes.
    pub rows: u32,
    /// Columns of tiles that it computes.
    pub columns: u32,
    /// The block's row and column among these.
    pub row: u32,
    pub column: u32,
    /// The rank in the cluster of the block at row 0 and column 0.
    first: u32,
}

/// What a block loads of an operand, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    /// A bit for each block that the rows are for; none if they are for this block alone.
    pub blocks: u16,
    /// The first of its rows in each tile.
    pub in_tile: u32,
    /// The first of the block's rows in the cluster's first tile, and from one of the cluster's tiles to the next.
    first: u32,
    step: u32,
}

impl Neighbours {
    /// Those of this block.
    #[inline(always)]
    #[track_caller]
    pub fn new() -> Self {
        let (rows, columns) = (cluster::dim_x(), cluster::dim_y());
        Self {
            rows,
            columns,
            row: thread::block_idx_x() & (rows - 1),
            column: thread::block_idx_y(),
            first: thread::block_idx_z() * rows * columns,
        }
    }

    /// How many blocks load into this block's memory: each of those loads needs that its own is free.
    #[inline(always)]
    pub const fn loaders(self) -> u32 {
        self.rows + self.columns - 1
    }

    /// The rank of the `index`-th of [`loaders`](Self::loaders): the column's blocks, then the others of the row.
    #[inline(always)]
    pub const fn loader(self, index: u32) -> u32 {
        if index < self.rows {
            return self.rank(index, self.column);
        }
        let before = index - self.rows;
        self.rank(self.row, before + (before >= self.column) as u32)
    }

    /// This block's part of `rows` of A.
    #[inline(always)]
    pub fn of_a(self, rows: u32) -> Slice {
        let mut slice = Slice::new(rows, [self.column, self.columns], [self.row, self.rows]);
        if self.columns > 1 {
            slice.blocks = 1 << self.rank(self.row, 0);
            let mut columns = 1;
            while columns < self.columns {
                slice.blocks |= slice.blocks << (columns * self.rows);
                columns *= 2;
            }
        }
        slice
    }

    /// This block's part of `rows` of B.
    #[inline(always)]
    pub fn of_b(self, rows: u32) -> Slice {
        let mut slice = Slice::new(rows, [self.row, self.rows], [self.column, self.columns]);
        if self.rows > 1 {
            slice.blocks = ((1 << self.rows) - 1) << self.rank(0, self.column);
        }
        slice
    }

    /// The rank of a block.
    #[inline(always)]
    const fn rank(self, row: u32, column: u32) -> u32 {
        self.first + row + column * self.rows
    }
}

impl Slice {
    /// Part `index` of `parts` of the rows of tile `tile` of `tiles`.
    #[inline(always)]
    fn new(rows: u32, [index, parts]: [u32; 2], [tile, tiles]: [u32; 2]) -> Self {
        Self {
            blocks: 0,
            in_tile: (rows >> parts.trailing_zeros()) * index,
            first: tile * rows,
            step: tiles * rows,
        }
    }

    /// The first of its rows in a tile of the operand, counted in those of clusters.
    #[inline(always)]
    pub const fn of_tile(self, tile: u32) -> u32 {
        tile * self.step + self.first + self.in_tile
    }
}

#[cfg(test)]
mod tests {
    use super::{Neighbours, Slice};

    fn all(rows: u32, columns: u32, first: u32) -> impl Iterator<Item = Neighbours> + Clone {
        let block = move |rank| Neighbours {
            rows,
            columns,
            row: rank % rows,
            column: rank / rows,
            first,
        };
        (0..rows * columns).map(block)
    }

    /// Whether a block's slice is for the block of a rank.
    fn is_for(from: Neighbours, slice: Slice, rank: u32) -> bool {
        match slice.blocks {
            0 => from.rank(from.row, from.column) == rank,
            blocks => blocks >> rank & 1 == 1,
        }
    }

    #[test]
    fn every_row_is_loaded_once_for_each_block() {
        for (rows, columns, first) in [(1, 1, 0), (2, 1, 0), (1, 2, 6), (2, 4, 0), (4, 2, 8)] {
            for block in all(rows, columns, first) {
                let rank = block.rank(block.row, block.column);
                let starts = |of: fn(Neighbours, u32) -> Slice| -> Vec<u32> {
                    let slices = all(rows, columns, first).map(|from| (from, of(from, 64)));
                    let mine = slices.filter(|(from, slice)| is_for(*from, *slice, rank));
                    mine.map(|(_, slice)| slice.in_tile).collect()
                };
                let (a, b) = (starts(Neighbours::of_a), starts(Neighbours::of_b));
                assert!(a.into_iter().eq((0..columns).map(|i| i * 64 / columns)));
                assert!(b.into_iter().eq((0..rows).map(|i| i * 64 / rows)));
            }
        }
    }

    #[test]
    fn loaders_are_those_who_load() {
        for (rows, columns, first) in [(1, 1, 0), (2, 1, 0), (1, 2, 6), (2, 4, 0), (4, 2, 8)] {
            for block in all(rows, columns, first) {
                let rank = block.rank(block.row, block.column);
                let loads = |from: &Neighbours| {
                    [from.of_a(64), from.of_b(64)]
                        .into_iter()
                        .any(|slice| is_for(*from, slice, rank))
                };
                let who = all(rows, columns, first).filter(loads);
                let who: Vec<_> = who.map(|from| from.rank(from.row, from.column)).collect();
                let mut loaders: Vec<_> = (0..block.loaders()).map(|i| block.loader(i)).collect();
                loaders.sort_unstable();
                assert_eq!(loaders, who);
            }
        }
    }
}
