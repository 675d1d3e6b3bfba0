//! A scale a row.

mod quantize;

pub use quantize::*;
