//! Activations: `out = act(gate) * up`, or `act(x)`, row by row.
//!
//! | file | what |
//! |---|---|
//! | [`function`], [`math`] | the functions, as types and as formulas |
//! | [`table`] | all of them behind a number, chosen when the kernel runs |
//! | `rowwise` | the body of every kernel here |
//! | `gated`, `general` | the kernels |
//! | [`source`] | an activation as what a quantiser reads |

pub mod function;
mod gated;
mod general;
pub mod math;
mod rowwise;
pub mod source;
pub mod table;

pub use gated::*;
pub use general::*;
