//! Policy: from shapes to launch configurations, by pure functions.
//!
//! Kernels decide nothing and operations choose nothing; what is chosen is chosen here, and tested
//! without a device.

pub mod activation;
pub mod clusters;
pub mod gemm;
pub mod hopper_gemm;
pub mod layout;
pub mod quantize_columns;
pub mod quantize_fp8;
pub mod rows;
