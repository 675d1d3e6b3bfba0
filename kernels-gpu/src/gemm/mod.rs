//! Matrix multiplication: `C[M, N] = A[M, K] * B[N, K]^T`, accumulated in `f32`.
//!
//! The portable engine, for every GPU with `mma.sync` on bf16 (sm_80 and later): `tile` computes one
//! output tile, [`dense`], [`fp8`] and [`grouped`] say which tiles there are, and [`epilogue`] which where more is done to
//! values. [`hopper`] is the engine for TMA and wgmma.

mod chunk;
pub mod dense;
pub mod epilogue;
mod factors;
mod finish;
mod fold;
pub mod fp8;
pub mod grouped;
#[cfg_attr(target_arch = "nvptx64", cfg(cuda_arch = "sm_90a"))]
pub mod hopper;
mod layout;
mod load;
mod scales;
mod stored;
mod tile;

pub use layout::{BLOCK_K, STAGES, TileShape};
