//! NVFP4: blocks of 16 by an e4m3, and an `f32` for many rows.

mod activated;
mod dequantize;
mod experts;
mod quantize;

pub use activated::*;
pub use dequantize::*;
pub use experts::*;
pub use quantize::*;
