//! Dequantisation from a block-scaled format.

use super::format::Format;
use super::kernels::BlockElement;
use super::on_kernels::Coded;
use super::options::BlockOptions;
use super::scaled::BlockScaled;
use super::sizes::Sizes;
use super::{on_cpu, on_kernels};
use crate::device::Stream;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// Dequantises into a new tensor.
pub(super) fn allocate<T: BlockElement, D: Element, S: Element>(
    name: &'static str,
    stream: &Stream,
    from: &BlockScaled<D, S>,
    format: Format<'_>,
) -> Result<Tensor<T>> {
    let shape = from.data.shape();
    let mut out = Tensor::empty(
        stream,
        &shape.with_columns(shape.columns() * format.per_byte()),
    )?;
    let (data, scales) = (from.data.view(), from.scales.view());
    into(
        name,
        stream,
        (data, scales),
        format,
        &from.options(),
        out.view_mut(),
    )?;
    Ok(out)
}

/// Dequantises into a tensor.
pub(super) fn into<T: BlockElement, D: Element, S: Element>(
    name: &'static str,
    stream: &Stream,
    (data, scales): (TensorView<'_, D>, TensorView<'_, S>),
    format: Format<'_>,
    options: &BlockOptions<'_>,
    mut out: TensorViewMut<'_, T>,
) -> Result<()> {
    let op = Op::new(name, stream);
    let sizes = Sizes::new(op, ("out", out.shape(), 1), &format, options)?;
    check(op, (&data, &scales), (&format, &sizes), &out)?;
    if out.shape().elements() == 0 {
        return Ok(());
    }
    if op.runs_on_cpu() {
        return on_cpu::dequantize(op, (&format, &sizes), &data, &scales, &mut out);
    }
    let from = Coded {
        data: data.as_ptr().cast(),
        stride: data.row_stride(),
        scales: scales.as_ptr().cast(),
    };
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { on_kernels::dequantize(stream, (&format, &sizes), from, &mut out) }
}

/// All checks of tensors of these sizes.
fn check<T: BlockElement, D: Element, S: Element>(
    op: Op<'_>,
    (data, scales): (&TensorView<'_, D>, &TensorView<'_, S>),
    (format, sizes): (&Format<'_>, &Sizes),
    out: &TensorViewMut<'_, T>,
) -> Result<()> {
    let expected = out.shape().with_columns(sizes.columns / format.per_byte());
    if *data.shape() != expected {
        let expected = expected.to_string();
        return Err(Error::shape(op.name, "data", expected, *data.shape()));
    }
    sizes.check_scales(op, (scales.shape(), scales.is_contiguous()))?;
    format.check(op, sizes.all_rows())?;
    op.reads("data", data)?;
    op.reads("scales", scales)?;
    op.writes("out", out)
}
