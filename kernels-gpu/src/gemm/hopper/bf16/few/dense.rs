//! The kernels, for each type of C.

use half::bf16;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Tile64x48, Tile64x64, Tile64x80};

products! {
    hopper_bf16_t64x64: Straight, Tile64x64, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_t64x64: Straight, Tile64x64, bf16, bf16 => f32, Fast;
    hopper_bf16_t64x80: Straight, Tile64x80, bf16, bf16 => bf16, Fast;
    hopper_bf16_t64x48: Straight, Tile64x48, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_t64x80: Straight, Tile64x80, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x48: Straight, Tile64x48, bf16, bf16 => f32, Fast;
    hopper_bf16_few16: Swapped, Few16, bf16, bf16 => bf16, Fast;
    hopper_bf16_few32: Swapped, Few32, bf16, bf16 => bf16, Fast;
    hopper_bf16_few64: Swapped, Few64, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_few16: Swapped, Few16, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_few32: Swapped, Few32, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_few64: Swapped, Few64, bf16, bf16 => f32, Fast;
}
