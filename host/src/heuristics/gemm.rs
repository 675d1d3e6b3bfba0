//! Which tile a matrix product is cut into.

/// A tile that the portable engine has kernels for, rows by columns of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tile {
    /// Many rows.
    T128x128,
    /// Few rows: time goes into reading B.
    T16x64,
    /// Operands that cannot be loaded 16 bytes at a time.
    Unaligned64x64,
}

/// Rows up to which the small tile wins: beyond, it reads B more than twice.
const FEW_ROWS: usize = 32;

/// Elements of a 16-byte load.
const LOAD: usize = 8;

/// The tile for a product of `rows` rows (the mean, if grouped). `counts` are K and the operands' strides,
/// `addresses` where they start.
#[must_use]
pub fn tile(rows: usize, counts: &[usize], addresses: &[usize]) -> Tile {
    let aligned = counts.iter().all(|count| count.is_multiple_of(LOAD))
        && addresses.iter().all(|address| address.is_multiple_of(16));
    match rows {
        _ if !aligned => Tile::Unaligned64x64,
        0..=FEW_ROWS => Tile::T16x64,
        _ => Tile::T128x128,
    }
}

/// A tile that Hopper's engine has kernels for, rows by columns of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopperTile {
    /// Two blocks share B.
    T128x256,
    /// For products of few tiles.
    T128x128,
}

/// What one tile of this kind takes besides its products, in columns of them: filling the ring, and storing.
const OVERHEAD: usize = 24;

impl HopperTile {
    /// All of them.
    pub const ALL: &[Self] = &[Self::T128x256, Self::T128x128];

    /// Rows of one tile, its columns, and how many are computed together.
    const fn extent(self) -> (usize, usize, usize) {
        match self {
            Self::T128x256 => (128, 256, 2),
            Self::T128x128 => (128, 128, 1),
        }
    }

    /// How long a product takes, in some unit: waves of tiles, times what a tile takes.
    fn cost(self, [matrices, m, n]: [usize; 3], multiprocessors: usize) -> usize {
        let (rows, columns, together) = self.extent();
        let tiles = matrices * m.div_ceil(rows * together) * n.div_ceil(columns);
        let waves = tiles.div_ceil((multiprocessors / together).max(1));
        waves * (columns + OVERHEAD)
    }
}

/// Which of the tiles, for `[matrices, m, n]`, products of so many rows and columns, on a device of so many multiprocessors.
#[must_use]
pub fn hopper_tile(tiles: &[HopperTile], shape: [usize; 3], multiprocessors: u32) -> HopperTile {
    let cost = |tile: &HopperTile| tile.cost(shape, multiprocessors as usize);
    let best = tiles.iter().copied().min_by_key(cost);
    best.unwrap_or(HopperTile::T128x128)
}

#[cfg(test)]
mod tests {
    use super::{HopperTile, Tile, hopper_tile, tile};

    #[test]
    fn tiles_fill_the_device() {
        let tile = |shape| hopper_tile(HopperTile::ALL, shape, 132);
        assert_eq!(tile([1, 8192, 8192]), HopperTile::T128x256);
        assert_eq!(tile([1, 1024, 1024]), HopperTile::T128x128);
        assert_eq!(tile([1, 128, 4096]), HopperTile::T128x128);
        assert_eq!(tile([64, 1024, 1024]), HopperTile::T128x256);
    }

    #[test]
    fn odd_lengths_and_addresses_take_the_unaligned_tile() {
        assert_eq!(tile(128, &[4095], &[0]), Tile::Unaligned64x64);
        assert_eq!(tile(128, &[4096, 4100], &[0]), Tile::Unaligned64x64);
        assert_eq!(tile(128, &[4096], &[2]), Tile::Unaligned64x64);
    }

    #[test]
    fn few_rows_take_the_small_tile() {
        assert_eq!(tile(8, &[4096], &[0, 256]), Tile::T16x64);
        assert_eq!(tile(33, &[4096], &[0, 256]), Tile::T128x128);
    }
}
