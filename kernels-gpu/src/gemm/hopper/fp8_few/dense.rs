//! The kernels, for each type of C and way to sum.

use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::hopper::dense::products;
use crate::gemm::hopper::few::dense::{Few16, Few32, Few64};
use crate::gemm::hopper::sum::{Fast, Promoted};

products! {
    hopper_fp8_bf16_few16: Swapped, Few16, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_few32: Swapped, Few32, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_bf16_few64: Swapped, Few64, E4m3, E4m3 => bf16, Fast;
    hopper_fp8_f16_few16: Swapped, Few16, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_few32: Swapped, Few32, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f16_few64: Swapped, Few64, E4m3, E4m3 => f16, Fast;
    hopper_fp8_f32_few16: Swapped, Few16, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_few32: Swapped, Few32, E4m3, E4m3 => f32, Fast;
    hopper_fp8_f32_few64: Swapped, Few64, E4m3, E4m3 => f32, Fast;
    hopper_fp8_bf16_promoted_few16: Swapped, Few16, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_few32: Swapped, Few32, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_few64: Swapped, Few64, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_f16_promoted_few16: Swapped, Few16, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f16_promoted_few32: Swapped, Few32, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f16_promoted_few64: Swapped, Few64, E4m3, E4m3 => f16, Promoted;
    hopper_fp8_f32_promoted_few16: Swapped, Few16, E4m3, E4m3 => f32, Promoted;
    hopper_fp8_f32_promoted_few32: Swapped, Few32, E4m3, E4m3 => f32, Promoted;
    hopper_fp8_f32_promoted_few64: Swapped, Few64, E4m3, E4m3 => f32, Promoted;
}
