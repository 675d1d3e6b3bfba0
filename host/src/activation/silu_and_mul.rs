//! `silu_and_mul`, FlashInfer's: the gate is the first half of a row, the up projection the second.

use super::gated::{GatedElement, GatedRows, silu_and_mul_rows};
use crate::device::Stream;
use crate::error::{Error, Result};
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView};

/// `out[.., j] = silu(x[.., j]) * x[.., d + j]`, where `silu(v) = v / (1 + exp(-v))`.
///
/// # Shapes
/// `x [.., 2d]` of any rank from 1 up, its rows as far apart as they like; the result is `[.., d]`.
///
/// # Errors
/// [`Error::Shape`] if the last dimension of `x` is odd; [`Error::Placement`] if `x` is not on the stream.
///
/// # Numerics
/// Computed in `f32` and rounded once, to nearest even. On a GPU the exponential and the quotient are
/// approximate to 2 ulp of `f32` each, and a `silu` below about 2^-119 becomes zero. Negative infinity gives
/// NaN, as the formula does.
/// Source: FlashInfer, `include/flashinfer/activation.cuh`.
pub fn silu_and_mul<T: GatedElement>(stream: &Stream, x: &impl AsView<T>) -> Result<Tensor<T>> {
    let x = x.as_view();
    let d = half_columns(&x)?;
    let mut out = Tensor::empty(stream, &x.shape().with_columns(d))?;
    silu_and_mul_into(stream, &x, &mut out)?;
    Ok(out)
}

/// [`silu_and_mul`] into `out [.., d]`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul`]; [`Error::Shape`] if `out` has another shape.
pub fn silu_and_mul_into<T: GatedElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let op = Op::new("silu_and_mul", stream);
    let (x, mut out) = (x.as_view(), out.as_view_mut());
    let d = half_columns(&x)?;
    let expected = x.shape().with_columns(d);
    if *out.shape() != expected {
        return Err(Error::shape(
            op.name,
            "out",
            expected.to_string(),
            *out.shape(),
        ));
    }
    op.reads("x", &x)?;
    op.writes("out", &out)?;
    if op.runs_on_cpu() {
        // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
        let (x, out) = unsafe { (HostView::of(&x), HostViewMut::of(&mut out)) };
        return stream.run_on_host(move || {
            reference::activation::silu_and_mul(x.read(), out.write(), d);
            Ok(())
        });
    }
    let rows = GatedRows {
        x: x.as_ptr(),
        out: out.as_ptr(),
        rows: x.shape().rows(),
        d,
        x_stride: x.row_stride(),
        out_stride: out.row_stride(),
        gate: 0,
        up: d,
        n_used: std::ptr::null(),
    };
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { silu_and_mul_rows(stream, &rows) }
}

/// Half the last dimension, if it has one.
fn half_columns<T: GatedElement>(x: &TensorView<'_, T>) -> Result<usize> {
    let shape = x.shape();
    let fits = shape.rows() <= i32::MAX as usize && shape.columns() <= u32::MAX as usize;
    if shape.is_empty() || !shape.columns().is_multiple_of(2) || !fits {
        return Err(Error::shape(
            "silu_and_mul",
            "x",
            "[.., 2d], fewer than 2^31 rows",
            *shape,
        ));
    }
    Ok(shape.columns() / 2)
}
