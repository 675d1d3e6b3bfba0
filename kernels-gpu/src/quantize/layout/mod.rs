//! Bytes from one place to another: row orders, blocks of columns, tiled scales. Nothing is computed.
//!
//! Where things go is said by the index functions of `formats`; there are two bodies, `rows` for matrices and
//! `scales` for block scales, each for threads that move 16, 4 or 1 bytes at once.

mod chunk;
mod rows;
mod scales;

pub use rows::*;
pub use scales::*;

/// Threads of a block at most.
pub const LAYOUT_THREADS: u32 = 256;
