//! The kernels, those of few rows too.

use crate::gemm::hopper::products::block_scaled_products;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Scaled128x128};

block_scaled_products! {
    hopper_block128x128_f32_t128x128: Straight, Scaled128x128 => f32, false;
    hopper_block1x128_f32_t128x128: Straight, Scaled128x128 => f32, true;
    hopper_block_f32_few16: Swapped, Few16 => f32, true;
    hopper_block_f32_few32: Swapped, Few32 => f32, true;
    hopper_block_f32_few64: Swapped, Few64 => f32, true;
}
