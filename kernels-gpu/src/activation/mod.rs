//! Gated activations: `out = act(gate) * up`, row by row.

mod gated;
mod silu_and_mul;

pub use silu_and_mul::*;
