//! Calls that must fail.

mod activation;
mod device;
mod fused_moe;
mod gemm;
mod gemm_block_scaled;
mod gemm_epilogue;
mod gemm_fp8;
mod gemm_fp8_shuffled;
mod nn;
mod quantize_activation;
mod quantize_block;
mod quantize_fp8;
mod quantize_layout;
mod quantized_linear;
mod tensor;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    activation::register(suite);
    device::register(suite);
    fused_moe::register(suite);
    gemm::register(suite);
    gemm_block_scaled::register(suite);
    gemm_epilogue::register(suite);
    gemm_fp8::register(suite);
    gemm_fp8_shuffled::register(suite);
    nn::register(suite);
    quantize_activation::register(suite);
    quantize_block::register(suite);
    quantize_fp8::register(suite);
    quantize_layout::register(suite);
    quantized_linear::register(suite);
    tensor::register(suite);
}
