//! Quantisers, and the layouts of what they give.

mod layout;

pub use layout::{interleave, reorder_rows, shuffle_rows, to_blocks};
