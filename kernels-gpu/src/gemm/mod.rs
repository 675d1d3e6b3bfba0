//! Matrix multiplication: `C[M, N] = A[M, K] * B[N, K]^T`, accumulated in `f32`.
//!
//! The portable engine, for every GPU with `mma.sync` on bf16 (sm_80 and later): `tile` computes one
//! output tile, [`dense`] and [`grouped`] say which tiles there are.

pub mod dense;
pub mod grouped;
mod layout;
mod load;
mod tile;

pub use layout::{BLOCK_K, STAGES, TileShape};
