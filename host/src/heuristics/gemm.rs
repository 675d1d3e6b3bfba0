//! Which tile a matrix product is cut into by the portable engine.

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

#[cfg(test)]
mod tests {
    use super::{Tile, tile};

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
