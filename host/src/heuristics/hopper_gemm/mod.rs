//! How Hopper's engine computes a matrix product: which tile, and what blocks of a cluster share.
//!
//! ```text
//! sums = waves * (stages of a tile * time of a stage + time besides)
//! time = max(memory, cache, sums) + 0.37 (cache + sums) + waves * time of an exchange + that of the last wave's end
//!        + that of a launch which finds no room beside the one before, and of a cluster's blocks that begin together
//! ```
//!
//! Memory's time is that of reading the operands once, though a last wave that leaves blocks idle cannot be faster than one of
//! its tiles; the L2 cache's is that of reading them for every tile, but for what a cluster's blocks load for each other, and for
//! rows that A does not have: mostly that of the larger, since the smaller is soon all there. A stage, 128 bytes of K, takes what
//! its products do, or what its operands take to arrive at a multiprocessor, whoever loads them, or to pass through its shared
//! memory, or a thread to issue its copies; and what its sums take to be added up, if the tensor cores do not. A tile is stored
//! while the next is summed, by the consumer whose turn it is not or from registers that held it, which hides less; the last
//! alone excepted. One with an epilogue is not held. Nothing is hidden quite, which the share of the times stands for. A kernel begins before the one before it
//! ends: if both fit on the device side by side, the start of one and the end of the other cost less.
//!
//! An estimate, in cycles, that ranks what there is to choose from; of plans that take the same, the one that reads less. Over
//! the shapes that its constants were fitted to, of models on an H200, it loses 0.8 % to the best of all plans below 256 rows and
//! 1.3 % from there on, 11 and 19 % at worst.

mod sums;
#[cfg(test)]
mod tests;
mod tile;

pub use sums::Sums;
pub use tile::HopperTile;

use super::clusters::Clusters;
use crate::kernels::gemm::hopper::{SWIZZLE_ROWS, loaded_rows};
use tile::STAGE;

/// A tile, and the blocks of a cluster: `rows * columns * split`, at most 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopperPlan {
    /// The tile.
    pub tile: HopperTile,
    /// How many compute tiles one below the other, and share their columns' part of B.
    pub rows: usize,
    /// How many compute tiles side by side, and share their rows' part of A.
    pub columns: usize,
    /// How many sum each tile, a part of K each.
    pub split: usize,
}

/// A batch of products, as far as the choice depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HopperShape {
    /// Products.
    pub matrices: usize,
    /// Rows of each.
    pub m: usize,
    /// Columns of each.
    pub n: usize,
    /// Bytes of a row of A, and of B.
    pub k_bytes: usize,
    /// Where sums are kept.
    pub sums: Sums,
    /// Whether C has an epilogue, or is of a type that only kernels with one store.
    pub epilogue: bool,
}

/// Blocks of a cluster at most.
const CLUSTER: usize = 8;

/// Rows of A at most that are few. Of more the estimate ranks tiles of few rows too high.
const FEW: usize = 256;

/// Bytes that the L2 cache delivers in a cycle, of operands that are as large.
const CACHE_RATE: usize = 6300;

/// Cycles that a launch costs for which half of the device is not enough.
const LAUNCH: usize = 1700;

/// Cycles that each further block of a cluster adds, since they begin together.
const TOGETHER: usize = 130;

/// Cycles in which blocks tell each other that they have summed, and sums begin to arrive.
const EXCHANGE_OVERHEAD: usize = 700;

/// Cycles that each block adds to that.
const EXCHANGE_EACH: usize = 200;

/// Bytes of a block's sums that are exchanged in a cycle.
const EXCHANGE_RATE: usize = 6;

/// Percent of memory's time that sums' exceeds if it is sums that take the time.
const NEAR: usize = 125;

/// Percent of a tile's time that a last wave takes at least, which leaves blocks idle.
const LAST_WAVE: usize = 50;

/// Percent of the cache's time and of sums' that is not hidden by what takes longer.
const NOT_HIDDEN: usize = 37;

impl HopperShape {
    /// Bytes of the operands.
    fn bytes(self) -> usize {
        self.matrices * (self.m + self.n) * self.k_bytes
    }

    /// Cycles in which memory delivers them to such tiles.
    fn memory(self, tile: HopperTile) -> usize {
        self.bytes() / tile.memory_rate()
    }
}

impl HopperPlan {
    /// A tile by itself.
    #[must_use]
    pub const fn of(tile: HopperTile) -> Self {
        Self {
            tile,
            rows: 1,
            columns: 1,
            split: 1,
        }
    }

    /// Blocks of a cluster.
    #[must_use]
    pub const fn together(self) -> usize {
        self.rows * self.columns * self.split
    }

    /// Tiles of a batch, in units of a cluster's.
    #[must_use]
    pub fn tiles(self, shape: HopperShape) -> usize {
        let (rows, columns) = self.extent();
        shape.matrices * shape.m.div_ceil(rows) * shape.n.div_ceil(columns)
    }

    /// Clusters that are launched: one for each of their tiles if blocks share K, else as many as run at the same time, but for
    /// those without which the others have no more tiles to compute: the power that they would take is the others'. Where
    /// memory takes about as long as sums all are launched, since it serves many better.
    #[must_use]
    pub fn clusters(self, shape: HopperShape, clusters: Clusters) -> usize {
        let (tiles, at_once) = (self.tiles(shape).max(1), clusters.of(self.together()));
        let waves = tiles.div_ceil(at_once);
        match self.split {
            1 if shape.memory(self.tile) * NEAR < 100 * waves * self.tile_time(shape) => {
                tiles.div_ceil(waves)
            }
            1 => tiles.min(at_once),
            _ => tiles,
        }
    }

    /// Whether there are kernels that compute so.
    #[must_use]
    pub fn suits(self, shape: HopperShape) -> bool {
        let Self {
            tile,
            rows,
            columns,
            split,
        } = self;
        tile.splits().contains(&split)
            && tile.neighbours().contains(&[rows, columns])
            && self.fits(shape)
    }

    /// Whether blocks have neighbours, if they are to, below rather than beside alone unless tiles are higher than wide, parts
    /// of operands to load that the swizzle divides, and stages to overlap.
    fn fits(self, shape: HopperShape) -> bool {
        let (rows, columns) = self.tile.extent();
        self.together() <= CLUSTER
            && (self.rows == 1 || shape.m > rows * (self.rows - 1))
            && (self.columns == 1
                || shape.n > columns * (self.columns - 1)
                    && (self.rows == 2 || shape.m <= rows || rows > columns))
            && columns.is_multiple_of(SWIZZLE_ROWS as usize * self.rows)
            && (self.split == 1 || shape.k_bytes.div_ceil(STAGE) >= 2 * self.split)
    }

    /// Rows and columns that a cluster computes at a time.
    const fn extent(self) -> (usize, usize) {
        let (rows, columns) = self.tile.extent();
        (rows * self.rows, columns * self.columns)
    }

    /// Rows of A that are loaded for a tile.
    fn loaded(self, shape: HopperShape) -> usize {
        let (rows, _) = self.tile.extent();
        let least = shape.m.min(rows);
        loaded_rows(rows as u32, least as u32, self.columns as u32) as usize
    }

    /// Bytes of A and of B that a batch's blocks read, of which those of a cluster share what they can.
    fn reads(self, shape: HopperShape) -> [usize; 2] {
        let (_, columns) = self.extent();
        let rows = self.loaded(shape) * self.rows;
        [rows, columns].map(|of| self.tiles(shape) * shape.k_bytes.div_ceil(STAGE) * STAGE * of)
    }

    /// Both.
    fn traffic(self, shape: HopperShape) -> usize {
        self.reads(shape).iter().sum()
    }

    /// Cycles in which the L2 cache delivers them, each by the part that it is of both.
    fn cache(self, shape: HopperShape) -> usize {
        let ([a, b], HopperShape { m, n, .. }) = (self.reads(shape), shape);
        2 * (a / CACHE_RATE * m + b / CACHE_RATE * n) / (m + n).max(1)
    }

    /// Cycles in which memory delivers the operands of so many tiles of such a time: to all blocks at once, or for what is left
    /// after whole waves to some of them, which take what a tile does.
    fn memory(self, shape: HopperShape, [tiles, at_once]: [usize; 2], tile: usize) -> usize {
        let tiles = tiles.max(1);
        let (all, left) = (shape.memory(self.tile), tiles % at_once);
        let last = match left {
            0 => 0,
            _ => tile * LAST_WAVE / 100,
        };
        all * (tiles - left) / tiles + last.max(all * left / tiles)
    }

    /// Cycles in which blocks that share K exchange their sums.
    const fn exchange(self) -> usize {
        let (rows, columns) = self.tile.extent();
        let sent = rows * columns * 4 * (self.split - 1) / self.split;
        match self.split {
            1 => 0,
            split => EXCHANGE_OVERHEAD + split * EXCHANGE_EACH + sent / EXCHANGE_RATE,
        }
    }

    /// Cycles in which a tile is summed and stored.
    fn tile_time(self, shape: HopperShape) -> usize {
        let stages = shape.k_bytes.div_ceil(STAGE).div_ceil(self.split);
        let (_, columns) = self.tile.extent();
        let arrival = STAGE * (self.loaded(shape) + columns);
        let far = arrival * shape.bytes() / self.traffic(shape).max(1);
        let (each, _) = self.tile.store(shape);
        stages * self.tile.stage(shape.sums, arrival, far.min(arrival)) + each
    }

    /// Whether its tile is for fewer rows than there are.
    const fn is_for_fewer(self, shape: HopperShape) -> bool {
        self.tile.is_few() && shape.m > FEW
    }

    /// Cycles that a batch takes.
    fn cost(self, shape: HopperShape, clusters: Clusters) -> usize {
        let (tiles, at_once) = (self.tiles(shape), clusters.of(self.together()));
        let waves = tiles.div_ceil(at_once);
        let cache = self.cache(shape);
        let tile = self.tile_time(shape);
        let (memory, sums) = (self.memory(shape, [tiles, at_once], tile), waves * tile);
        let (_, last) = self.tile.store(shape);
        let longest = memory.max(cache).max(sums);
        let launch = if 2 * tiles > at_once { LAUNCH } else { 0 };
        let start = launch + (self.together() - 1) * TOGETHER;
        let besides = (cache + sums) * NOT_HIDDEN / 100;
        longest + besides + waves * self.exchange() + last + start
    }
}

/// Everything that there is to choose from.
pub fn hopper_plans(
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
) -> impl Iterator<Item = HopperPlan> {
    let clusters = |tile: HopperTile| {
        let splits = tile.splits().iter();
        splits.flat_map(move |split| {
            let neighbours = tile.neighbours().iter();
            neighbours.map(move |[rows, columns]| HopperPlan {
                tile,
                rows: *rows,
                columns: *columns,
                split: *split,
            })
        })
    };
    tiles
        .flat_map(clusters)
        .filter(move |plan| plan.fits(shape))
}

/// The plan for a batch of products, of the tiles that there are kernels for, on a device that runs so many clusters; none
/// of no tiles. More than a few rows have a tile of few only if there is no other.
#[must_use]
pub fn hopper_plan(
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
    clusters: Clusters,
) -> Option<HopperPlan> {
    hopper_plans(tiles, shape).min_by_key(|plan| {
        let cost = plan.cost(shape, clusters);
        (plan.is_for_fewer(shape), cost, plan.traffic(shape))
    })
}
