//! NVFP4: blocks of 16 by an e4m3, and an `f32` for many rows.

mod dequantize;
mod experts;
mod quantize;
mod silu_and_mul;

pub use dequantize::*;
pub use experts::*;
pub use quantize::*;
pub use silu_and_mul::*;
