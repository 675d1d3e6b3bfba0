//! Gated activations: `out = act(gate) * up`, row by row.

pub mod function;
mod gated;
mod silu_and_mul;
pub mod source;

pub use silu_and_mul::*;
