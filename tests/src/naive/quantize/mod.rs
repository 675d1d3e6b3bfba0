//! Quantisers, and the layouts of what they give.

mod block;
mod fp8;
mod layout;

pub use block::{BlockFormat, lay_out};
pub use fp8::{Fp8, mn_major};
pub use layout::{interleave, reorder_rows, shuffle_rows, to_blocks};
