//! The kernels, for each type of C and way to sum: B is `[k / 128, n, 128]`, and its map one of as many matrices, in boxes of as
//! many rows as those of plain weights.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::dense::{Tile128x128, products};
use crate::gemm::hopper::few::dense::{Tile16x128, Tile32x128, Tile64x128};
use crate::gemm::hopper::sum::{Fast, Promoted};

products! {
    hopper_fp8_shuffled_bf16_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_t16x128: SwappedShuffled, Tile16x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_t32x128: SwappedShuffled, Tile32x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_bf16_t64x128: SwappedShuffled, Tile64x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_shuffled_f16_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_t16x128: SwappedShuffled, Tile16x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_t32x128: SwappedShuffled, Tile32x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_f16_t64x128: SwappedShuffled, Tile64x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_shuffled_bf16_promoted_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_t16x128: SwappedShuffled, Tile16x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_t32x128: SwappedShuffled, Tile32x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_bf16_promoted_t64x128: SwappedShuffled, Tile64x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_shuffled_f16_promoted_t128x128: StraightShuffled, Tile128x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_t16x128: SwappedShuffled, Tile16x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_t32x128: SwappedShuffled, Tile32x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_shuffled_f16_promoted_t64x128: SwappedShuffled, Tile64x128, E4m3, E4m3 => f16, Promoted;
}
