//! The kernels, for each way to sum, those of few rows too.

use formats::E4m3;
use half::bf16;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::{Fast, Promoted};
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Tile128x128, Tile128x256};

products! {
    hopper_fp8_shuffled_bf16_t128x256: StraightShuffled, Tile128x256, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few16: SwappedShuffled, Few16, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few32: SwappedShuffled, Few32, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few64: SwappedShuffled, Few64, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_promoted_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few16: SwappedShuffled, Few16, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few32: SwappedShuffled, Few32, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few64: SwappedShuffled, Few64, E4m3, E4m3 => bf16, Promoted;
}
