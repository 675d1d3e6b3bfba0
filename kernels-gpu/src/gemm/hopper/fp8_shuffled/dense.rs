//! The kernels, for each type of C and way to sum: B is `[k / 128, n, 128]`, and its map one of as many matrices, in boxes of as
//! many rows as those of plain weights.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::dense::{Tile128x128, Tile128x256, products};
use crate::gemm::hopper::few::dense::{Few16, Few32, Few64};
use crate::gemm::hopper::sum::{Fast, Promoted};

products! {
    hopper_fp8_shuffled_bf16_t128x256: StraightShuffled, Tile128x256, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few16: SwappedShuffled, Few16, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few32: SwappedShuffled, Few32, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_few64: SwappedShuffled, Few64, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_f16_t128x256: StraightShuffled, Tile128x256, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_few16: SwappedShuffled, Few16, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_few32: SwappedShuffled, Few32, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_few64: SwappedShuffled, Few64, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_bf16_promoted_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few16: SwappedShuffled, Few16, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few32: SwappedShuffled, Few32, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_few64: SwappedShuffled, Few64, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_f16_promoted_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_few16: SwappedShuffled, Few16, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_few32: SwappedShuffled, Few32, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_few64: SwappedShuffled, Few64, E4m3, E4m3 => f16, Promoted;
}
