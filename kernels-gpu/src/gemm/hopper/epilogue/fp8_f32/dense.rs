//! Products of e4m3 to f32.

use formats::E4m3;

use crate::gemm::hopper::products::epilogue_products;
use crate::gemm::hopper::sum::{Fast, Promoted};
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Tile64x128, Tile128x128};

epilogue_products! {
    hopper_epilogue_fp8_f32_few16: SwappedStaged, Few16, E4m3, E4m3 => f32, f32, Fast;
    hopper_epilogue_fp8_f32_few32: SwappedStaged, Few32, E4m3, E4m3 => f32, f32, Fast;
    hopper_epilogue_fp8_f32_few64: SwappedStaged, Few64, E4m3, E4m3 => f32, f32, Fast;
    hopper_epilogue_fp8_f32_t64x128: Staged, Tile64x128, E4m3, E4m3 => f32, f32, Fast;
    hopper_epilogue_fp8_f32_t128x128: Staged, Tile128x128, E4m3, E4m3 => f32, f32, Fast;
    hopper_epilogue_fp8_f32_promoted_few16: SwappedStaged, Few16, E4m3, E4m3 => f32, f32, Promoted;
    hopper_epilogue_fp8_f32_promoted_few32: SwappedStaged, Few32, E4m3, E4m3 => f32, f32, Promoted;
    hopper_epilogue_fp8_f32_promoted_few64: SwappedStaged, Few64, E4m3, E4m3 => f32, f32, Promoted;
    hopper_epilogue_fp8_f32_promoted_t128x128: Staged, Tile128x128, E4m3, E4m3 => f32, f32, Promoted;
}
