//! Calls that must fail.

mod activation;
mod device;
mod fused_moe;
mod gemm;
mod nn;
mod quantize_block;
mod quantize_fp8;
mod quantize_layout;
mod tensor;

use gatewarp_tests::suite::Suite;

/// Adds the trials of all files.
pub fn register(suite: &mut Suite) {
    activation::register(suite);
    device::register(suite);
    fused_moe::register(suite);
    gemm::register(suite);
    nn::register(suite);
    quantize_block::register(suite);
    quantize_fp8::register(suite);
    quantize_layout::register(suite);
    tensor::register(suite);
}
