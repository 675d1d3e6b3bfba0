//! `max(x, 0)^2` into MXFP8: `squared_relu_mxfp8_quantize_<dtype>`.
//!
//! The kernels named `unrounded` quantise the squares as `f32`; the others round them to their type first, as if they
//! had been stored. Of `f32` the two are the same.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use crate::activation::function::SquaredRelu;
use crate::activation::source::Activated;
use crate::activation::table::Parametrised;
use crate::quantize::block::EVERY;
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Mxfp8;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::stamp::mx_activated;
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::RowSet;

mx_activated! {
    Mxfp8, SquaredRelu;
    squared_relu_mxfp8_quantize_bf16: bf16, bf16, WIDE;
    squared_relu_mxfp8_quantize_bf16_narrow: bf16, bf16, NARROW;
    squared_relu_mxfp8_quantize_f16: f16, f16, WIDE;
    squared_relu_mxfp8_quantize_f16_narrow: f16, f16, NARROW;
    squared_relu_mxfp8_quantize_f32: f32, f32, WIDE;
    squared_relu_mxfp8_quantize_f32_narrow: f32, f32, NARROW;
}

mx_activated! {
    Mxfp8, SquaredRelu;
    squared_relu_mxfp8_quantize_unrounded_bf16: bf16, f32, WIDE;
    squared_relu_mxfp8_quantize_unrounded_bf16_narrow: bf16, f32, NARROW;
    squared_relu_mxfp8_quantize_unrounded_f16: f16, f32, WIDE;
    squared_relu_mxfp8_quantize_unrounded_f16_narrow: f16, f32, NARROW;
}
