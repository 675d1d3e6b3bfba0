//! What becomes of a product's values before they are rounded.

use std::ptr::null;

use super::finish::check_vector;
use super::product::Sizes;
use crate::activation::ActivationType;
use crate::device::tensor_map::{ALIGNMENT, Matrices};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::op::{HostView, Op};
use crate::reference::activation::apply;
use crate::tensor::TensorView;

/// What becomes of a product's values, which have their factors and bias, before they are rounded: nothing, unless asked for.
///
/// ```text
/// c = (activation(value) + residual) * (1 / out_scale)
/// ```
///
/// All of it in `f32`, and rounded once; `D` is the type of what is added: that of the result, or `bf16` for one in FP8. The
/// product, the activation and the sum take one kernel, and what lies between them is never in memory.
///
/// ```
/// use gatewarp::activation::ActivationType;
/// use gatewarp::gemm::{Epilogue, MmOptions, mm_bf16};
/// use gatewarp::{Device, Tensor, bf16};
///
/// let stream = Device::best().stream()?;
/// let [one, minus] = [1.0, -1.0].map(bf16::from_f32);
/// let x = Tensor::from_slice(&stream, &[one, one, minus, minus], &[2, 2])?;
/// let weight = Tensor::from_slice(&stream, &[one; 6], &[3, 2])?;
/// let residual = Tensor::from_slice(&stream, &[one; 6], &[2, 3])?;
/// let options = MmOptions {
///     epilogue: Epilogue {
///         activation: ActivationType::Relu2,
///         residual: Some(residual.view()),
///         ..Epilogue::default()
///     },
///     ..MmOptions::default()
/// };
/// let c: Tensor<bf16> = mm_bf16(&stream, &x, &weight, &options)?;
/// assert_eq!(c.to_vec()?, [5.0, 5.0, 5.0, 1.0, 1.0, 1.0].map(bf16::from_f32));
/// # Ok::<(), gatewarp::Error>(())
/// ```
pub struct Epilogue<'a, D> {
    /// One of those that are not gated; the identity unless said.
    pub activation: ActivationType,
    /// Of the result's shape: added to what the activation gives. Rows may lie apart.
    pub residual: Option<TensorView<'a, D>>,
    /// One element: what codes are to be multiplied by to be values again, as in
    /// [`fp8_quantize_per_tensor_static`](crate::quantize::fp8_quantize_per_tensor_static).
    pub out_scale: Option<TensorView<'a, f32>>,
}

impl<D> Clone for Epilogue<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Epilogue<'_, D> {}

impl<D> Default for Epilogue<'_, D> {
    fn default() -> Self {
        Self {
            activation: ActivationType::Identity,
            residual: None,
            out_scale: None,
        }
    }
}

impl<'a, D: Float> Epilogue<'a, D> {
    /// Whether nothing is asked for.
    pub(super) fn is_none(&self) -> bool {
        let is_identity = self.activation == ActivationType::Identity;
        is_identity && self.residual.is_none() && self.out_scale.is_none()
    }

    /// Checks it for a result of this shape.
    pub(super) fn check(&self, op: Op<'_>, c: &[usize]) -> Result<()> {
        if self.activation.is_gated() {
            let found = format!("{:?}", self.activation);
            let expected = "Identity, Gelu, Relu, Silu or Relu2, which are of one number";
            return Err(Error::argument(op.name, "activation", expected, found));
        }
        if let Some(residual) = &self.residual {
            if **residual.shape() != *c {
                let expected = format!("{c:?}, as the result");
                let found = *residual.shape();
                return Err(Error::shape(op.name, "residual", expected, found));
            }
            op.reads("residual", residual)?;
        }
        match &self.out_scale {
            Some(scale) => check_vector(op, "out_scale", scale, &[1]),
            None => Ok(()),
        }
    }

    /// What kernels take.
    pub(super) fn pointers(&self, sizes: Sizes) -> Pointers<D> {
        let residual = self.residual.map(|view| Matrices::of(&view, sizes.c()));
        Pointers {
            activation: self.activation.number(),
            residual: residual.map_or(null(), |residual| residual.address),
            residual_stride: residual.map_or(0, |residual| residual.stride as u64),
            out_scale: self.out_scale.as_ref().map_or(null(), TensorView::as_ptr),
        }
    }

    /// The same for a task on the host.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    pub(super) unsafe fn on_host(&self) -> HostEpilogue<D> {
        // SAFETY: the caller's contract.
        unsafe {
            HostEpilogue {
                activation: self.activation,
                residual: self.residual.map(|residual| HostView::of(&residual)),
                out_scale: self.out_scale.map(|scale| HostView::of(&scale)),
            }
        }
    }
}

/// [`Epilogue`] as kernels take it, null for what is not asked for.
#[derive(Clone, Copy)]
pub(super) struct Pointers<D> {
    pub activation: u32,
    pub residual: *const D,
    pub residual_stride: u64,
    pub out_scale: *const f32,
}

impl<D> Pointers<D> {
    /// The same from a row of C on, counted through all matrices.
    pub fn from(mut self, row: usize) -> Self {
        if !self.residual.is_null() {
            let offset = row * self.residual_stride as usize;
            self.residual = self.residual.wrapping_add(offset);
        }
        self
    }

    /// Whether Hopper's kernels can read the residual, if there is one: rows begin at multiples of 16 bytes.
    pub fn is_aligned(&self) -> bool {
        let stride = self.residual_stride as usize * size_of::<D>();
        self.residual.addr().is_multiple_of(ALIGNMENT) && stride.is_multiple_of(ALIGNMENT)
    }
}

/// [`Epilogue`] that a task on the host keeps.
#[derive(Clone, Copy)]
pub(super) struct HostEpilogue<D> {
    activation: ActivationType,
    residual: Option<HostView<D>>,
    out_scale: Option<HostView<f32>>,
}

impl<D: Float> HostEpilogue<D> {
    /// What becomes of a value, whose row is counted through all matrices.
    pub fn value(self, value: f32, [row, column]: [usize; 2]) -> f32 {
        let residual = self.residual.map_or(0.0, |residual| {
            let rows = residual.read();
            rows.elements[row * rows.stride + column].to_f32()
        });
        let multiplier = self
            .out_scale
            .map_or(1.0, |scale| (1.0 / scale.read().elements[0]).min(f32::MAX));
        (apply(self.activation, value, value) + residual) * multiplier
    }
}
