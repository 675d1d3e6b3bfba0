//! The kernels, for each type of C and way to sum.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::dense::{
    Tile64x128, Tile64x256, Tile128x96, Tile128x128, Tile128x144, Tile128x192, Tile128x256,
    products,
};
use crate::gemm::hopper::sum::{Fast, Promoted};

products! {
    hopper_fp8_bf16_t128x256: Tile128x256, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t128x192: Tile128x192, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t128x144: Tile128x144, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t128x128: Tile128x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t128x96: Tile128x96, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t64x256: Tile64x256, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t64x128: Tile64x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_promoted_t128x128: Tile128x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_f16_t128x256: Tile128x256, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t128x192: Tile128x192, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t128x144: Tile128x144, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t128x128: Tile128x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t128x96: Tile128x96, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t64x256: Tile64x256, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t64x128: Tile64x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_promoted_t128x128: Tile128x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f32_t128x256: Tile128x256, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t128x192: Tile128x192, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t128x128: Tile128x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x256: Tile64x256, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x128: Tile64x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_promoted_t128x128: Tile128x128, E4m3, E4m3 => f32, Promoted;
}
