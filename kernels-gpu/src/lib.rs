//! The device crate: every GPU kernel of gatewarp.
//!
//! Compiled for `nvptx64` it is a set of PTX modules, one a kernel family (the top-level modules with
//! kernels in them); compiled for the host it is the same functions, run by the simulator, and a typed
//! launch handle a kernel.
//!
//! | family | kernels |
//! |---|---|
//! | [`activation`] | gated activations |
//! | [`ceiling`] | what a device can do at most: streams and matrix products |
//! | [`gemm`] | matrix multiplication, dense and grouped |
//! | [`moe`] | routing, permutation by expert, weighted sum |
//! | [`quantize::block`] | MXFP8, MXFP4 and NVFP4, from memory and from activations, and back; a family each |
//! | [`quantize::fp8`] | FP8 with `f32` scales, from memory and from activations, and back; a family each |
//! | [`quantize::layout`] | rows, columns and block scales in the orders that kernels want |
//!
//! [`element`], [`pack`], [`octet`], [`rows`], `ring` and `divide` are the vocabulary they share. Kernels decide nothing: tile, vector
//! width and grid are chosen on the host.
#![cfg_attr(target_arch = "nvptx64", no_std)]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx))]
#![cfg_attr(
    target_arch = "nvptx64",
    cfg_attr(cuda_arch = "sm_90a", feature(asm_experimental_arch))
)]

pub mod activation;
pub mod ceiling;
mod divide;
pub mod element;
pub mod gemm;
pub mod moe;
pub mod octet;
pub mod pack;
pub mod quantize;
#[cfg_attr(target_arch = "nvptx64", cfg(cuda_arch = "sm_90a"))]
mod ring;
pub mod rows;
