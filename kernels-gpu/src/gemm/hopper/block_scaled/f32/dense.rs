//! The kernels, those of few rows too. There is none of 256 x 128 by scales of each row: storing `f32` takes registers that it
//! does not leave.

use crate::gemm::hopper::products::block_scaled_products;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Scaled128x128, Tile64x48, Tile64x64, Tile64x128, Tile256x128,
};

block_scaled_products! {
    hopper_block128x128_f32_t128x128: Straight, Scaled128x128 => f32, false;
    hopper_block128x128_f32_t256x128: Straight, Tile256x128 => f32, false;
    hopper_block1x128_f32_t128x128: Straight, Scaled128x128 => f32, true;
    hopper_block128x128_f32_t64x64: Straight, Tile64x64 => f32, false;
    hopper_block128x128_f32_t64x128: Straight, Tile64x128 => f32, false;
    hopper_block1x128_f32_t64x48: Straight, Tile64x48 => f32, true;
    hopper_block1x128_f32_t64x64: Straight, Tile64x64 => f32, true;
    hopper_block1x128_f32_t64x128: Straight, Tile64x128 => f32, true;
    hopper_block_f32_few16: Swapped, Few16 => f32, true;
    hopper_block_f32_few32: Swapped, Few32 => f32, true;
    hopper_block_f32_few64: Swapped, Few64 => f32, true;
}
