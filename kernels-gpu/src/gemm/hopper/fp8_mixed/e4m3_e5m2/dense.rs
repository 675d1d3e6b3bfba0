//! The kernels, for each type of C and way to sum; one tile only.

use formats::{E4m3, E5m2};
use half::{bf16, f16};

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::{Fast, Promoted};
use crate::gemm::hopper::tiles::Tile128x128;

products! {
    hopper_e4m3_e5m2_bf16_t128x128: Straight, Tile128x128, E4m3, E5m2 => bf16, Fast;
    hopper_e4m3_e5m2_bf16_promoted_t128x128: Straight, Tile128x128, E4m3, E5m2 => bf16, Promoted;
    hopper_e4m3_e5m2_f16_t128x128: Straight, Tile128x128, E4m3, E5m2 => f16, Fast;
    hopper_e4m3_e5m2_f16_promoted_t128x128: Straight, Tile128x128, E4m3, E5m2 => f16, Promoted;
    hopper_e4m3_e5m2_f32_t128x128: Straight, Tile128x128, E4m3, E5m2 => f32, Fast;
    hopper_e4m3_e5m2_f32_promoted_t128x128: Straight, Tile128x128, E4m3, E5m2 => f32, Promoted;
}
