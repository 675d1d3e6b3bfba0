//! What there is to do for a block, worked out by all its warps before they wait for each other and for the grids before.

use super::neighbours::Neighbours;
use super::result::Target;
use super::schedule::{Grid, Schedule, TilePlace};
use super::share::Share;
use super::sum::Part;

/// A block's part of a batch of products.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub neighbours: Neighbours,
    pub share: Share,
    /// The first stage of K, and how many, of the share.
    pub steps: [u32; 2],
    /// The tiles of the block, in units of its cluster's.
    pub tiles: Schedule,
    /// Rows and columns of a tile.
    extent: [u32; 2],
}

impl Work {
    /// That of this block: tiles of an extent of so many matrices of `C`, sums of so many stages of K, which it shares with others
    /// or does not.
    #[inline(always)]
    #[track_caller]
    pub fn new<C: Target>(
        c: &C,
        matrices: u32,
        extent: [u32; 2],
        (stages, share): (u32, Share),
    ) -> Self {
        let neighbours = Neighbours::new();
        let ([rows, columns], [high, wide]) = (c.extents(), extent);
        let grid = Grid {
            matrices,
            rows: clusters(rows.div_ceil(high), neighbours.rows),
            columns: clusters(columns.div_ceil(wide), neighbours.columns),
        };
        Self {
            neighbours,
            share,
            steps: share.stages(stages),
            tiles: Schedule::new(grid, neighbours.rows),
            extent,
        }
    }

    /// The sums of the block's own part of a tile.
    #[inline(always)]
    pub fn part(&self, tile: TilePlace) -> Part {
        let ([high, wide], [first_step, k_steps]) = (self.extent, self.steps);
        let row = tile.row * self.neighbours.rows + self.neighbours.row;
        let column = tile.column * self.neighbours.columns + self.neighbours.column;
        Part {
            row: row * high,
            column: column * wide,
            first_step,
            k_steps,
        }
    }
}

/// Clusters of a power of two of `blocks`, for so many tiles.
#[inline(always)]
const fn clusters(tiles: u32, blocks: u32) -> u32 {
    (tiles + blocks - 1) >> blocks.trailing_zeros()
}
