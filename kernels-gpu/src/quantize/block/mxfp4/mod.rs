//! MXFP4: blocks of 32 by a power of two.

mod activated;
mod dequantize;
mod quantize;

pub use activated::*;
pub use dequantize::*;
pub use quantize::*;
