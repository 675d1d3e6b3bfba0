//! An activation into MXFP4: `silu_and_mul_mxfp4_quantize_<dtype>`, and any of the table, `activation_mxfp4_quantize_<dtype>`.
//!
//! Each value is rounded to its type before it is quantised, as if it had been stored.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::activation::table::{Parametrised, Table};
use crate::quantize::block::EVERY;
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Mxfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::stamp::mx_activated;
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::RowSet;

mx_activated! {
    Mxfp4, Silu;
    silu_and_mul_mxfp4_quantize_bf16: bf16, bf16, WIDE;
    silu_and_mul_mxfp4_quantize_bf16_narrow: bf16, bf16, NARROW;
    silu_and_mul_mxfp4_quantize_f16: f16, f16, WIDE;
    silu_and_mul_mxfp4_quantize_f16_narrow: f16, f16, NARROW;
    silu_and_mul_mxfp4_quantize_f32: f32, f32, WIDE;
    silu_and_mul_mxfp4_quantize_f32_narrow: f32, f32, NARROW;
}

mx_activated! {
    Mxfp4, Table;
    activation_mxfp4_quantize_bf16: bf16, bf16, WIDE;
    activation_mxfp4_quantize_bf16_narrow: bf16, bf16, NARROW;
    activation_mxfp4_quantize_f16: f16, f16, WIDE;
    activation_mxfp4_quantize_f16_narrow: f16, f16, NARROW;
    activation_mxfp4_quantize_f32: f32, f32, WIDE;
    activation_mxfp4_quantize_f32_narrow: f32, f32, NARROW;
}
