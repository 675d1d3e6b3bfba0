//! Mixture of experts around the grouped GEMM: who goes where, and how the results come back.
//!
//! ```text
//! logits [T, E] --topk--> ids, weights [T, k] --count, place--> offsets [E + 1], rows by expert
//!                                                   | grouped gemm, activation, grouped gemm
//! out [T, H] <--finalize-- results by row and weights
//! ```

mod finalize;
mod permute;
mod routing;

pub use finalize::*;
pub use permute::*;
pub use routing::*;
