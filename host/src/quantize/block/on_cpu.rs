//! Block quantisers by the references.

use super::format::Format;
use super::job::Job;
use super::kernels::BlockElement;
use super::options::{Nvfp4Math, SquaredReluRounding};
use super::sizes::Sizes;
use super::source::Source;
use crate::element::{Element, Float};
use crate::error::Result;
use crate::op::{HostView, HostViewMut, Op};
use crate::quantize::fused::HostActivated;
use crate::reference::RowsMut;
use crate::reference::quantize::block::{BlockFormat, Blocks};
use crate::tensor::{TensorView, TensorViewMut};

/// A source that a task keeps.
#[derive(Clone, Copy)]
enum HostSource<T> {
    Plain(HostView<T>),
    Activated(HostActivated<T>),
    SquaredRelu(HostView<T>, SquaredReluRounding),
    Experts {
        activated: HostActivated<T>,
        vectors: HostView<T>,
        experts: usize,
        indices: HostView<i32>,
    },
}

impl<T: Float> HostSource<T> {
    /// Keeps a source.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    unsafe fn of(source: &Source<'_, T>) -> Self {
        // SAFETY: the caller's contract.
        unsafe {
            match source {
                Source::Plain(x) => Self::Plain(HostView::of(x)),
                Source::Activated(activated) => Self::Activated(activated.on_host()),
                Source::SquaredRelu(x, rounding) => Self::SquaredRelu(HostView::of(x), *rounding),
                Source::Experts {
                    activated,
                    vectors,
                    indices,
                } => Self::Experts {
                    activated: activated.on_host(),
                    vectors: HostView::of(vectors),
                    experts: vectors.shape().rows(),
                    indices: HostView::of(indices),
                },
            }
        }
    }

    /// The elements of a row; returns whether there is one.
    fn row(self, row: usize, out: &mut [f32]) -> bool {
        match self {
            Self::Plain(x) => {
                let x = x.read().row(row, out.len());
                out.iter_mut().zip(x).for_each(|(out, x)| *out = x.to_f32());
            }
            Self::Activated(activated) => activated.row(row, out, |value, _| value),
            Self::SquaredRelu(x, rounding) => {
                let x = x.read().row(row, out.len());
                let squares = x.iter().map(|&x| squared_relu(x, rounding));
                out.iter_mut().zip(squares).for_each(|(out, x)| *out = x);
            }
            Self::Experts {
                activated,
                vectors,
                experts,
                indices,
            } => {
                let expert = usize::try_from(indices.read().elements[row]);
                let Some(expert) = expert.ok().filter(|&expert| expert < experts) else {
                    return false;
                };
                let vector = vectors.read().row(expert, out.len());
                let weigh = |a: T, j: usize| T::from_f32(a.to_f32() * vector[j].to_f32());
                activated.row(row, out, weigh);
            }
        }
        true
    }
}

/// `max(x, 0)^2`, perhaps rounded to `T`.
fn squared_relu<T: Float>(x: T, rounding: SquaredReluRounding) -> f32 {
    let positive = x.to_f32().max(0.0);
    let square = positive * positive;
    match rounding {
        SquaredReluRounding::Rounded => T::from_f32(square).to_f32(),
        SquaredReluRounding::Unrounded => square,
    }
}

/// Elements of one byte as bytes, for a task that keeps them.
///
/// # Safety
/// As [`HostViewMut::of`].
unsafe fn bytes_mut<D: Element>(
    op: Op<'_>,
    view: &mut TensorViewMut<'_, D>,
) -> Result<HostViewMut<u8>> {
    let (pointer, shape, stride) = (view.as_ptr().cast(), *view.shape(), view.row_stride());
    // SAFETY: the same memory, whose every element is one byte.
    let mut bytes =
        unsafe { TensorViewMut::from_raw(op.stream.device(), pointer, &shape, stride) }?;
    // SAFETY: the caller's contract.
    Ok(unsafe { HostViewMut::of(&mut bytes) })
}

/// As [`bytes_mut`], to read.
///
/// # Safety
/// As [`HostView::of`].
unsafe fn bytes<D: Element>(op: Op<'_>, view: &TensorView<'_, D>) -> Result<HostView<u8>> {
    let (pointer, shape, stride) = (view.as_ptr().cast(), *view.shape(), view.row_stride());
    // SAFETY: the same memory, whose every element is one byte.
    let bytes = unsafe { TensorView::from_raw(op.stream.device(), pointer, &shape, stride) }?;
    // SAFETY: the caller's contract.
    Ok(unsafe { HostView::of(&bytes) })
}

/// The global scales that a task keeps.
///
/// # Safety
/// As [`HostView::of`].
unsafe fn global(format: &Format<'_>) -> Option<HostView<f32>> {
    // SAFETY: the caller's contract.
    format
        .global()
        .map(|global| unsafe { HostView::of(global) })
}

/// The blocks of these sizes.
fn blocks<'a>(sizes: &Sizes, format: BlockFormat, global: Option<HostView<f32>>) -> Blocks<'a> {
    Blocks {
        format,
        grid: sizes.grid,
        columns: sizes.columns,
        global: global.map_or(&[], |global| global.read().elements),
        rows: sizes.all_rows(),
    }
}

/// Quantises.
pub(super) fn quantize<T: BlockElement, D: Element, S: Element>(
    job: &Job<'_, T>,
    sizes: &Sizes,
    data: &mut TensorViewMut<'_, D>,
    scales: &mut TensorViewMut<'_, S>,
) -> Result<()> {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (source, live, global, data, scales) = unsafe {
        (
            HostSource::of(&job.source),
            job.options.rows.on_host(sizes.rows),
            global(&job.format),
            bytes_mut(job.op, data)?,
            bytes_mut(job.op, scales)?,
        )
    };
    let (sizes, format) = (*sizes, job.format.reference(job.options.math));
    job.op.stream.run_on_host(move || {
        let (blocks, live) = (blocks(&sizes, format, global), live.read());
        let row = |row: usize, out: &mut [f32]| live.exists(row) && source.row(row, out);
        let (data, scales): (RowsMut<'_, u8>, _) = (data.write(), scales.write().elements);
        blocks.quantize(row, data, scales);
        Ok(())
    })
}

/// Dequantises.
pub(super) fn dequantize<T: BlockElement, D: Element, S: Element>(
    op: Op<'_>,
    (format, sizes): (&Format<'_>, &Sizes),
    data: &TensorView<'_, D>,
    scales: &TensorView<'_, S>,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (global, data, scales, out) = unsafe {
        (
            global(format),
            bytes(op, data)?,
            bytes(op, scales)?,
            HostViewMut::of(out),
        )
    };
    let (sizes, format) = (*sizes, format.reference(Nvfp4Math::Fast));
    op.stream.run_on_host(move || {
        let blocks = blocks(&sizes, format, global);
        blocks.dequantize(data.read(), scales.read().elements, out.write());
        Ok(())
    })
}
