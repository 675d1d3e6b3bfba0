//! Back to numbers.

use super::code::Fp8Code;
use super::job::check_floats_read;
use super::kernels::Fp8Element;
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use super::{on_cpu, on_kernels};
use crate::device::Stream;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// The elements that FP8 with scales stands for: `value of the code * scale`, rounded to `f32` and then to `T`.
///
/// # Errors
/// [`Error::Shape`] if a part of `from` was replaced by one of another shape, or there are 2^31 rows or columns;
/// [`Error::Placement`] if one is not on the stream.
///
/// # Numerics
/// The same values on every device. Rows that did not exist as the scales were made have none, and come out as zeros or NaN.
pub fn fp8_dequantize<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    from: &Fp8Scaled<C>,
) -> Result<Tensor<T>> {
    let mut out = Tensor::empty(stream, from.data.shape())?;
    fp8_dequantize_into(stream, &from.data, &from.scales, from.scaling, &mut out)?;
    Ok(out)
}

/// [`fp8_dequantize`] of `data [.., M, K]` and `scales`, as many as `scaling` says, in any shape, into `out [.., M, K]`. Both
/// `data` and `out` may be rows of larger tensors. Allocates nothing.
///
/// # Errors
/// As [`fp8_dequantize`]; [`Error::Shape`] if `out` has another shape.
pub fn fp8_dequantize_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    data: &impl AsView<C>,
    scales: &impl AsView<f32>,
    scaling: Fp8Scaling,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let op = Op::new("fp8_dequantize", stream);
    let (data, scales, mut out) = (data.as_view(), scales.as_view(), out.as_view_mut());
    let sizes = Sizes::new(op, ("data", data.shape(), 1))?;
    op.reads("data", &data)?;
    let count = scaling.shape(data.shape(), &sizes)?.elements();
    check_floats_read(op, "scales", count, &scales)?;
    if out.shape() != data.shape() {
        let expected = data.shape().to_string();
        return Err(Error::shape(op.name, "out", expected, *out.shape()));
    }
    op.writes("out", &out)?;
    if out.shape().elements() == 0 {
        return Ok(());
    }
    if op.runs_on_cpu() {
        return on_cpu::dequantize(op, (scaling, sizes), &data, &scales, &mut out);
    }
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { on_kernels::dequantize(stream, (scaling, sizes), (&data, &scales), &out) }
}
