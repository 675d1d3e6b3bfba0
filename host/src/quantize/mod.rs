//! Quantisers, and the layouts in which kernels want quantised weights and their scales.

mod block;
mod fp8;
mod fused;
pub mod layout;
pub(crate) mod rows;
mod width;

pub use block::{
    BlockElement, BlockOptions, BlockScaled, Mxfp4, Mxfp8, Nvfp4, Nvfp4Math, SquaredReluRounding,
    activation_mxfp4_quantize, activation_mxfp4_quantize_into, activation_mxfp8_quantize,
    activation_mxfp8_quantize_into, activation_nvfp4_quantize, activation_nvfp4_quantize_into,
    mxfp4_dequantize, mxfp4_dequantize_into, mxfp4_quantize, mxfp4_quantize_into, mxfp8_dequantize,
    mxfp8_dequantize_into, mxfp8_quantize, mxfp8_quantize_into, nvfp4_dequantize,
    nvfp4_dequantize_into, nvfp4_quantize, nvfp4_quantize_into,
    silu_and_mul_expert_scaled_nvfp4_quantize, silu_and_mul_expert_scaled_nvfp4_quantize_into,
    silu_and_mul_mxfp4_quantize, silu_and_mul_mxfp4_quantize_into, silu_and_mul_mxfp8_quantize,
    silu_and_mul_mxfp8_quantize_into, silu_and_mul_nvfp4_quantize,
    silu_and_mul_nvfp4_quantize_into, silu_and_mul_scaled_nvfp4_experts_quantize,
    silu_and_mul_scaled_nvfp4_experts_quantize_into, squared_relu_and_quantize_mxfp8,
    squared_relu_and_quantize_mxfp8_into, swiglu_and_quantize_mxfp8,
    swiglu_and_quantize_mxfp8_into,
};
pub use fp8::{
    ChannelAxis, Fp8Code, Fp8Element, Fp8Options, Fp8Scaled, Fp8Scaling, Fp8View, ScaleMajor,
    ScaleRounding, activation_fp8_quantize_1x128, activation_fp8_quantize_1x128_into,
    activation_fp8_quantize_per_tensor_static, activation_fp8_quantize_per_tensor_static_into,
    activation_fp8_quantize_per_token, activation_fp8_quantize_per_token_into, amax, amax_into,
    amax_workspace, fp8_dequantize, fp8_dequantize_into, fp8_quantize_1x128,
    fp8_quantize_1x128_into, fp8_quantize_128x128, fp8_quantize_128x128_into,
    fp8_quantize_per_channel, fp8_quantize_per_channel_into, fp8_quantize_per_tensor,
    fp8_quantize_per_tensor_into, fp8_quantize_per_tensor_static,
    fp8_quantize_per_tensor_static_into, fp8_quantize_per_token, fp8_quantize_per_token_into,
    silu_and_mul_fp8_quantize_1x128, silu_and_mul_fp8_quantize_1x128_into,
    silu_and_mul_fp8_quantize_per_tensor_static, silu_and_mul_fp8_quantize_per_tensor_static_into,
    silu_and_mul_fp8_quantize_per_token, silu_and_mul_fp8_quantize_per_token_into,
};
pub use fused::FusedActivation;
pub use rows::LiveRows;
