//! FlashInfer's gated activations: the gate is the first half of a row, the up projection the second.

use super::activation_type::ActivationType;
use super::call::{Call, halves};
use super::element::GatedElement;
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// `out[.., j] = silu(x[.., j]) * x[.., d + j]`, where `silu(v) = v / (1 + exp(-v))`.
///
/// # Shapes
/// `x [.., 2d]` of any rank from 1 up, its rows as far apart as they like; the result is `[.., d]`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the last dimension of `x` is odd;
/// [`Error::Placement`](crate::Error::Placement) if `x` is not on the stream.
///
/// # Numerics
/// Computed in `f32` and rounded once, to nearest even. On a GPU the exponential and the quotient are
/// approximate to 2 ulp of `f32` each, and a `silu` below about 2^-119 becomes zero. Negative infinity gives
/// NaN, as the formula does.
/// Source: FlashInfer, `include/flashinfer/activation.cuh`.
pub fn silu_and_mul<T: GatedElement>(stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
    SILU.run(stream, x)
}

/// [`silu_and_mul`] into `out [.., d]`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn silu_and_mul_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    SILU.run_into(stream, x, out)
}

/// `out[.., j] = gelu(x[.., j]) * x[.., d + j]`, where `gelu(v) = v / 2 (1 + erf(v / sqrt(2)))`.
///
/// # Shapes
/// As [`silu_and_mul`].
///
/// # Errors
/// As [`silu_and_mul`].
///
/// # Numerics
/// Computed in `f32` and rounded once, to nearest even. On a GPU `gelu` is within a 64th of an ulp of a 16-bit result,
/// and of `f32` within 12 ulp above -1 and `12 + 2 v^2` below, where `1 + erf` would cancel; below about 2^-119 it
/// becomes zero, and at negative infinity it is zero, the limit.
/// Source of the formula: FlashInfer, `include/flashinfer/activation.cuh`.
pub fn gelu_and_mul<T: GatedElement>(stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
    GELU.run(stream, x)
}

/// [`gelu_and_mul`] into `out [.., d]`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul_into`].
pub fn gelu_and_mul_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    GELU.run_into(stream, x, out)
}

/// `out[.., j] = gelu(x[.., j]) * x[.., d + j]`, where
/// `gelu(v) = v / 2 (1 + tanh(sqrt(2 / pi) (v + 0.044715 v^3)))`.
///
/// # Shapes
/// As [`silu_and_mul`].
///
/// # Errors
/// As [`silu_and_mul`].
///
/// # Numerics
/// Computed in `f32` and rounded once, to nearest even. On a GPU it is computed as `v / (1 + exp(-2 z))`, which is
/// the same and, unlike an approximate hyperbolic tangent, as exact for negative `v`: within a 64th of an ulp of a
/// 16-bit result. Below about 2^-119 it becomes zero. Negative infinity gives NaN, as the formula does.
/// Source of the formula: FlashInfer, `include/flashinfer/activation.cuh`.
pub fn gelu_tanh_and_mul<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
) -> Result<Tensor<T>> {
    GELU_TANH.run(stream, x)
}

/// [`gelu_tanh_and_mul`] into `out [.., d]`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul_into`].
pub fn gelu_tanh_and_mul_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    GELU_TANH.run_into(stream, x, out)
}

const SILU: AndMul = AndMul("silu_and_mul", ActivationType::Swiglu);
const GELU: AndMul = AndMul("gelu_and_mul", ActivationType::Geglu);
const GELU_TANH: AndMul = AndMul("gelu_tanh_and_mul", ActivationType::GegluTanh);

/// An operation's name and what it computes.
struct AndMul(&'static str, ActivationType);

impl AndMul {
    fn run<T: GatedElement>(&self, stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
        let x = x.as_view();
        let [gate, _] = halves(Op::new(self.0, stream), x)?;
        let mut out = Tensor::empty(stream, gate.view.shape())?;
        self.run_into(stream, &x, &mut out)?;
        Ok(out)
    }

    fn run_into<T: GatedElement>(
        &self,
        stream: &Stream,
        x: &impl AsView<T>,
        out: &mut impl AsViewMut<T>,
    ) -> Result<()> {
        let op = Op::new(self.0, stream);
        let [gate, up] = halves(op, x.as_view())?;
        Call::new(op, self.1, gate, Some(up)).run(&mut out.as_view_mut())
    }
}
