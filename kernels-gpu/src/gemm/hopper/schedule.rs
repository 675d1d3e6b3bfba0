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

use cuda_std::{cluster, thread};

/// Rows of clusters' tiles in a group.
pub const GROUP: u32 = 8;

/// The tiles of a product that a cluster computes, in units of a cluster's tiles.
pub(super) struct Schedule {
    rows: u32,
    columns: u32,
    index: u32,
    step: u32,
}

impl Schedule {
    /// Those of this block's cluster among `rows` by `columns`.
    #[inline(always)]
    #[track_caller]
    pub fn new<const CLUSTER: u32>(rows: u32, columns: u32) -> Self {
        let (index, step) = match CLUSTER {
            1 => (thread::block_idx_x(), thread::grid_dim_x()),
            _ => (cluster::idx_x(), cluster::grid_dim_x()),
        };
        Self {
            rows,
            columns,
            index,
            step,
        }
    }

    /// The row and column of the next tile, if there is one more.
    ///
    /// Not an iterator's `next`, since a closure that an adapter calls may stay a call, and a call ends the
    /// pipeline of wgmma.
    #[inline(always)]
    pub fn advance(&mut self) -> Option<(u32, u32)> {
        if self.index >= self.rows * self.columns {
            return None;
        }
        let place = place(self.index, self.rows, self.columns);
        self.index += self.step;
        Some(place)
    }
}

/// The row and column of tile `index` of `rows` by `columns`.
#[inline(always)]
fn place(index: u32, rows: u32, columns: u32) -> (u32, u32) {
    let (group, within) = divide(index, GROUP * columns);
    let first = group * GROUP;
    let (column, row) = divide(within, (rows - first).min(GROUP));
    (first + row, column)
}

/// `i / count` and `i % count`, without a panic: there are some.
#[inline(always)]
fn divide(i: u32, count: u32) -> (u32, u32) {
    let quotient = i.checked_div(count).unwrap_or(0);
    (quotient, i - quotient * count)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn every_tile_comes_once() {
        for (rows, columns) in [(1, 1), (3, 5), (8, 2), (9, 3), (17, 4)] {
            let tiles = 0..rows * columns;
            let mut places: Vec<_> = tiles.map(|i| place(i, rows, columns)).collect();
            places.sort_unstable();
            let every = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            assert!(places.into_iter().eq(every), "{rows} x {columns}");
        }
    }

    #[test]
    fn neighbours_share_a_column() {
        let places: Vec<_> = (0..10).map(|i| place(i, 16, 16)).collect();
        assert_eq!(places[..3], [(0, 0), (1, 0), (2, 0)]);
        assert_eq!(places[8..], [(0, 1), (1, 1)]);
    }
}
