//! The kernels.

use formats::E4m3;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{Tile64x128, Tile64x256, Tile128x128, Tile128x192, Tile128x256};

products! {
    hopper_fp8_f32_t128x256: Straight, Tile128x256, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t128x192: Straight, Tile128x192, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t128x128: Straight, Tile128x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x256: Straight, Tile64x256, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x128: Straight, Tile64x128, E4m3, E4m3 => f32, Fast;
}
