//! `mxfp8_quantize_<dtype>`.

use cuda_std::kernel;
use half::{bf16, f16};

use crate::octet::Plain;
use crate::quantize::block::EVERY;
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Mxfp8;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::stamp::mx_quantizers;
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::RowSet;

mx_quantizers! {
    Mxfp8;
    mxfp8_quantize_bf16: bf16, WIDE;
    mxfp8_quantize_bf16_narrow: bf16, NARROW;
    mxfp8_quantize_f16: f16, WIDE;
    mxfp8_quantize_f16_narrow: f16, NARROW;
    mxfp8_quantize_f32: f32, WIDE;
    mxfp8_quantize_f32_narrow: f32, NARROW;
}
