//! One scale for all, and the largest magnitude of all, which it is made of.

mod amax;
mod quantize;

pub use amax::*;
pub use quantize::*;
