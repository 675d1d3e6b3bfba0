//! Back to numbers.

mod dequantize;

pub use dequantize::*;
