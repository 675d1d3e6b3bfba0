//! Quantisers.

mod block;
pub(super) mod fp8;

pub(super) use block::{
    ANY_MXFP4, ANY_MXFP8, ANY_NVFP4, MXFP4, MXFP8, NVFP4, SILU_MXFP4, SILU_MXFP8, SILU_NVFP4,
    SQUARED_RELU_MXFP8,
};

use gatewarp::activation::ActivationType;

/// What quantisers of any activation are measured with: that of gpt-oss.
const ANY: ActivationType = ActivationType::SWIGLU_OAI;

/// The module of all of them.
const FAMILY: &str = "quantize";
