//! `swiglu`: gate and up projection in tensors of their own.

use super::activation_type::ActivationType;
use super::call::{Call, Operand};
use super::element::GatedElement;
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView};

/// What is added to the projections first.
#[derive(Clone, Copy)]
pub struct SwigluOptions<'a, T> {
    /// `[d]`, added to each row of the gate.
    pub gate_bias: Option<TensorView<'a, T>>,
    /// `[d]`, added to each row of the up projection.
    pub up_bias: Option<TensorView<'a, T>>,
}

impl<T> Default for SwigluOptions<'_, T> {
    fn default() -> Self {
        Self {
            gate_bias: None,
            up_bias: None,
        }
    }
}

/// `out = silu(gate + gate_bias) * (up + up_bias)`, element by element.
///
/// # Shapes
/// `gate` and `up` of one shape, any; each with its rows as far apart as they like. Biases `[d]`, if they are there,
/// where `d` is the last dimension. The result has the same shape.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if a shape is another; [`Error::Placement`](crate::Error::Placement) if a
/// tensor is not on the stream.
///
/// # Numerics
/// As [`silu_and_mul`](super::silu_and_mul); biases are added in `f32`, and nothing is rounded to `T` in between.
pub fn swiglu<T: GatedElement>(
    stream: &Stream,
    gate: &impl AsView<T>,
    up: &impl AsView<T>,
    options: &SwigluOptions<'_, T>,
) -> Result<Tensor<T>> {
    let gate = gate.as_view();
    let mut out = Tensor::empty(stream, gate.shape())?;
    swiglu_into(stream, &gate, up, options, &mut out)?;
    Ok(out)
}

/// [`swiglu`] into `out`, of the same shape, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`swiglu`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn swiglu_into<T: GatedElement>(
    stream: &Stream,
    gate: &impl AsView<T>,
    up: &impl AsView<T>,
    options: &SwigluOptions<'_, T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let operand = |name, view| Operand { name, view };
    let gate = operand("gate", gate.as_view());
    let up = operand("up", up.as_view());
    let call = Call {
        gate_bias: options.gate_bias,
        up_bias: options.up_bias,
        ..Call::new(
            Op::new("swiglu", stream),
            ActivationType::Swiglu,
            gate,
            Some(up),
        )
    };
    call.run(&mut out.as_view_mut())
}
