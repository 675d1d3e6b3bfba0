//! A scale a column, of matrices that the registers of a cluster hold: they are read once.

mod exchange;
mod once;

pub use exchange::{MOST_BLOCKS, ONCE_BYTES};
pub use once::*;
