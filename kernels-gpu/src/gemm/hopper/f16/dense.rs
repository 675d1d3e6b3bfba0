//! The kernels to f16.

use half::f16;

use crate::gemm::hopper::products::products;
use crate::gemm::hopper::sum::Fast;
use crate::gemm::hopper::tiles::{
    Tile64x128, Tile64x256, Tile128x80, Tile128x96, Tile128x112, Tile128x128, Tile128x144,
    Tile128x160, Tile128x176, Tile128x192, Tile128x224, Tile128x256, Turns128x128,
};

products! {
    hopper_f16_t128x256: Straight, Tile128x256, f16, f16 => f16, Fast;
    hopper_f16_t128x224: Straight, Tile128x224, f16, f16 => f16, Fast;
    hopper_f16_t128x192: Straight, Tile128x192, f16, f16 => f16, Fast;
    hopper_f16_t128x176: Straight, Tile128x176, f16, f16 => f16, Fast;
    hopper_f16_t128x160: Straight, Tile128x160, f16, f16 => f16, Fast;
    hopper_f16_t128x144: Straight, Tile128x144, f16, f16 => f16, Fast;
    hopper_f16_t128x128: Straight, Tile128x128, f16, f16 => f16, Fast;
    hopper_f16_t128x112: Straight, Tile128x112, f16, f16 => f16, Fast;
    hopper_f16_t128x96: Straight, Tile128x96, f16, f16 => f16, Fast;
    hopper_f16_t128x80: Straight, Tile128x80, f16, f16 => f16, Fast;
    hopper_f16_turns128x128: Straight, Turns128x128, f16, f16 => f16, Fast;
    hopper_f16_t64x256: Straight, Tile64x256, f16, f16 => f16, Fast;
    hopper_f16_t64x128: Straight, Tile64x128, f16, f16 => f16, Fast;
}
