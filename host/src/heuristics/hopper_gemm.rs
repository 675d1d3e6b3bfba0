//! How Hopper's engine computes a matrix product: which tile, and how many blocks share its K.
//!
//! ```text
//! time = max(memory, cache, waves * (stages of a tile * time of a stage + time besides)) + that of the last wave's end
//! ```
//!
//! Memory's time is that of reading the operands once, the L2 cache's that of reading them for every tile. A stage, 128 bytes of
//! K, takes what its products do, or its part of B takes to arrive. Where consumers take turns, a tile is stored while the next
//! is summed, the last alone excepted. An estimate, in cycles, that ranks what there is to choose from: over models' shapes on
//! an H200 it loses 1 % to the best of all plans, and 15 % at worst; of plans that take the same, the one
//! that reads less.

use super::clusters::Clusters;

/// A tile that Hopper's engine has kernels for, rows by columns of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HopperTile {
    /// Two blocks share B.
    T128x256,
    /// The same for columns that it divides better.
    T128x192,
    /// Two blocks share B, and a block's consumers take turns: for short K.
    T64x256,
    /// For products of few tiles.
    T128x128,
    /// Two blocks share B: for sums that are promoted.
    T128x128x2,
    /// For few rows: rows and columns are swapped, and up to eight blocks share K.
    T64x128,
    /// The same for fewer.
    T32x128,
    /// The same for the fewest.
    T16x128,
}

/// A tile, and how many blocks share its K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopperPlan {
    /// The tile.
    pub tile: HopperTile,
    /// Blocks of a cluster, each of which sums a part of K.
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

/// Bytes of K in a stage.
const STAGE: usize = 128;

/// Bytes that all of a GPU's memory delivers in a cycle.
const MEMORY_RATE: usize = 2200;

/// Bytes that the L2 cache delivers in a cycle.
const CACHE_RATE: usize = 7000;

/// Bytes that memory delivers to one block in a cycle, of operands that few others read.
const BLOCK_RATE: usize = 56;

/// Cycles of a tile of few rows besides its stages: what of filling the ring and storing is not hidden.
const TILE_OVERHEAD: usize = 300;

/// Cycles of storing 64 columns of a tile.
const STORE: usize = 650;

/// Cycles in which blocks tell each other that sums are there and were read.
const EXCHANGE_OVERHEAD: usize = 1500;

/// Cycles in which eight rows' sums are exchanged.
const EXCHANGE: usize = 300;

impl HopperTile {
    /// All of them. Of those that cost and read the same the first is taken.
    pub const ALL: [Self; 8] = [
        Self::T16x128,
        Self::T32x128,
        Self::T64x128,
        Self::T128x128,
        Self::T128x128x2,
        Self::T64x256,
        Self::T128x192,
        Self::T128x256,
    ];

    /// Rows of one tile, its columns, and how many are computed together.
    const fn extent(self) -> (usize, usize, usize) {
        match self {
            Self::T128x256 => (128, 256, 2),
            Self::T128x192 => (128, 192, 2),
            Self::T64x256 => (64, 256, 2),
            Self::T128x128 => (128, 128, 1),
            Self::T128x128x2 => (128, 128, 2),
            Self::T64x128 => (64, 128, 1),
            Self::T32x128 => (32, 128, 1),
            Self::T16x128 => (16, 128, 1),
        }
    }

    /// Numbers of blocks that may share its K.
    const fn splits(self) -> &'static [usize] {
        match self {
            Self::T16x128 | Self::T32x128 | Self::T64x128 => &[1, 2, 4, 8],
            _ => &[1],
        }
    }

    /// Cycles of a stage.
    const fn stage(self) -> usize {
        let (rows, columns, _) = self.extent();
        let products = rows * columns / 32;
        match self {
            // Its loads, more for its size, are not hidden as well.
            Self::T64x256 => products + products / 10,
            Self::T128x192 => products + products / 50,
            Self::T128x256 | Self::T128x128 | Self::T128x128x2 => products,
            // Most of A comes from the L2 cache.
            Self::T64x128 | Self::T32x128 | Self::T16x128 => {
                let arrival = STAGE * (columns + rows / 4) / BLOCK_RATE;
                if arrival > products {
                    arrival
                } else {
                    products
                }
            }
        }
    }

    /// Cycles of each tile besides its stages, and of the last.
    const fn store(self) -> (usize, usize) {
        let (_, columns, _) = self.extent();
        match self {
            Self::T64x256 => (0, columns / 64 * STORE),
            Self::T128x256 | Self::T128x192 | Self::T128x128 | Self::T128x128x2 => {
                (columns / 64 * STORE, 0)
            }
            Self::T64x128 | Self::T32x128 | Self::T16x128 => (TILE_OVERHEAD, 0),
        }
    }
}

impl HopperPlan {
    /// Blocks of a cluster.
    #[must_use]
    pub const fn together(self) -> usize {
        let (_, _, together) = self.tile.extent();
        together * self.split
    }

    /// Tiles of a batch, in units of a cluster's.
    #[must_use]
    pub fn tiles(self, shape: HopperShape) -> usize {
        let (rows, columns, together) = self.tile.extent();
        shape.matrices * shape.m.div_ceil(rows * together) * shape.n.div_ceil(columns)
    }

    /// Whether so many blocks of the tile may share K, and would have stages to overlap.
    #[must_use]
    pub fn suits(self, shape: HopperShape) -> bool {
        self.tile.splits().contains(&self.split) && self.fits(shape)
    }

    /// Whether each block has stages to overlap.
    fn fits(self, shape: HopperShape) -> bool {
        self.split == 1 || shape.k_bytes.div_ceil(STAGE) >= 2 * self.split
    }

    /// Bytes that a batch's blocks read, of which those of a cluster share what they can.
    fn traffic(self, shape: HopperShape) -> usize {
        let (rows, columns, together) = self.tile.extent();
        self.tiles(shape) * shape.k_bytes.div_ceil(STAGE) * STAGE * (rows * together + columns)
    }

    /// Cycles that a batch takes.
    fn cost(self, shape: HopperShape, clusters: Clusters) -> usize {
        let (rows, _, _) = self.tile.extent();
        let (tiles, stages) = (self.tiles(shape), shape.k_bytes.div_ceil(STAGE));
        let waves = tiles.div_ceil(clusters.of(self.together()));
        let exchange = match self.split {
            1 => 0,
            _ => EXCHANGE_OVERHEAD + rows / 8 * EXCHANGE,
        };
        let memory = shape.matrices * (shape.m + shape.n) * shape.k_bytes / MEMORY_RATE;
        let cache = self.traffic(shape) / CACHE_RATE;
        let (each, last) = self.tile.store();
        let tile = stages.div_ceil(self.split) * self.tile.stage() + each + exchange;
        memory.max(cache).max(waves * tile) + last
    }
}

/// Everything that there is to choose from.
pub fn hopper_plans(
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
) -> impl Iterator<Item = HopperPlan> {
    let plans = tiles.flat_map(|tile| {
        let splits = tile.splits().iter();
        splits.map(move |split| HopperPlan {
            tile,
            split: *split,
        })
    });
    plans.filter(move |plan| plan.fits(shape))
}

/// The plan for a batch of products, of the tiles that there are kernels for, on a device that runs so many clusters.
#[must_use]
pub fn hopper_plan(
    tiles: impl Iterator<Item = HopperTile>,
    shape: HopperShape,
    clusters: Clusters,
) -> HopperPlan {
    let best = hopper_plans(tiles, shape)
        .min_by_key(|plan| (plan.cost(shape, clusters), plan.traffic(shape)));
    best.unwrap_or(HopperPlan {
        tile: HopperTile::T128x128,
        split: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::HopperTile::{T16x128, T32x128, T64x128, T64x256, T128x128, T128x192, T128x256};
    use super::{Clusters, HopperPlan, HopperShape, HopperTile, hopper_plan};

    /// An H200's, as its driver counts them.
    fn h200() -> Clusters {
        Clusters::new(|size| [132, 66, 30, 14][size.ilog2() as usize])
    }

    /// The plan of a product of 16-bit floats on an H200.
    fn plan([matrices, m, n, k]: [usize; 4]) -> (HopperTile, usize) {
        let shape = HopperShape {
            matrices,
            m,
            n,
            k_bytes: 2 * k,
        };
        let tiles = HopperTile::ALL.into_iter();
        let tiles = tiles.filter(|tile| *tile != HopperTile::T128x128x2);
        let HopperPlan { tile, split } = hopper_plan(tiles, shape, h200());
        (tile, split)
    }

    #[test]
    fn large_products_take_large_tiles() {
        for shape in [
            [1, 8192, 8192, 8192],
            [64, 1024, 1024, 4096],
            [1, 4096, 28672, 4096],
        ] {
            assert_eq!(plan(shape), (T128x256, 1), "{shape:?}");
        }
        assert_eq!(plan([1, 1024, 6144, 4096]), (T128x192, 1));
        assert_eq!(plan([1, 512, 4096, 4096]), (T128x128, 1));
    }

    #[test]
    fn short_k_hides_the_store() {
        assert_eq!(plan([1, 4096, 7168, 1024]), (T64x256, 1));
        assert_eq!(plan([1, 4096, 7168, 2048]), (T128x256, 1));
    }

    #[test]
    fn few_rows_take_the_tile_that_holds_them() {
        for (m, tile) in [(1, T16x128), (16, T16x128), (17, T32x128), (64, T64x128)] {
            let (taken, split) = plan([1, m, 28672, 8192]);
            assert_eq!((taken, split), (tile, 1), "{m} rows");
            let (taken, split) = plan([1, m, 4096, 4096]);
            assert!(taken == tile && split > 1, "{m} rows: {taken:?}, {split}");
        }
    }

    #[test]
    fn blocks_share_k_until_the_device_is_full() {
        assert_eq!(plan([1, 128, 4096, 4096]), (T64x128, 2));
        assert_eq!(plan([1, 16, 1024, 7168]), (T16x128, 8));
        // 32 tiles by two blocks, and not by four: there are 30 clusters of four.
        assert_eq!(plan([1, 64, 4096, 4096]), (T64x128, 2));
    }

    #[test]
    fn short_k_is_not_shared() {
        assert_eq!(plan([1, 16, 1024, 64]), (T16x128, 1));
        assert_eq!(plan([1, 16, 1024, 0]), (T16x128, 1));
    }
}
