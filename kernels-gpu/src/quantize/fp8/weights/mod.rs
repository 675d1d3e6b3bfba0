//! The quantisers of weights alone: by tiles, and by columns.

mod column;
mod tile;

pub use column::*;
pub use tile::*;
