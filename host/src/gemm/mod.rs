//! Matrix products: FlashInfer's module `gemm`.
//!
//! | operation | operands |
//! |---|---|
//! | [`mm`], [`mm_bf16`], [`mm_f16`] | 16-bit floats, with a bias |
//! | [`tgv_gemm`] | the same, by FlashInfer's name for few rows |
//! | [`bmm_bf16`], [`bmm_f16`] | a batch of them |
//! | [`mm_fp8`], [`bmm_fp8`] | FP8, with scales per tensor, per token and per channel, and a bias; one product by shuffled weights too |
//! | [`mm_fp8_dynamic`] | floats, quantised per token on the way in, by FP8 |
//! | [`fp8_blockscale_gemm`] | FP8 with scales of blocks, or floats quantised so on the way in, by FP8 |
//! | [`grouped_mm`] | 16-bit floats, each group of rows by a matrix of its own |
//!
//! [`MmOptions`], [`MmFp8Options`] and [`MmFp8DynamicOptions`] have an [`Epilogue`]: an activation, a residual, a scale of the
//! result, in the same kernel.
//!
//! On Hopper they run on TMA and wgmma where tensor copies can move all matrices: they begin at multiples of 16 bytes, and so
//! do their rows; those of the result are also a multiple of 16 bytes long, since its last ones are written together. K may
//! be anything. With an epilogue, the residual's rows begin there too, and FP8 is e4m3 by e4m3. Everything else, and other GPUs,
//! take the portable engine. Which of Hopper's tiles computes a product is a matter of
//! [`heuristics`](crate::heuristics::hopper_gemm), unless a [`Tuner`] has measured.

mod dense;
mod element;
mod epilogue;
mod estimate;
mod finish;
mod fp8;
mod grouped;
mod hopper;
mod on_cpu;
mod options;
mod portable;
mod product;
mod tgv;
mod tuner;
mod with_epilogue;

pub use crate::heuristics::hopper_gemm::Sums;
pub use dense::{
    bmm_bf16, bmm_bf16_into, bmm_f16, bmm_f16_into, mm, mm_bf16, mm_bf16_into, mm_f16, mm_f16_into,
    mm_into,
};
pub use element::{GemmElement, GemmOutput};
pub use epilogue::Epilogue;
pub use fp8::{
    Activations, Fp8Gemm, Fp8Output, MmFp8DynamicOptions, bmm_fp8, bmm_fp8_into,
    fp8_blockscale_gemm, fp8_blockscale_gemm_into, fp8_blockscale_gemm_workspace, mm_fp8,
    mm_fp8_dynamic, mm_fp8_dynamic_into, mm_fp8_dynamic_workspace, mm_fp8_into,
};
pub(crate) use grouped::{GroupedRows, grouped_rows};
pub use grouped::{grouped_mm, grouped_mm_into};
pub use options::{Accumulation, MmFp8Options, MmOptions, TgvOptions};
pub use tgv::{tgv_gemm, tgv_gemm_into};
pub use tuner::{GemmProblem, Tuned, Tuner};
