//! The kernels, and the tiles of few rows: 128 rows of B, the weights, by so many rows of A.
//!
//! Time goes into reading B: stages are many and small, and where there are fewer tiles than multiprocessors, up to eight
//! blocks share a tile's K.

use half::{bf16, f16};

use crate::gemm::hopper::Tile;
use crate::gemm::hopper::dense::products;
use crate::gemm::hopper::sum::Fast;

/// 16 rows of C by 128 columns.
pub type Few16 = Tile<8, 2, 10, 8>;
/// 32 rows of C by 128 columns.
pub type Few32 = Tile<16, 2, 9, 8>;
/// 64 rows of C by 128 columns.
pub type Few64 = Tile<32, 2, 6, 8>;

products! {
    hopper_bf16_few16: Swapped, Few16, bf16, bf16 => bf16, Fast;
    hopper_bf16_few32: Swapped, Few32, bf16, bf16 => bf16, Fast;
    hopper_bf16_few64: Swapped, Few64, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_few16: Swapped, Few16, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_few32: Swapped, Few32, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_few64: Swapped, Few64, bf16, bf16 => f32, Fast;
    hopper_f16_few16: Swapped, Few16, f16, f16 => f16, Fast;
    hopper_f16_few32: Swapped, Few32, f16, f16 => f16, Fast;
    hopper_f16_few64: Swapped, Few64, f16, f16 => f16, Fast;
    hopper_f16_f32_few16: Swapped, Few16, f16, f16 => f32, Fast;
    hopper_f16_f32_few32: Swapped, Few32, f16, f16 => f32, Fast;
    hopper_f16_f32_few64: Swapped, Few64, f16, f16 => f32, Fast;
}
