//! FP8 with `f32` scales: e4m3 or e5m2 codes, each a byte.
//!
//! | who shares a scale | quantised from memory | from `silu_and_mul` |
//! |---|---|---|
//! | all | [`fp8_quantize_per_tensor`], [`fp8_quantize_per_tensor_static`] | [`silu_and_mul_fp8_quantize_per_tensor_static`] |
//! | a row | [`fp8_quantize_per_token`], [`fp8_quantize_per_channel`] | [`silu_and_mul_fp8_quantize_per_token`] |
//! | a column | [`fp8_quantize_per_channel`] | |
//! | 128 of a row | [`fp8_quantize_1x128`] | [`silu_and_mul_fp8_quantize_1x128`] |
//! | 128 x 128 | [`fp8_quantize_128x128`] | |
//!
//! Every device gives the same bits, and an activation fused into a quantiser those of the two one after the other. Rows may
//! be chosen by what only the device knows: [`LiveRows`](super::LiveRows). [`fp8_dequantize`] takes any of them back.
//!
//! ```
//! use gatewarp::quantize::{Fp8Options, Fp8Scaled, fp8_dequantize, fp8_quantize_per_token};
//! use gatewarp::{Device, Tensor};
//!
//! let stream = Device::best().stream()?;
//! let x = Tensor::from_slice(&stream, &[448.0f32, 1.0, 17.0, 8.0, -4.0, 0.0], &[2, 3])?;
//! let quantized: Fp8Scaled = fp8_quantize_per_token(&stream, &x, &Fp8Options::default())?;
//! assert_eq!(quantized.scales.to_vec()?, [1.0, 8.0 / 448.0]);
//! let back: Tensor<f32> = fp8_dequantize(&stream, &quantized)?;
//! assert_eq!(back.to_vec()?, [448.0, 1.0, 16.0, 8.0, -4.0, 0.0]); // 17 is no e4m3
//! # Ok::<(), gatewarp::Error>(())
//! ```

mod amax;
mod arguments;
mod code;
mod dequantize;
mod group;
mod job;
mod kernels;
mod on_cpu;
mod on_kernels;
mod options;
mod scaled;
mod scaling;
mod sizes;
mod source;
mod strips;
mod tensor;
mod token;
mod weights;

pub use amax::{amax, amax_into, amax_workspace};
pub use code::Fp8Code;
pub use dequantize::{fp8_dequantize, fp8_dequantize_into};
pub use group::{
    activation_fp8_quantize_1x128, activation_fp8_quantize_1x128_into, fp8_quantize_1x128,
    fp8_quantize_1x128_into, silu_and_mul_fp8_quantize_1x128, silu_and_mul_fp8_quantize_1x128_into,
};
pub use kernels::Fp8Element;
pub use options::{ChannelAxis, Fp8Options, ScaleMajor, ScaleRounding};
pub use scaled::{Fp8Scaled, Fp8View};
pub use scaling::Fp8Scaling;
pub use tensor::{
    activation_fp8_quantize_per_tensor_static, activation_fp8_quantize_per_tensor_static_into,
    fp8_quantize_per_tensor, fp8_quantize_per_tensor_into, fp8_quantize_per_tensor_static,
    fp8_quantize_per_tensor_static_into, silu_and_mul_fp8_quantize_per_tensor_static,
    silu_and_mul_fp8_quantize_per_tensor_static_into,
};
pub use token::{
    activation_fp8_quantize_per_token, activation_fp8_quantize_per_token_into,
    fp8_quantize_per_token, fp8_quantize_per_token_into, silu_and_mul_fp8_quantize_per_token,
    silu_and_mul_fp8_quantize_per_token_into,
};
pub use weights::{
    fp8_quantize_128x128, fp8_quantize_128x128_into, fp8_quantize_per_channel,
    fp8_quantize_per_channel_into,
};
