//! The kernels, those of few rows too.

use half::bf16;

use crate::gemm::hopper::products::block_scaled_products;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Scaled128x128, Scaled128x176, Tile64x48, Tile64x64, Tile64x80, Tile64x128,
    Tile128x80, Tile128x96, Tile128x112, Tile128x144, Tile128x160, Tile128x192, Tile256x128,
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
    hopper_block_bf16_t128x192: Straight, Tile128x192 => bf16, true;
    hopper_block_bf16_t128x176: Straight, Scaled128x176 => bf16, true;
    hopper_block_bf16_t128x160: Straight, Tile128x160 => bf16, true;
    hopper_block_bf16_t128x144: Straight, Tile128x144 => bf16, true;
    hopper_block_bf16_t128x112: Straight, Tile128x112 => bf16, true;
    hopper_block_bf16_t128x96: Straight, Tile128x96 => bf16, true;
    hopper_block_bf16_t128x80: Straight, Tile128x80 => bf16, true;
    hopper_block_bf16_t64x80: Straight, Tile64x80 => bf16, true;
    hopper_block_bf16_few16: Swapped, Few16 => bf16, true;
    hopper_block_bf16_few32: Swapped, Few32 => bf16, true;
    hopper_block_bf16_few64: Swapped, Few64 => bf16, true;
}
