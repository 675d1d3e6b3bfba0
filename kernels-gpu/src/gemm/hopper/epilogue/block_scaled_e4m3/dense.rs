//! Products of blocks with scales, to e4m3.

use formats::E4m3;
use half::bf16;

use crate::gemm::hopper::products::block_scaled_epilogue_products;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Scaled128x128, Tile64x128};

block_scaled_epilogue_products! {
    hopper_epilogue_block_e4m3_few16: SwappedStaged, Few16 => E4m3, bf16, true;
    hopper_epilogue_block_e4m3_few32: SwappedStaged, Few32 => E4m3, bf16, true;
    hopper_epilogue_block_e4m3_few64: SwappedStaged, Few64 => E4m3, bf16, true;
    hopper_epilogue_block128x128_e4m3_t64x128: Staged, Tile64x128 => E4m3, bf16, false;
    hopper_epilogue_block1x128_e4m3_t64x128: Staged, Tile64x128 => E4m3, bf16, true;
    hopper_epilogue_block128x128_e4m3_t128x128: Staged, Scaled128x128 => E4m3, bf16, false;
    hopper_epilogue_block1x128_e4m3_t128x128: Staged, Scaled128x128 => E4m3, bf16, true;
}
