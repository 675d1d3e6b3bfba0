//! The kernels, those of few rows too.

use half::bf16;

use crate::gemm::hopper::products::block_scaled_products;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Scaled128x128, Tile64x48, Tile64x64, Tile64x128, Tile256x128,
};

block_scaled_products! {
    hopper_block128x128_bf16_t128x128: Straight, Scaled128x128 => bf16, false;
    hopper_block128x128_bf16_t256x128: Straight, Tile256x128 => bf16, false;
    hopper_block1x128_bf16_t128x128: Straight, Scaled128x128 => bf16, true;
    hopper_block1x128_bf16_t256x128: Straight, Tile256x128 => bf16, true;
    hopper_block128x128_bf16_t64x64: Straight, Tile64x64 => bf16, false;
    hopper_block128x128_bf16_t64x128: Straight, Tile64x128 => bf16, false;
    hopper_block1x128_bf16_t64x48: Straight, Tile64x48 => bf16, true;
    hopper_block1x128_bf16_t64x64: Straight, Tile64x64 => bf16, true;
    hopper_block1x128_bf16_t64x128: Straight, Tile64x128 => bf16, true;
    hopper_block_bf16_few16: Swapped, Few16 => bf16, true;
    hopper_block_bf16_few32: Swapped, Few32 => bf16, true;
    hopper_block_bf16_few64: Swapped, Few64 => bf16, true;
}
