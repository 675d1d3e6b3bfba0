//! How Hopper's engine computes a matrix product: which tile, and what blocks of a cluster share.
//!
//! ```text
//! sums = waves * (stages of a tile * time of a stage + time besides)
//! time = max(memory, cache, sums) + (memory + cache + sums) / 4 + waves * time of an exchange + that of the last wave's end
//!        + that of a launch which finds no room beside the one before
//! ```
//!
//! Memory's time is that of reading the operands once, though a last wave that leaves blocks idle cannot be faster than one of
//! its tiles; the L2 cache's is that of reading them for every tile, but for what a cluster's blocks load for each other, and for
//! rows that A does not have. A stage, 128 bytes of K, takes what its products do, or what its operands take to arrive at a
//! multiprocessor, whoever loads them, or to pass through its shared memory, or a thread to issue its copies. A tile is stored
//! while the next is summed, by the consumer whose turn it is not or from registers that held it, which hides less; the last
//! alone excepted. Nothing is hidden quite, which the quarter stands for. A kernel begins before the one before it ends: if both
//! fit on the device side by side, the start of one and the end of the other cost less.
//!
//! An estimate, in cycles, that ranks what there is to choose from; of plans that take the same, the one that reads less. Over
//! the shapes that its constants were fitted to, of models on an H200, it loses 2.8 % to the best of all plans below 256 rows and
//! 1.2 % from there on, 10 and 16 % at worst.

mod tile;

pub use tile::HopperTile;

use super::clusters::Clusters;
use crate::kernels::gemm::hopper::loaded_rows;
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
#[derive(Clone, Copy, Debug)]
pub struct HopperShape {
    /// Products.
    pub matrices: usize,
    /// Rows of each.
    pub m: usize,
    /// Columns of each.
    pub n: usize,
    /// Bytes of a row of A, and of B.
    pub k_bytes: usize,
}

/// Blocks of a cluster at most.
const CLUSTER: usize = 8;

/// Bytes that all of a GPU's memory delivers in a cycle.
const MEMORY_RATE: usize = 2400;

/// Bytes that the L2 cache delivers in a cycle.
const CACHE_RATE: usize = 6500;

/// Cycles that a launch costs for which half of the device is not enough.
const LAUNCH: usize = 2250;

/// Cycles in which blocks tell each other that they have summed, and sums begin to arrive.
const EXCHANGE_OVERHEAD: usize = 1400;

/// Cycles that each block adds to that.
const EXCHANGE_EACH: usize = 200;

/// Bytes of a block's sums that are exchanged in a cycle.
const EXCHANGE_RATE: usize = 10;

/// Percent of memory's time that sums' exceeds if it is sums that take the time.
const NEAR: usize = 125;

/// Percent of a tile's time that a last wave takes at least, which leaves blocks idle.
const LAST_WAVE: usize = 90;

/// What part of each time is not hidden by what takes longer.
const NOT_HIDDEN: usize = 4;

impl HopperShape {
    /// Cycles in which memory delivers the operands.
    fn memory(self) -> usize {
        self.matrices * (self.m + self.n) * self.k_bytes / MEMORY_RATE
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
            1 if shape.memory() * NEAR < 100 * waves * self.tile_time(shape) => {
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

    /// Whether blocks have neighbours, if they are to, below rather than beside unless tiles are high, and stages to overlap.
    fn fits(self, shape: HopperShape) -> bool {
        let (rows, columns) = self.tile.extent();
        self.together() <= CLUSTER
            && (self.rows == 1 || shape.m > rows * (self.rows - 1))
            && (self.columns == 1
                || shape.n > columns * (self.columns - 1)
                    && (shape.m <= rows || rows >= 2 * columns))
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

    /// Bytes that a batch's blocks read, of which those of a cluster share what they can.
    fn traffic(self, shape: HopperShape) -> usize {
        let (_, columns) = self.extent();
        let rows = self.loaded(shape) * self.rows;
        self.tiles(shape) * shape.k_bytes.div_ceil(STAGE) * STAGE * (rows + columns)
    }

    /// Cycles in which memory delivers the operands: to all blocks at once, or for what is left after whole waves to some of
    /// them, which take what a tile does.
    fn memory(self, shape: HopperShape, clusters: Clusters) -> usize {
        let (tiles, at_once) = (self.tiles(shape).max(1), clusters.of(self.together()));
        let (all, left) = (shape.memory(), tiles % at_once);
        let last = match left {
            0 => 0,
            _ => self.tile_time(shape) * LAST_WAVE / 100,
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
        let read = shape.matrices * (shape.m + shape.n) * shape.k_bytes;
        let (_, columns) = self.tile.extent();
        let arrival = STAGE * (self.loaded(shape) + columns);
        let far = arrival * read / self.traffic(shape).max(1);
        let (each, _) = self.tile.store();
        stages * self.tile.stage(arrival, far.min(arrival)) + each
    }

    /// Cycles that a batch takes.
    fn cost(self, shape: HopperShape, clusters: Clusters) -> usize {
        let (tiles, at_once) = (self.tiles(shape), clusters.of(self.together()));
        let waves = tiles.div_ceil(at_once);
        let cache = self.traffic(shape) / CACHE_RATE;
        let (memory, sums) = (self.memory(shape, clusters), waves * self.tile_time(shape));
        let (_, last) = self.tile.store();
        let longest = memory.max(cache).max(sums);
        let launch = if 2 * tiles > at_once { LAUNCH } else { 0 };
        longest + (memory + cache + sums) / NOT_HIDDEN + waves * self.exchange() + last + launch
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
/// of no tiles.
#[must_use]
pub fn hopper_plan(
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
    clusters: Clusters,
) -> Option<HopperPlan> {
    hopper_plans(tiles, shape).min_by_key(|plan| (plan.cost(shape, clusters), plan.traffic(shape)))
}

#[cfg(test)]
mod tests {
    use super::HopperTile::{
        Few16, Few32, Few64, T64x48, T64x256, T128x96, T128x112, T128x128, T128x144, T128x176,
        T128x192, T128x224, T128x256, T256x128, Turns128x128,
    };
    use super::{Clusters, HopperPlan, HopperShape, HopperTile, hopper_plan, hopper_plans};

    /// An H200's, as its driver counts them.
    fn h200() -> Clusters {
        Clusters::new(|size| [132, 66, 39, 30, 22, 17, 15, 15][size - 1])
    }

    /// The plan of a product of 16-bit floats on an H200.
    fn plan([matrices, m, n, k]: [usize; 4]) -> HopperPlan {
        let shape = HopperShape {
            matrices,
            m,
            n,
            k_bytes: 2 * k,
        };
        let plan = hopper_plan(HopperTile::ALL.into_iter(), shape, h200());
        plan.expect("there are tiles")
    }

    fn tile_of(shape: [usize; 4]) -> (HopperTile, usize) {
        let HopperPlan { tile, split, .. } = plan(shape);
        (tile, split)
    }

    #[test]
    fn large_products_take_large_tiles() {
        for shape in [
            [1, 8192, 8192, 8192],
            [64, 1024, 1024, 4096],
            [1, 4096, 4096, 14336],
        ] {
            let (tile, split) = tile_of(shape);
            let large = [T128x224, T128x256].contains(&tile);
            assert!(large && split == 1, "{shape:?}: {tile:?}, {split}");
        }
        assert_eq!(tile_of([1, 1024, 6144, 4096]), (T128x192, 1));
        assert_eq!(tile_of([1, 1024, 2112, 7168]), (T128x144, 1));
        assert_eq!(tile_of([1, 512, 4096, 4096]), (Turns128x128, 1));
        assert_eq!(tile_of([1, 1024, 1536, 7168]), (T128x96, 1));
    }

    #[test]
    fn few_tiles_share_operands_and_k() {
        let HopperPlan { rows, split, .. } = plan([1, 256, 4096, 7168]);
        assert!(rows == 2 || split == 2, "{rows}, {split}");
        // 34 tiles of 128 x 128.
        let HopperPlan { split, .. } = plan([1, 256, 2112, 7168]);
        assert!(split == 3 || split == 4, "{split}");
    }

    #[test]
    fn short_k_hides_the_store() {
        assert_eq!(tile_of([1, 4096, 32768, 512]), (Turns128x128, 1));
        // What is left of it is hidden by the next tile's products.
        assert!(tile_of([1, 4096, 24576, 1536]).0.extent().1 > 128);
    }

    #[test]
    fn high_tiles_have_neighbours_beside() {
        let shape = HopperShape {
            matrices: 1,
            m: 4096,
            n: 4096,
            k_bytes: 7168,
        };
        let promoted = [Few64, T128x128, T256x128].into_iter();
        let plan = hopper_plan(promoted, shape, h200()).expect("there are tiles");
        assert_eq!(
            (plan.tile, plan.rows, plan.columns, plan.split),
            (T256x128, 1, 2, 1)
        );
        let beside = |tile| hopper_plans([tile].into_iter(), shape).any(|plan| plan.columns > 1);
        assert!(beside(T256x128) && !beside(T128x128) && !beside(T128x112));
    }

    #[test]
    fn no_more_clusters_than_help() {
        let clusters = |tile, [m, n]: [usize; 2]| {
            let shape = HopperShape {
                matrices: 1,
                m,
                n,
                k_bytes: 4096,
            };
            HopperPlan::of(tile).clusters(shape, h200())
        };
        assert_eq!(clusters(T128x256, [4096, 28672]), 128);
        assert_eq!(clusters(T128x256, [256, 36864]), 96);
        assert_eq!(clusters(T64x256, [64, 36864]), 132);
        assert_eq!(clusters(T128x256, [128, 4096]), 16);
        assert_eq!(clusters(Few16, [16, 36864]), 132);
        assert_eq!(clusters(Few16, [0, 0]), 1);
    }

    #[test]
    fn tiles_fill_the_device() {
        // 12 columns of tiles by 32 rows: three waves of 132. Of 192 columns as many waves take longer.
        assert_eq!(tile_of([1, 4096, 2112, 7168]), (T128x176, 1));
        // 32 by 8: two waves.
        assert_eq!(tile_of([1, 1024, 7168, 2048]), (T128x224, 1));
        // 64 by 2: one.
        assert_eq!(tile_of([1, 256, 7168, 16384]), (T128x112, 1));
    }

    #[test]
    fn few_rows_take_the_tile_that_holds_them() {
        for (m, tile) in [(1, Few16), (16, Few16), (17, Few32)] {
            let (taken, split) = tile_of([1, m, 4096, 14336]);
            assert!(taken == tile && split > 1, "{m} rows: {taken:?}, {split}");
        }
    }

    #[test]
    fn few_rows_leave_no_multiprocessor_idle() {
        for m in [1, 16, 64] {
            // 128 columns of tiles.
            assert_eq!(tile_of([1, m, 6144, 4096]), (T64x48, 1));
            // 112 of 256 columns, or twice as many.
            let (tile, split) = tile_of([1, m, 28672, 8192]);
            let tiles = 28672_usize.div_ceil(tile.extent().1);
            let idle = tiles.next_multiple_of(132) - tiles;
            assert!(
                split == 1 && 5 * idle < tiles,
                "{m} rows: {tile:?}, {split}"
            );
        }
    }

    #[test]
    fn blocks_share_k_until_the_device_is_full() {
        let HopperPlan { tile, split, .. } = plan([1, 16, 1024, 7168]);
        assert!(tile == Few16 && split >= 6, "{tile:?}, {split}");
    }

    #[test]
    fn short_k_is_not_shared() {
        for k in [0, 64] {
            let (tile, split) = tile_of([1, 16, 1024, k]);
            assert!(tile.extent().0 <= 64 && split == 1, "{tile:?}, {split}");
        }
    }
}
