//! Results: codes and their scales.

use formats::E4m3;

use super::code::Fp8Code;
use super::scaling::Fp8Scaling;
use crate::tensor::Tensor;

/// A tensor of FP8 with scales.
pub struct Fp8Scaled<C = E4m3> {
    /// The codes, of the shape of what was quantised.
    pub data: Tensor<C>,
    /// The scales, of the shape that the scaling says.
    pub scales: Tensor<f32>,
    /// Whose they are.
    pub scaling: Fp8Scaling,
}

impl<C: Fp8Code> Fp8Scaled<C> {
    /// Puts codes and scales together that came from somewhere else.
    #[must_use]
    pub fn new(data: Tensor<C>, scales: Tensor<f32>, scaling: Fp8Scaling) -> Self {
        Self {
            data,
            scales,
            scaling,
        }
    }
}
