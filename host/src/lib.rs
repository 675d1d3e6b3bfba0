//! The feed-forward half of LLM inference, with every GPU kernel written in Rust.

pub mod activation;
pub mod device;
pub mod element;
mod error;
pub mod fused_moe;
pub mod gemm;
pub mod heuristics;
pub mod nn;
mod op;
pub mod reference;
mod shape;
pub mod tensor;

pub use device::{Device, Event, Graph, Stream};
pub use element::DType;
pub use error::{Error, Result};
pub use gatewarp_kernels as kernels;
pub use half::{bf16, f16};
pub use shape::{MAX_RANK, Shape};
pub use tensor::{Tensor, TensorView, TensorViewMut};
