//! Products of FP8.
//!
//! | operation | scales |
//! |---|---|
//! | [`mm_fp8`], [`bmm_fp8`] | per tensor, per token and per channel, after the sum |
//! | [`mm_fp8_dynamic`] | the same; activations are quantised per token on the way in |
//! | [`fp8_blockscale_gemm`] | of blocks of 128 of K, within the sum; activations may be quantised on the way in |

mod activations;
pub(super) mod args;
mod block_scaled;
mod dense;
mod dynamic;
mod job;
mod kernels;
pub(super) mod on_kernels;
mod shuffled;
mod workspace;

pub use activations::Activations;
pub use block_scaled::{
    fp8_blockscale_gemm, fp8_blockscale_gemm_into, fp8_blockscale_gemm_workspace,
};
pub use dense::{bmm_fp8, bmm_fp8_into, mm_fp8, mm_fp8_into};
pub use dynamic::{
    MmFp8DynamicOptions, mm_fp8_dynamic, mm_fp8_dynamic_into, mm_fp8_dynamic_workspace,
};
pub use kernels::{Fp8Gemm, Fp8Output};
pub(super) use on_kernels::{block_scaled_tiles, tiles};
