//! Products of e4m3 to bf16.

use formats::E4m3;
use half::bf16;

use crate::gemm::hopper::products::epilogue_products;
use crate::gemm::hopper::sum::{Fast, Promoted};
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Tile64x48, Tile64x64, Tile64x80, Tile64x128, Tile64x256, Tile128x128,
    Tile128x192, Tile128x256, Turns128x128,
};

epilogue_products! {
    hopper_epilogue_fp8_bf16_few16: SwappedStaged, Few16, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_few32: SwappedStaged, Few32, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_few64: SwappedStaged, Few64, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t64x48: Staged, Tile64x48, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t64x64: Staged, Tile64x64, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t64x80: Staged, Tile64x80, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t64x128: Staged, Tile64x128, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t128x128: Staged, Tile128x128, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_turns128x128: Staged, Turns128x128, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t64x256: Staged, Tile64x256, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t128x192: Staged, Tile128x192, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_t128x256: Staged, Tile128x256, E4m3, E4m3 => bf16, bf16, Fast;
    hopper_epilogue_fp8_bf16_promoted_few16: SwappedStaged, Few16, E4m3, E4m3 => bf16, bf16, Promoted;
    hopper_epilogue_fp8_bf16_promoted_few32: SwappedStaged, Few32, E4m3, E4m3 => bf16, bf16, Promoted;
    hopper_epilogue_fp8_bf16_promoted_few64: SwappedStaged, Few64, E4m3, E4m3 => bf16, bf16, Promoted;
    hopper_epilogue_fp8_bf16_promoted_t128x128: Staged, Tile128x128, E4m3, E4m3 => bf16, bf16, Promoted;
}
