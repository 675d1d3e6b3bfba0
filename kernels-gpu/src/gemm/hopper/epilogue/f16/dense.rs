//! Products of f16.

use half::f16;

use crate::gemm::hopper::products::epilogue_products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Tile64x48, Tile64x64, Tile64x80, Tile64x128, Tile64x256, Tile128x128,
    Tile128x192, Tile128x256, Turns128x128,
};

epilogue_products! {
    hopper_epilogue_f16_few16: SwappedStaged, Few16, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_few32: SwappedStaged, Few32, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_few64: SwappedStaged, Few64, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t64x48: Staged, Tile64x48, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t64x64: Staged, Tile64x64, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t64x80: Staged, Tile64x80, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t64x128: Staged, Tile64x128, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t128x128: Staged, Tile128x128, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_turns128x128: Staged, Turns128x128, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t64x256: Staged, Tile64x256, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t128x192: Staged, Tile128x192, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_t128x256: Staged, Tile128x256, f16, f16 => f16, f16, Fast;
    hopper_epilogue_f16_f32_few16: SwappedStaged, Few16, f16, f16 => f32, f32, Fast;
    hopper_epilogue_f16_f32_few32: SwappedStaged, Few32, f16, f16 => f32, f32, Fast;
    hopper_epilogue_f16_f32_few64: SwappedStaged, Few64, f16, f16 => f32, f32, Fast;
    hopper_epilogue_f16_f32_t64x128: Staged, Tile64x128, f16, f16 => f32, f32, Fast;
    hopper_epilogue_f16_f32_t128x128: Staged, Tile128x128, f16, f16 => f32, f32, Fast;
}
