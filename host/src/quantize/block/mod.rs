//! Block-scaled formats: MXFP8, MXFP4, NVFP4. A row's consecutive elements, 32 or 16 of them, share a scale of one byte.
//!
//! | format | blocks of | element | scale | quantised from memory | from an activation |
//! |---|---|---|---|---|---|
//! | [`Mxfp8`] | 32 | e4m3 | e8m0 | [`mxfp8_quantize`] | [`activation_mxfp8_quantize`], [`silu_and_mul_mxfp8_quantize`], [`squared_relu_and_quantize_mxfp8`], [`swiglu_and_quantize_mxfp8`] |
//! | [`Mxfp4`] | 32 | e2m1 | e8m0 | [`mxfp4_quantize`] | [`activation_mxfp4_quantize`], [`silu_and_mul_mxfp4_quantize`] |
//! | [`Nvfp4`] | 16 | e2m1 | e4m3 | [`nvfp4_quantize`] | [`activation_nvfp4_quantize`], [`silu_and_mul_nvfp4_quantize`], [`silu_and_mul_scaled_nvfp4_experts_quantize`], [`silu_and_mul_expert_scaled_nvfp4_quantize`] |
//!
//! Every device gives the same bits, and an activation fused into a quantiser those of the two one after the other. Rows
//! may be chosen by what only the device knows: [`LiveRows`](super::LiveRows).
//!
//! Scales go where [`ScaleLayout`](formats::ScaleLayout) says, and their padding is always written, with zeros. A matrix
//! is all rows of a tensor, or [`BlockOptions::matrices`] of them lie in it, each with a padded grid of its own.
//!
//! ```
//! use gatewarp::quantize::{BlockOptions, mxfp8_dequantize, mxfp8_quantize};
//! use gatewarp::{Device, Tensor};
//!
//! let stream = Device::best().stream()?;
//! let x: Vec<f32> = (0..64).map(|i| i as f32).collect();
//! let x = Tensor::from_slice(&stream, &x, &[2, 32])?;
//! let quantized = mxfp8_quantize(&stream, &x, &BlockOptions::default())?;
//! assert_eq!(quantized.grid.bytes(), 128 * 4);
//! let back: Tensor<f32> = mxfp8_dequantize(&stream, &quantized)?;
//! // 33, 34 and 35, of which an e4m3 holds four bits; ties go to even ones.
//! assert_eq!(back.to_vec()?[33..36], [32.0, 32.0, 36.0]);
//! # Ok::<(), gatewarp::Error>(())
//! ```

mod arguments;
mod back;
mod experts;
mod format;
mod job;
mod kernels;
mod mxfp4;
mod mxfp8;
mod nvfp4;
mod on_cpu;
mod on_kernels;
mod options;
mod padded;
mod scaled;
mod sizes;
mod source;

pub use experts::{
    silu_and_mul_expert_scaled_nvfp4_quantize, silu_and_mul_expert_scaled_nvfp4_quantize_into,
    silu_and_mul_scaled_nvfp4_experts_quantize, silu_and_mul_scaled_nvfp4_experts_quantize_into,
};
pub use kernels::BlockElement;
pub use mxfp4::{
    activation_mxfp4_quantize, activation_mxfp4_quantize_into, mxfp4_dequantize,
    mxfp4_dequantize_into, mxfp4_quantize, mxfp4_quantize_into, silu_and_mul_mxfp4_quantize,
    silu_and_mul_mxfp4_quantize_into,
};
pub use mxfp8::{
    activation_mxfp8_quantize, activation_mxfp8_quantize_into, mxfp8_dequantize,
    mxfp8_dequantize_into, mxfp8_quantize, mxfp8_quantize_into, silu_and_mul_mxfp8_quantize,
    silu_and_mul_mxfp8_quantize_into,
};
pub use nvfp4::{
    activation_nvfp4_quantize, activation_nvfp4_quantize_into, nvfp4_dequantize,
    nvfp4_dequantize_into, nvfp4_quantize, nvfp4_quantize_into, silu_and_mul_nvfp4_quantize,
    silu_and_mul_nvfp4_quantize_into,
};
pub use options::{BlockOptions, Nvfp4Math, SquaredReluRounding};
pub use padded::{
    squared_relu_and_quantize_mxfp8, squared_relu_and_quantize_mxfp8_into,
    swiglu_and_quantize_mxfp8, swiglu_and_quantize_mxfp8_into,
};
pub use scaled::{BlockScaled, Mxfp4, Mxfp8, Nvfp4};
