//! MXFP8: blocks of 32 by a power of two.

mod dequantize;
mod quantize;
mod silu_and_mul;
mod squared_relu;

pub use dequantize::*;
pub use quantize::*;
pub use silu_and_mul::*;
pub use squared_relu::*;
