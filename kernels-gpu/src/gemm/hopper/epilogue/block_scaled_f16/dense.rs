//! Products of blocks with scales, to f16.

use half::f16;

use crate::gemm::hopper::products::block_scaled_epilogue_products;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Scaled128x128, Tile64x128};

block_scaled_epilogue_products! {
    hopper_epilogue_block_f16_few16: SwappedStaged, Few16 => f16, f16, true;
    hopper_epilogue_block_f16_few32: SwappedStaged, Few32 => f16, f16, true;
    hopper_epilogue_block_f16_few64: SwappedStaged, Few64 => f16, f16, true;
    hopper_epilogue_block128x128_f16_t64x128: Staged, Tile64x128 => f16, f16, false;
    hopper_epilogue_block1x128_f16_t64x128: Staged, Tile64x128 => f16, f16, true;
    hopper_epilogue_block128x128_f16_t128x128: Staged, Scaled128x128 => f16, f16, false;
    hopper_epilogue_block1x128_f16_t128x128: Staged, Scaled128x128 => f16, f16, true;
}
