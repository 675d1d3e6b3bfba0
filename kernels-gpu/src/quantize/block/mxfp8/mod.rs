//! MXFP8: blocks of 32 by a power of two.

mod activated;
mod dequantize;
mod quantize;
mod squared_relu;

pub use activated::*;
pub use dequantize::*;
pub use quantize::*;
pub use squared_relu::*;
