//! Products of bf16.

use half::bf16;

use crate::gemm::hopper::products::epilogue_products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{
    Few16, Few32, Few64, Tile64x48, Tile64x64, Tile64x80, Tile64x128, Tile64x256, Tile128x128,
    Tile128x192, Tile128x256, Turns128x128,
};

epilogue_products! {
    hopper_epilogue_bf16_few16: SwappedStaged, Few16, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_few32: SwappedStaged, Few32, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_few64: SwappedStaged, Few64, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t64x48: Staged, Tile64x48, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t64x64: Staged, Tile64x64, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t64x80: Staged, Tile64x80, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t64x128: Staged, Tile64x128, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t128x128: Staged, Tile128x128, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_turns128x128: Staged, Turns128x128, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t64x256: Staged, Tile64x256, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t128x192: Staged, Tile128x192, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_t128x256: Staged, Tile128x256, bf16, bf16 => bf16, bf16, Fast;
    hopper_epilogue_bf16_f32_few16: SwappedStaged, Few16, bf16, bf16 => f32, f32, Fast;
    hopper_epilogue_bf16_f32_few32: SwappedStaged, Few32, bf16, bf16 => f32, f32, Fast;
    hopper_epilogue_bf16_f32_few64: SwappedStaged, Few64, bf16, bf16 => f32, f32, Fast;
    hopper_epilogue_bf16_f32_t64x128: Staged, Tile64x128, bf16, bf16 => f32, f32, Fast;
    hopper_epilogue_bf16_f32_t128x128: Staged, Tile128x128, bf16, bf16 => f32, f32, Fast;
}
