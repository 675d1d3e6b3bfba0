//! The kernels, and the tiles of few rows: 128 rows of B, the weights, by so many rows of A.
//!
//! Time goes into reading B: stages are many and small, and where there are fewer tiles than multiprocessors, up to eight
//! blocks share a tile's K.

use half::{bf16, f16};

use crate::gemm::hopper::Tile;
use crate::gemm::hopper::dense::products;
use crate::gemm::hopper::sum::Fast;

/// 16 rows of C by 128 columns.
pub type Tile16x128 = Tile<8, 2, 10, 1, 8>;
/// 32 rows of C by 128 columns.
pub type Tile32x128 = Tile<16, 2, 9, 1, 8>;
/// 64 rows of C by 128 columns.
pub type Tile64x128 = Tile<32, 2, 6, 1, 8>;

products! {
    hopper_bf16_t16x128: Swapped, Tile16x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_t32x128: Swapped, Tile32x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_t64x128: Swapped, Tile64x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_t16x128: Swapped, Tile16x128, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t32x128: Swapped, Tile32x128, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x128: Swapped, Tile64x128, bf16, bf16 => f32, Fast;
    hopper_f16_t16x128: Swapped, Tile16x128, f16, f16 => f16, Fast;
    hopper_f16_t32x128: Swapped, Tile32x128, f16, f16 => f16, Fast;
    hopper_f16_t64x128: Swapped, Tile64x128, f16, f16 => f16, Fast;
    hopper_f16_f32_t16x128: Swapped, Tile16x128, f16, f16 => f32, Fast;
    hopper_f16_f32_t32x128: Swapped, Tile32x128, f16, f16 => f32, Fast;
    hopper_f16_f32_t64x128: Swapped, Tile64x128, f16, f16 => f32, Fast;
}
