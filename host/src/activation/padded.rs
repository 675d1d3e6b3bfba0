//! Megatron's padding-aware activations: of rows that were sorted by expert and padded, those in use.

use super::activation_type::ActivationType;
use super::element::GatedElement;
use super::general::{ActivationOptions, run};
use crate::device::Stream;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::quantize::LiveRows;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// `out[r, j] = max(x[r, j], 0)^2` of the rows in use.
///
/// A row `r` is in use if `r < n_used` and `permutation_map[r] >= 0`; the map is not read from `n_used` on. Other rows
/// are neither read nor written: in a result that was just allocated they are undefined. The grid is laid over all
/// rows that there may be, so that a captured graph serves any number in use.
///
/// # Shapes
/// `x [M, N]`, or any shape of `M` rows; `permutation_map [M]`; `n_used` of one element, not negative; the result has
/// the shape of `x`.
///
/// # Errors
/// [`Error::Shape`] if the map or `n_used` has another number of elements; [`Error::Placement`] if a tensor is not on
/// the stream.
///
/// # Numerics
/// Exact but for the rounding of the square, to `f32` and then to `T`. NaN gives 0, as the hardware's larger of two
/// does; what overflows is infinite.
///
/// Source: Megatron Core, `core.inference.moe.activations`.
pub fn padded_squared_relu<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
) -> Result<Tensor<T>> {
    let x = x.as_view();
    let mut out = Tensor::empty(stream, x.shape())?;
    padded_squared_relu_into(stream, &x, permutation_map, n_used, &mut out)?;
    Ok(out)
}

/// [`padded_squared_relu`] into `out`, of the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`padded_squared_relu`]; [`Error::Shape`] if `out` has another shape.
pub fn padded_squared_relu_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    let options = of_rows(ActivationType::Relu2, rows);
    run(Op::new("padded_squared_relu", stream), x, &options, out)
}

/// `out[r, j] = silu(x[r, j]) * x[r, N + j]` of the rows in use; see [`padded_squared_relu`] for which these are.
///
/// # Shapes
/// `x [M, 2N]`, gate first, or any shape of `M` rows; `permutation_map [M]`; `n_used` of one element, not negative;
/// the result is `[M, N]`.
///
/// # Errors
/// As [`padded_squared_relu`]; [`Error::Shape`] if the last dimension of `x` is odd.
///
/// # Numerics
/// As [`silu_and_mul`](super::silu_and_mul).
///
/// Source: Megatron Core, `core.inference.moe.activations`.
pub fn padded_swiglu<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
) -> Result<Tensor<T>> {
    let x = x.as_view();
    let columns = x.shape().columns();
    if x.shape().is_empty() || !columns.is_multiple_of(2) {
        return Err(Error::shape("padded_swiglu", "x", "[.., 2d]", *x.shape()));
    }
    let mut out = Tensor::empty(stream, &x.shape().with_columns(columns / 2))?;
    padded_swiglu_into(stream, &x, permutation_map, n_used, &mut out)?;
    Ok(out)
}

/// [`padded_swiglu`] into `out [M, N]`. Allocates nothing.
///
/// # Errors
/// As [`padded_swiglu`]; [`Error::Shape`] if `out` has another shape.
pub fn padded_swiglu_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    let options = of_rows(ActivationType::Swiglu, rows);
    run(Op::new("padded_swiglu", stream), x, &options, out)
}

fn of_rows(activation_type: ActivationType, rows: LiveRows<'_>) -> ActivationOptions<'_> {
    ActivationOptions {
        rows,
        ..activation_type.into()
    }
}
