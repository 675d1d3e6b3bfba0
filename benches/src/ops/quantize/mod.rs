//! Quantisers.

mod block;
pub(super) mod fp8;

pub(super) use block::{
    MXFP4, MXFP8, NVFP4, SILU_MXFP4, SILU_MXFP8, SILU_NVFP4, SQUARED_RELU_MXFP8,
};

/// The module of all of them.
const FAMILY: &str = "quantize";
