//! One scale for all.

use super::amax::{amax_workspace, check_rows, check_workspace};
use super::arguments::OneScale;
use super::code::Fp8Code;
use super::job::{Job, check_data, check_floats, check_floats_read};
use super::kernels::Fp8Element;
use super::options::Fp8Options;
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::source::Source;
use super::{on_cpu, on_kernels};
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::quantize::LiveRows;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// Quantises to FP8 with one scale, found from all elements of the rows that exist by the formula of
/// [`fp8_quantize_per_token`](super::fp8_quantize_per_token). Nothing comes back to the host: the scale stays on the device.
///
/// # Shapes
/// `x [.., M, K]` of any rank from 1 up, its rows as far apart as they like, of any length. The codes have the shape of `x`,
/// the scale is `[1]`.
///
/// # Errors
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Numerics
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token), of all elements instead of a row: an infinity anywhere makes
/// the scale infinite. Elements are read twice, once to find the scale.
///
/// Source: FlashInfer's tests, `to_float8`.
pub fn fp8_quantize_per_tensor<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    let x = x.as_view();
    let op = Op::new("fp8_quantize_per_tensor", stream);
    check_rows(op, (&x, 1), &options.rows)?;
    let mut data = Tensor::empty(stream, x.shape())?;
    let mut scale = Tensor::empty(stream, &[1])?;
    let mut workspace = Tensor::empty(stream, &[amax_workspace()])?;
    fp8_quantize_per_tensor_into(stream, &x, &mut data, &mut scale, &mut workspace, options)?;
    Ok(Fp8Scaled::new(data, scale, Fp8Scaling::Tensor))
}

/// [`fp8_quantize_per_tensor`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scale`, one element,
/// with a workspace of at least [`amax_workspace`] floats. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token_into`](super::fp8_quantize_per_token_into); [`Error::Shape`](crate::Error::Shape) if the
/// workspace is too small.
pub fn fp8_quantize_per_tensor_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scale: &mut impl AsViewMut<f32>,
    workspace: &mut impl AsViewMut<f32>,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let job = Job {
        op: Op::new("fp8_quantize_per_tensor", stream),
        source: Source::Plain(x.as_view()),
        scaling: Fp8Scaling::Tensor,
        options: *options,
    };
    let (data, scale) = (data.as_view_mut(), scale.as_view_mut());
    found(&job, data, scale, workspace.as_view_mut())
}

/// Finds the scale and quantises by it.
fn found<T: Fp8Element, C: Fp8Code>(
    job: &Job<'_, T>,
    mut data: TensorViewMut<'_, C>,
    mut scale: TensorViewMut<'_, f32>,
    workspace: TensorViewMut<'_, f32>,
) -> Result<()> {
    let (op, x, rows) = (job.op, job.source.x(), &job.options.rows);
    let sizes = check_rows(op, (x, 1), rows)?;
    check_data(op, *x.shape(), &data)?;
    check_floats(op, "scale", 1, &scale)?;
    check_workspace(op, &workspace)?;
    if op.runs_on_cpu() {
        return on_cpu::quantize(job, sizes, &mut data, &mut scale);
    }
    let parts = workspace.as_ptr();
    // SAFETY: the shapes were checked, the workspace has room, and the memory is in this stream's order.
    unsafe {
        let count = on_kernels::amax_parts(op.stream, (x, sizes, rows), parts)?;
        let found = OneScale::Found {
            parts,
            count,
            scale: scale.as_ptr(),
            rounding: job.options.rounding,
        };
        on_kernels::quantize_by(op.stream, (&job.source, sizes, rows), found, &data)
    }
}

/// Quantises to FP8 by a given scale: `code = e4m3(x * (1 / scale))`, or e5m2.
///
/// # Shapes
/// `x [.., M, K]` of any rank from 1 up, its rows as far apart as they like, of any length; `scale`, one element, read by the
/// device as the operation runs. The codes have the shape of `x`; those of rows that do not exist are not written.
///
/// # Errors
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token); [`Error::Shape`](crate::Error::Shape) if `scale` is not one
/// element.
///
/// # Numerics
/// The same bits on every device. The reciprocal is rounded to `f32`, and is `f32::MAX` at most, so that zeros stay zeros
/// whatever the scale. What is beyond the largest code saturates, infinities too; NaN is `0x7f`.
///
/// Source: vLLM, `static_scaled_fp8_quant`.
pub fn fp8_quantize_per_tensor_static<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    scale: &impl AsView<f32>,
    rows: &LiveRows<'_>,
) -> Result<Tensor<C>> {
    let op = Op::new("fp8_quantize_per_tensor_static", stream);
    let source = Source::Plain(x.as_view());
    allocate(op, source, scale.as_view(), rows)
}

/// [`fp8_quantize_per_tensor_static`] into `data`, of the shape of `x`, which may be rows of a larger tensor. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_tensor_static`]; [`Error::Shape`](crate::Error::Shape) if `data` has another shape.
pub fn fp8_quantize_per_tensor_static_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<C>,
    rows: &LiveRows<'_>,
) -> Result<()> {
    let op = Op::new("fp8_quantize_per_tensor_static", stream);
    let source = Source::Plain(x.as_view());
    given(op, source, scale.as_view(), data.as_view_mut(), rows)
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`fp8_quantize_per_tensor_static`], in one pass.
///
/// # Shapes
/// `x [.., M, 2K]`, the gates first; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_per_tensor_static`]; [`Error::Shape`](crate::Error::Shape) if the last dimension is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_fp8_quantize_per_tensor_static<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    scale: &impl AsView<f32>,
    rows: &LiveRows<'_>,
) -> Result<Tensor<C>> {
    let op = Op::new("silu_and_mul_fp8_quantize_per_tensor_static", stream);
    let source = Source::silu_and_mul(x.as_view());
    allocate(op, source, scale.as_view(), rows)
}

/// [`silu_and_mul_fp8_quantize_per_tensor_static`] into `data [.., M, K]`, which may be rows of a larger tensor. Allocates
/// nothing.
///
/// # Errors
/// As [`fp8_quantize_per_tensor_static_into`].
pub fn silu_and_mul_fp8_quantize_per_tensor_static_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<C>,
    rows: &LiveRows<'_>,
) -> Result<()> {
    let op = Op::new("silu_and_mul_fp8_quantize_per_tensor_static", stream);
    let source = Source::silu_and_mul(x.as_view());
    given(op, source, scale.as_view(), data.as_view_mut(), rows)
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`fp8_quantize_per_tensor_static`], in one pass.
///
/// # Shapes
/// `x [.., M, 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., M, K]`; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_per_tensor_static`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range; [`Error::Shape`](crate::Error::Shape) if the last dimension of a gated activation is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_fp8_quantize_per_tensor_static<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    scale: &impl AsView<f32>,
    rows: &LiveRows<'_>,
) -> Result<Tensor<C>> {
    let op = Op::new("activation_fp8_quantize_per_tensor_static", stream);
    let source = Source::activated(x.as_view(), activation.into());
    allocate(op, source, scale.as_view(), rows)
}

/// [`activation_fp8_quantize_per_tensor_static`] into `data [.., M, K]`, which may be rows of a larger tensor. Allocates
/// nothing.
///
/// # Errors
/// As [`activation_fp8_quantize_per_tensor_static`] and [`fp8_quantize_per_tensor_static_into`].
pub fn activation_fp8_quantize_per_tensor_static_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<C>,
    rows: &LiveRows<'_>,
) -> Result<()> {
    let op = Op::new("activation_fp8_quantize_per_tensor_static", stream);
    let source = Source::activated(x.as_view(), activation.into());
    given(op, source, scale.as_view(), data.as_view_mut(), rows)
}

/// Quantises by a given scale into a new tensor.
fn allocate<T: Fp8Element, C: Fp8Code>(
    op: Op<'_>,
    source: Source<'_, T>,
    scale: TensorView<'_, f32>,
    rows: &LiveRows<'_>,
) -> Result<Tensor<C>> {
    let sizes = check_rows(op, (source.x(), source.gathers()), rows)?;
    let shape = source.x().shape().with_columns(sizes.columns);
    let mut data = Tensor::empty(op.stream, &shape)?;
    given(op, source, scale, data.view_mut(), rows)?;
    Ok(data)
}

/// Quantises by a given scale.
fn given<T: Fp8Element, C: Fp8Code>(
    op: Op<'_>,
    source: Source<'_, T>,
    scale: TensorView<'_, f32>,
    mut data: TensorViewMut<'_, C>,
    rows: &LiveRows<'_>,
) -> Result<()> {
    let sizes = check_rows(op, (source.x(), source.gathers()), rows)?;
    source.check(op)?;
    let expected = source.x().shape().with_columns(sizes.columns);
    check_data(op, expected, &data)?;
    check_floats_read(op, "scale", 1, &scale)?;
    if data.shape().elements() == 0 {
        return Ok(());
    }
    if op.runs_on_cpu() {
        return on_cpu::quantize_by(op, (&source, sizes, rows), &scale, &mut data);
    }
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe {
        let scale = OneScale::Given(&scale);
        on_kernels::quantize_by(op.stream, (&source, sizes, rows), scale, &data)
    }
}
