//! The tiles that Hopper's engine has kernels for, and what one of them takes, in cycles.

use super::HopperShape;
use super::sums::Sums;

/// A tile that Hopper's engine has kernels for, rows by columns of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HopperTile {
    /// Large products of sums that are promoted.
    T256x128,
    /// Large products.
    T128x256,
    /// The same for columns that it divides better.
    T128x224,
    /// The same.
    T128x192,
    /// The same.
    T128x176,
    /// The same.
    T128x160,
    /// The same.
    T128x144,
    /// Smaller products, and sums that are promoted.
    T128x128,
    /// Smaller ones yet.
    T128x112,
    /// The same.
    T128x96,
    /// The same.
    T128x80,
    /// A block's consumers take turns: for short K.
    Turns128x128,
    /// The same.
    T64x256,
    /// The same, for few tiles.
    T64x128,
    /// The same, for few rows.
    T64x80,
    /// The same.
    T64x64,
    /// The same.
    T64x48,
    /// 64 rows by 128 columns: rows and columns are swapped.
    Few64,
    /// 32 by 128.
    Few32,
    /// 16 by 128.
    Few16,
}

/// Rows and columns of tiles that a cluster may compute, powers of two, which kernels shift by.
const NEIGHBOURS: [[usize; 2]; 5] = [[1, 1], [2, 1], [1, 2], [2, 2], [4, 1]];

/// Bytes of K in a stage.
pub(super) const STAGE: usize = 128;

/// Bytes that all of a GPU's memory delivers in a cycle.
const MEMORY_RATE: usize = 2600;

/// The same to tiles of few rows, of which there are fewer.
const FEW_MEMORY_RATE: usize = 2400;

/// Bytes that arrive at a multiprocessor in a cycle from memory.
const FAR_RATE: usize = 35;

/// The same at one that computes a tile of few rows.
const FEW_FAR_RATE: usize = 48;

/// Bytes that arrive there from the L2 cache.
const NEAR_RATE: usize = 100;

/// Cycles in which a thread issues a stage's copies.
const ISSUE: usize = 270;

/// Bytes that shared memory carries in a cycle, to the tensor cores and from their loads. It carries 128; what is counted is an
/// upper bound.
const SHARED_RATE: usize = 155;

/// Cycles of a tile of few rows besides its stages: what of filling the ring and storing is not hidden.
const TILE_OVERHEAD: usize = 1200;

/// The same of each of its rows.
const ROW_OVERHEAD: usize = 14;

/// Cycles of storing 64 columns of 128 rows of a tile.
const STORE: usize = 700;

/// What of them is not hidden where the next tile's products run meanwhile.
const HELD: usize = 450;

/// Cycles of storing as much of a tile with an epilogue, which nothing hides where consumers share tiles.
const EPILOGUE: usize = 2000;

/// Columns of B that share scales of 128 by 128.
const SCALE_COLUMNS: usize = 128;

/// Tenths of a cycle in which a block adds 128 sums of a stage to those before, beside the tensor cores.
const ADD: usize = 6;

/// The same where each column has a scale of its own.
const ADD_BY_COLUMN: usize = 32;

/// The same of a tile of few rows.
const FEW_ADD: usize = 40;

impl HopperTile {
    /// All of them. Of those that cost and read the same the first is taken.
    pub const ALL: [Self; 20] = [
        Self::Few16,
        Self::Few32,
        Self::Few64,
        Self::T64x48,
        Self::T64x64,
        Self::T64x80,
        Self::T64x128,
        Self::T128x80,
        Self::T128x96,
        Self::T128x112,
        Self::T128x128,
        Self::T128x144,
        Self::T64x256,
        Self::Turns128x128,
        Self::T128x160,
        Self::T128x176,
        Self::T128x192,
        Self::T128x224,
        Self::T128x256,
        Self::T256x128,
    ];

    /// Rows of a tile, and its columns.
    pub(super) const fn extent(self) -> (usize, usize) {
        match self {
            Self::T256x128 => (256, 128),
            Self::T128x256 => (128, 256),
            Self::T128x224 => (128, 224),
            Self::T128x192 => (128, 192),
            Self::T128x176 => (128, 176),
            Self::T128x160 => (128, 160),
            Self::T128x144 => (128, 144),
            Self::T128x128 | Self::Turns128x128 => (128, 128),
            Self::T128x112 => (128, 112),
            Self::T128x96 => (128, 96),
            Self::T128x80 => (128, 80),
            Self::T64x256 => (64, 256),
            Self::T64x128 => (64, 128),
            Self::T64x80 => (64, 80),
            Self::T64x64 => (64, 64),
            Self::T64x48 => (64, 48),
            Self::Few64 => (64, 128),
            Self::Few32 => (32, 128),
            Self::Few16 => (16, 128),
        }
    }

    /// Whether it is one of those for few rows.
    pub(super) const fn is_few(self) -> bool {
        matches!(self, Self::Few64 | Self::Few32 | Self::Few16)
    }

    /// Whether a block's consumers take turns.
    pub(super) const fn takes_turns(self) -> bool {
        matches!(
            self,
            Self::Turns128x128
                | Self::T64x256
                | Self::T64x128
                | Self::T64x80
                | Self::T64x64
                | Self::T64x48
        )
    }

    /// Numbers of blocks that may share its K.
    pub(super) const fn splits(self) -> &'static [usize] {
        match self {
            Self::T256x128
            | Self::T128x256
            | Self::T128x224
            | Self::T128x192
            | Self::T128x176
            | Self::T128x160
            | Self::Turns128x128
            | Self::T64x256 => &[1],
            Self::T128x144 => &[1, 2, 3, 4, 5, 6],
            _ => &[1, 2, 3, 4, 5, 6, 7, 8],
        }
    }

    /// Numbers of blocks that may compute neighbouring tiles.
    pub(super) const fn neighbours(self) -> &'static [[usize; 2]] {
        match self.is_few() {
            true => &[[1, 1]],
            false => &NEIGHBOURS,
        }
    }

    /// Bytes that all of memory delivers to such tiles in a cycle.
    pub(super) const fn memory_rate(self) -> usize {
        match self.is_few() {
            true => FEW_MEMORY_RATE,
            false => MEMORY_RATE,
        }
    }

    /// Cycles of a stage of so many bytes, of which so many come from memory: its products, which read all columns for each 64
    /// rows, or what they are made of on its way; and of adding its sums up.
    pub(super) fn stage(self, sums: Sums, arrival: usize, far: usize) -> usize {
        let (rows, columns) = self.extent();
        let (far_rate, shared) = match self.is_few() {
            true => (FEW_FAR_RATE, 0),
            false => (FAR_RATE, arrival + STAGE * (rows + rows / 64 * columns)),
        };
        (rows * columns / 32)
            .max(far / far_rate + (arrival - far) / NEAR_RATE)
            .max(shared / SHARED_RATE)
            .max(ISSUE)
            + rows * columns * self.addition(sums) / (128 * 10)
    }

    /// Tenths of a cycle in which 128 sums of a stage are added to those before. A tile that lies in one column of 128 x 128
    /// scales has a kernel of its own for them.
    fn addition(self, sums: Sums) -> usize {
        let (_, columns) = self.extent();
        match sums {
            Sums::TensorCores => 0,
            Sums::Promoted => ADD,
            Sums::Scaled128x128 | Sums::Scaled1x128 if self.is_few() => FEW_ADD,
            Sums::Scaled128x128 if SCALE_COLUMNS.is_multiple_of(columns) => ADD,
            Sums::Scaled128x128 | Sums::Scaled1x128 => ADD_BY_COLUMN,
        }
    }

    /// Cycles of each tile besides its stages, and of the last. Sums that the tensor cores keep leave registers to hold a tile,
    /// unless it has an epilogue.
    pub(super) fn store(self, HopperShape { sums, epilogue, .. }: HopperShape) -> (usize, usize) {
        let (rows, columns) = self.extent();
        let of = |cycles| rows.div_ceil(128) * columns * cycles / 64;
        match (self.is_few(), self.takes_turns()) {
            (true, _) => (TILE_OVERHEAD + rows * ROW_OVERHEAD, 0),
            (_, true) => (0, of(STORE) / 2),
            _ if epilogue => (of(EPILOGUE), 0),
            _ if sums == Sums::TensorCores => (of(HELD), of(STORE - HELD)),
            _ => (of(STORE), 0),
        }
    }
}
