//! Products of blocks with scales, to bf16.

use half::bf16;

use crate::gemm::hopper::products::block_scaled_epilogue_products;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Scaled128x128, Tile64x128};

block_scaled_epilogue_products! {
    hopper_epilogue_block_bf16_few16: SwappedStaged, Few16 => bf16, bf16, true;
    hopper_epilogue_block_bf16_few32: SwappedStaged, Few32 => bf16, bf16, true;
    hopper_epilogue_block_bf16_few64: SwappedStaged, Few64 => bf16, bf16, true;
    hopper_epilogue_block128x128_bf16_t64x128: Staged, Tile64x128 => bf16, bf16, false;
    hopper_epilogue_block1x128_bf16_t64x128: Staged, Tile64x128 => bf16, bf16, true;
    hopper_epilogue_block128x128_bf16_t128x128: Staged, Scaled128x128 => bf16, bf16, false;
    hopper_epilogue_block1x128_bf16_t128x128: Staged, Scaled128x128 => bf16, bf16, true;
}
