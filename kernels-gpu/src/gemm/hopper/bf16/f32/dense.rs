//! The kernels.

use half::bf16;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{Tile64x128, Tile64x256, Tile128x128, Tile128x192, Tile128x256};

products! {
    hopper_bf16_f32_t128x256: Straight, Tile128x256, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t128x192: Straight, Tile128x192, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t128x128: Straight, Tile128x128, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x256: Straight, Tile64x256, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x128: Straight, Tile64x128, bf16, bf16 => f32, Fast;
}
