//! Products of blocks with scales, to f32.

use crate::gemm::hopper::products::block_scaled_epilogue_products;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Scaled128x128, Tile64x128};

block_scaled_epilogue_products! {
    hopper_epilogue_block_f32_few16: SwappedStaged, Few16 => f32, f32, true;
    hopper_epilogue_block_f32_few32: SwappedStaged, Few32 => f32, f32, true;
    hopper_epilogue_block_f32_few64: SwappedStaged, Few64 => f32, f32, true;
    hopper_epilogue_block128x128_f32_t64x128: Staged, Tile64x128 => f32, f32, false;
    hopper_epilogue_block1x128_f32_t64x128: Staged, Tile64x128 => f32, f32, true;
    hopper_epilogue_block128x128_f32_t128x128: Staged, Scaled128x128 => f32, f32, false;
    hopper_epilogue_block1x128_f32_t128x128: Staged, Scaled128x128 => f32, f32, true;
}
