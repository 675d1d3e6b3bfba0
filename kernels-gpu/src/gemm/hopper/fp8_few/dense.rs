//! The kernels, for each type of C and way to sum.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::dense::products;
use crate::gemm::hopper::few::dense::{Tile16x128, Tile32x128, Tile64x128};
use crate::gemm::hopper::sum::{Fast, Promoted};

products! {
    hopper_fp8_bf16_t16x128: Swapped, Tile16x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t32x128: Swapped, Tile32x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_t64x128: Swapped, Tile64x128, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_f16_t16x128: Swapped, Tile16x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t32x128: Swapped, Tile32x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_t64x128: Swapped, Tile64x128, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f32_t16x128: Swapped, Tile16x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t32x128: Swapped, Tile32x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_t64x128: Swapped, Tile64x128, E4m3, E4m3 => f32, Fast;
    hopper_fp8_bf16_promoted_t16x128: Swapped, Tile16x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_t32x128: Swapped, Tile32x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_t64x128: Swapped, Tile64x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_f16_promoted_t16x128: Swapped, Tile16x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f16_promoted_t32x128: Swapped, Tile32x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f16_promoted_t64x128: Swapped, Tile64x128, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f32_promoted_t16x128: Swapped, Tile16x128, E4m3, E4m3 => f32, Promoted;
    hopper_fp8_f32_promoted_t32x128: Swapped, Tile32x128, E4m3, E4m3 => f32, Promoted;
    hopper_fp8_f32_promoted_t64x128: Swapped, Tile64x128, E4m3, E4m3 => f32, Promoted;
}
