//! The kernels, for each type of C and way to sum; one tile only.

use formats::{E4m3, E5m2};
use half::{bf16, f16};

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::{Fast, Promoted};
use crate::gemm::hopper::tiles::Tile128x128;

products! {
    hopper_e5m2_e4m3_bf16_t128x128: Straight, Tile128x128, E5m2, E4m3 => bf16, Fast;
    hopper_e5m2_e4m3_bf16_promoted_t128x128: Straight, Tile128x128, E5m2, E4m3 => bf16, Promoted;
    hopper_e5m2_e4m3_f16_t128x128: Straight, Tile128x128, E5m2, E4m3 => f16, Fast;
    hopper_e5m2_e4m3_f16_promoted_t128x128: Straight, Tile128x128, E5m2, E4m3 => f16, Promoted;
    hopper_e5m2_e4m3_f32_t128x128: Straight, Tile128x128, E5m2, E4m3 => f32, Fast;
    hopper_e5m2_e4m3_f32_promoted_t128x128: Straight, Tile128x128, E5m2, E4m3 => f32, Promoted;
}
