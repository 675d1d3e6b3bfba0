//! Results: codes and their scales.

use formats::E4m3;

use super::code::Fp8Code;
use super::job::check_floats_read;
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use crate::error::Result;
use crate::op::Op;
use crate::reference::quantize::fp8::ScaleGrid;
use crate::tensor::{Tensor, TensorView};

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

impl<C: Fp8Code> Fp8Scaled<C> {
    /// A view of all of it.
    #[must_use]
    pub fn view(&self) -> Fp8View<'_, C> {
        Fp8View {
            data: self.data.view(),
            scales: self.scales.view(),
            scaling: self.scaling,
        }
    }
}

/// FP8 with scales, borrowed: an [`Fp8Scaled`], or parts from somewhere else.
pub struct Fp8View<'a, C = E4m3> {
    /// The codes.
    pub data: TensorView<'a, C>,
    /// The scales, as many as the scaling says.
    pub scales: TensorView<'a, f32>,
    /// Whose they are.
    pub scaling: Fp8Scaling,
}

impl<C> Clone for Fp8View<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Fp8View<'_, C> {}

impl<'a, C: Fp8Code> From<&'a Fp8Scaled<C>> for Fp8View<'a, C> {
    fn from(scaled: &'a Fp8Scaled<C>) -> Self {
        scaled.view()
    }
}

impl<C: Fp8Code> Fp8View<'_, C> {
    /// Checks that the parts are here and fit each other, and says where scales are.
    pub(crate) fn check(&self, op: Op<'_>, [data, scales]: [&'static str; 2]) -> Result<ScaleGrid> {
        let sizes = Sizes::new(op, (data, self.data.shape(), 1))?;
        op.reads(data, &self.data)?;
        let count = self.scaling.shape(self.data.shape(), &sizes)?.elements();
        check_floats_read(op, scales, count, &self.scales)?;
        Ok(self.scaling.grid(&sizes))
    }
}
