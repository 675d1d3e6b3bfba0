//! The kernels, for each type of C.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Tile64x48, Tile64x64, Tile64x80};

products! {
    hopper_fp8_bf16_t64x64: Straight, Tile64x64, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t64x80: Straight, Tile64x80, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t64x48: Straight, Tile64x48, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_f16_t64x64: Straight, Tile64x64, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t64x80: Straight, Tile64x80, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t64x48: Straight, Tile64x48, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f32_t64x64: Straight, Tile64x64, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x80: Straight, Tile64x80, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x48: Straight, Tile64x48, E4m3, E4m3 => f32, Fast;
    hopper_fp8_bf16_few16: Swapped, Few16, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_few32: Swapped, Few32, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_few64: Swapped, Few64, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_f16_few16: Swapped, Few16, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_few32: Swapped, Few32, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_few64: Swapped, Few64, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f32_few16: Swapped, Few16, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_few32: Swapped, Few32, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_few64: Swapped, Few64, E4m3, E4m3 => f32, Fast;
}
