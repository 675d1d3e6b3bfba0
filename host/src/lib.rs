//! The feed-forward half of LLM inference, with every GPU kernel written in Rust.
//!
//! | module | what |
//! |---|---|
//! | [`activation`] | gated activations |
//! | [`gemm`] | matrix products, dense and grouped |
//! | [`fused_moe`] | mixture of experts: routing, experts, weighted sum |
//! | [`nn`] | layers with their weights |
//! | [`quantize`] | quantisers and the layouts of what they give |
//! | [`device`], [`tensor`] | GPUs, the CPU and the simulator, and memory on them |
//! | [`mod@reference`] | the same operations as plain loops, which say what is right |
//! | [`heuristics`] | how shapes become launches |
//! | [`kernels`] | the GPU kernels themselves, to launch directly |
//!
//! Each operation has two forms: `silu_and_mul` allocates its result, `silu_and_mul_into` does not and can
//! be captured in a [`Graph`]. Errors are values that say what was expected and what came; a call that
//! fails has written nothing.
//!
//! ```
//! use gatewarp::activation::silu_and_mul;
//! use gatewarp::{Device, Tensor, bf16};
//!
//! let stream = Device::best().stream()?;
//! let x: Vec<bf16> = [1.0, 2.0, 3.0, 4.0].map(bf16::from_f32).to_vec();
//! let x = Tensor::from_slice(&stream, &x, &[1, 4])?;
//! let out = silu_and_mul(&stream, &x)?; // silu(1) * 3, silu(2) * 4
//! assert_eq!(out.to_vec()?, [2.1875, 7.03125].map(bf16::from_f32));
//! # Ok::<(), gatewarp::Error>(())
//! ```

pub mod activation;
pub mod device;
pub mod element;
mod error;
pub mod fused_moe;
pub mod gemm;
pub mod heuristics;
pub mod nn;
mod op;
pub mod quantize;
pub mod reference;
mod shape;
pub mod tensor;

pub use device::{Device, Event, Graph, Stream};
pub use element::DType;
pub use error::{Error, Result};
pub use formats;
pub use gatewarp_kernels as kernels;
pub use half::{bf16, f16};
pub use shape::{MAX_RANK, Shape};
pub use tensor::{Tensor, TensorView, TensorViewMut};

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
