//! Gated activations: FlashInfer's module `activation`.

mod gated;
mod silu_and_mul;

pub use gated::GatedElement;
pub(crate) use gated::{GatedRows, silu_and_mul_rows};
pub use silu_and_mul::{silu_and_mul, silu_and_mul_into};
