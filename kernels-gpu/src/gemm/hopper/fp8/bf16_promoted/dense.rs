//! The kernels, those of few rows too.

use formats::E4m3;
use half::bf16;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Promoted;
use crate::gemm::hopper::tiles::{Few16, Few32, Few64, Tile128x128, Tile256x128};

products! {
    hopper_fp8_bf16_promoted_t128x128: Straight, Tile128x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_t256x128: Straight, Tile256x128, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_few16: Swapped, Few16, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_few32: Swapped, Few32, E4m3, E4m3 => bf16, Promoted;
    hopper_fp8_bf16_promoted_few64: Swapped, Few64, E4m3, E4m3 => bf16, Promoted;
}
