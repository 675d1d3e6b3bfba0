//! Where a matrix of block scales keeps the scale of row `m`, column `kv`, and the orders in which kernels
//! want the rows and columns of weights.
//!
//! A quantised `M x K` matrix has one scale byte per row and per block of `K`: 16 elements for NVFP4,
//! 32 for MXFP4 and MXFP8. Tensor cores of sm_100 read them in tiles, and so do the kernels that feed
//! them; a buffer is therefore padded to whole tiles.

mod column_blocks;
mod grid;
mod offset;
mod row_order;

pub use column_blocks::ColumnBlocks;
pub use grid::ScaleGrid;
pub use row_order::RowOrder;

/// An order of the scales of a matrix, by FlashInfer's names and numbers (`SfLayout`).
///
/// With `T = ceil(columns / 4)` tiles in a row of tiles, the byte offset of `(row, column)` is
///
/// | layout | offset | tile |
/// |---|---|---|
/// | `Swizzled128x4` | `(row/128)*T*512 + (column/4)*512 + (row%32)*16 + (row%128/32)*4 + column%4` | 128 x 4 |
/// | `Swizzled8x4` | `(row/8)*T*32 + (column/4)*32 + (row%8)*4 + column%4` | 8 x 4 |
/// | `Linear` | `row*columns + column` | 1 x 1 |
///
/// A 128x4 tile is 512 bytes: 32 lines of 16, line `i` holding the scales of rows `i`, `i+32`, `i+64`
/// and `i+96`, four columns each.
///
/// ```text
///            0      3 4      7 8     11 12    15
/// line  0  | row  0 | row 32 | row 64 | row 96 |
/// line  1  | row  1 | row 33 | row 65 | row 97 |
///  ...
/// line 31  | row 31 | row 63 | row 95 | row 127|
/// ```
///
/// This is the block scaling layout of cuBLAS (cuBLAS documentation, "1D Block Scaling Factors Layout")
/// and `SwizzleType.SWIZZLE_32_4_4` of PyTorch.
///
/// The methods are plain arithmetic, checked against nothing, for kernels that know the layout at
/// compile time; [`ScaleGrid`] is the checked form. Matrices of a batch follow each other, each padded on
/// its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ScaleLayout {
    /// Tiles of 128 rows and 4 columns, the rows of a tile interleaved by 32.
    Swizzled128x4 = 0,
    /// Tiles of 8 rows and 4 columns, row-major: less padding where rows are few.
    Swizzled8x4 = 1,
    /// Row-major, without padding.
    Linear = 2,
}

/// At least 1, so that a kernel carries no branch to a division panic.
#[inline(always)]
const fn at_least_one(count: usize) -> usize {
    if count == 0 { 1 } else { count }
}
