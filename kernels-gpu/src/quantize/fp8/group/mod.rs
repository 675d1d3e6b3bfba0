//! A scale for 128 consecutive elements of a row.

mod quantize;

pub use quantize::*;
