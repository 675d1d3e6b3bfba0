//! The engine for Hopper: `C[M, N] = A[M, K] * B[N, K]^T` by TMA and wgmma, warp-specialised and persistent.
//!
//! ```text
//!             full[s]                         empty[s]
//! producer ──────────▶ stage s of the ring ──────────▶ producer
//! (1 thread, TMA)      A: BM rows, B: BN rows          again
//!                      128 bytes of K each
//!                            │
//!                 consumer warpgroups: 64 rows of C each, wgmma
//!                            │
//!                 finish: scales, bias ─▶ slabs in shared memory ─▶ TMA store
//! ```
//!
//! | file | what |
//! |---|---|
//! | `tile` | the shape of a tile, and the plan of shared memory |
//! | `ring` | stages, with the barriers that hand them over |
//! | `schedule` | which block computes which tiles, in which order |
//! | `load` | the producer |
//! | `multiply` | the consumers' main loop |
//! | `finish` | from an accumulator to values of `C` |
//! | `store` | from values to memory |
//! | `engine` | all of it together |
//! | [`dense`] | the kernels |
//!
//! A new kind of product is another type in one of these places, not another kernel body.

pub mod dense;
mod engine;
mod finish;
mod load;
mod multiply;
mod ring;
mod schedule;
mod store;
mod tile;

pub use schedule::GROUP;
pub use tile::{ROW_BYTES, Tile};
