//! `mxfp4_quantize_<dtype>`.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use crate::octet::Plain;
use crate::pack::Words4;
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Mxfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::stamp::mx_quantizers;
use crate::quantize::block::{EVERY, WIDE};
use crate::rows::RowSet;

mx_quantizers! {
    Mxfp4;
    mxfp4_quantize_bf16: bf16;
    mxfp4_quantize_f16: f16;
    mxfp4_quantize_f32: f32;
}
