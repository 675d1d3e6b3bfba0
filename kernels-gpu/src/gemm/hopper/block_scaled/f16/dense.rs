//! The kernels, those of few rows too.

use half::f16;

use crate::gemm::hopper::products::block_scaled_products;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Scaled128x128, Scaled128x176, Tile64x48, Tile64x64, Tile64x80, Tile64x128,
    Tile128x80, Tile128x96, Tile128x112, Tile128x144, Tile128x160, Tile128x192, Tile256x128,
};

block_scaled_products! {
    hopper_block128x128_f16_t128x128: Straight, Scaled128x128 => f16, false;
    hopper_block128x128_f16_t256x128: Straight, Tile256x128 => f16, false;
    hopper_block1x128_f16_t128x128: Straight, Scaled128x128 => f16, true;
    hopper_block1x128_f16_t256x128: Straight, Tile256x128 => f16, true;
    hopper_block128x128_f16_t64x64: Straight, Tile64x64 => f16, false;
    hopper_block128x128_f16_t64x128: Straight, Tile64x128 => f16, false;
    hopper_block1x128_f16_t64x48: Straight, Tile64x48 => f16, true;
    hopper_block1x128_f16_t64x64: Straight, Tile64x64 => f16, true;
    hopper_block1x128_f16_t64x128: Straight, Tile64x128 => f16, true;
    hopper_block_f16_t128x192: Straight, Tile128x192 => f16, true;
    hopper_block_f16_t128x176: Straight, Scaled128x176 => f16, true;
    hopper_block_f16_t128x160: Straight, Tile128x160 => f16, true;
    hopper_block_f16_t128x144: Straight, Tile128x144 => f16, true;
    hopper_block_f16_t128x112: Straight, Tile128x112 => f16, true;
    hopper_block_f16_t128x96: Straight, Tile128x96 => f16, true;
    hopper_block_f16_t128x80: Straight, Tile128x80 => f16, true;
    hopper_block_f16_t64x80: Straight, Tile64x80 => f16, true;
    hopper_block_f16_few16: Swapped, Few16 => f16, true;
    hopper_block_f16_few32: Swapped, Few32 => f16, true;
    hopper_block_f16_few64: Swapped, Few64 => f16, true;
}
