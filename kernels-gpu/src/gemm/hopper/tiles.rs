//! The tiles that kernels are stamped for.
//!
//! Those of few rows are swapped: 128 rows of B, the weights, by so many rows of A. Their time goes into reading B, so stages
//! are many and small.

use super::tile::Tile;

/// 256 x 128, both halves of 128 rows by a consumer: large products of sums that are promoted.
pub type Tile256x128 = Tile<64, 2, 4, 1, 2>;
/// 128 x 256: large products.
pub type Tile128x256 = Tile<128, 2, 4, 1>;
/// 128 x 224: large products that it divides into fewer or fuller waves of tiles.
pub type Tile128x224 = Tile<112, 2, 4, 1>;
/// 128 x 192: the same.
pub type Tile128x192 = Tile<96, 2, 4, 1>;
/// 128 x 176: the same.
pub type Tile128x176 = Tile<88, 2, 5, 1>;
/// 128 x 176 of stages that have scales, which take the place of one.
pub type Scaled128x176 = Tile<88, 2, 4, 1>;
/// 128 x 160: as 128 x 176.
pub type Tile128x160 = Tile<80, 2, 5, 1>;
/// 128 x 144: products that it divides into about as many tiles as there are multiprocessors.
pub type Tile128x144 = Tile<72, 2, 5, 6>;
/// 128 x 128: smaller products, and sums that are promoted by two partial sums, for which a larger tile leaves no registers.
pub type Tile128x128 = Tile<64, 2, 6, 8>;
/// 128 x 128 of stages that have scales, which take the place of one.
pub type Scaled128x128 = Tile<64, 2, 5, 8>;
/// 128 x 112: smaller ones yet.
pub type Tile128x112 = Tile<56, 2, 6, 8>;
/// 128 x 96: the same.
pub type Tile128x96 = Tile<48, 2, 6, 8>;
/// 128 x 80: the same.
pub type Tile128x80 = Tile<40, 2, 7, 8>;
/// 64 x 256 by a consumer, while the other stores its own: large products of short K.
pub type Tile64x256 = Tile<128, 1, 5, 1>;
/// 128 x 128 by a consumer, the same: it reads less.
pub type Turns128x128 = Tile<64, 1, 6, 1, 2>;
/// 64 x 128, the same: products of fewer rows than fill a device with larger tiles.
pub type Tile64x128 = Tile<64, 1, 8, 8>;
/// 64 x 64, in turns: few rows, of weights that it divides into about as many tiles as there are multiprocessors, or that many
/// blocks share K of.
pub type Tile64x64 = Tile<32, 1, 12, 8>;
/// 64 x 80: the same.
pub type Tile64x80 = Tile<40, 1, 11, 8>;
/// 64 x 48: the same.
pub type Tile64x48 = Tile<24, 1, 14, 8>;
/// 16 rows of C by 128 columns.
pub type Few16 = Tile<8, 2, 10, 8>;
/// 32 rows of C by 128 columns.
pub type Few32 = Tile<16, 2, 9, 8>;
/// 64 rows of C by 128 columns.
pub type Few64 = Tile<32, 2, 6, 8>;
