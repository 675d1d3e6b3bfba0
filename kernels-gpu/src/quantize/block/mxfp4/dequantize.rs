//! `mxfp4_dequantize_<dtype>`.

use cuda_std::kernel;
use half::{bf16, f16};

use crate::quantize::block::back::{Out, dequantize};
use crate::quantize::block::body::Data;
use crate::quantize::block::format::Mxfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::stamp::mx_dequantizers;
use crate::quantize::kind::{NARROW, WIDE};

mx_dequantizers! {
    Mxfp4;
    mxfp4_dequantize_bf16: bf16, WIDE;
    mxfp4_dequantize_bf16_narrow: bf16, NARROW;
    mxfp4_dequantize_f16: f16, WIDE;
    mxfp4_dequantize_f16_narrow: f16, NARROW;
    mxfp4_dequantize_f32: f32, WIDE;
    mxfp4_dequantize_f32_narrow: f32, NARROW;
}
