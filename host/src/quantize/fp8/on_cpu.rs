//! FP8 by the references.

use super::code::Fp8Code;
use super::job::Job;
use super::kernels::Fp8Element;
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use super::source::Source;
use crate::element::Float;
use crate::error::Result;
use crate::op::{HostView, HostViewMut, Op};
use crate::quantize::fused::HostActivated;
use crate::quantize::rows::HostRows;
use crate::quantize::{LiveRows, ScaleRounding};
use crate::reference::quantize::fp8::{self, Matrices};
use crate::tensor::{TensorView, TensorViewMut};

/// A source and its rows, that a task keeps.
#[derive(Clone, Copy)]
struct HostMatrices<T> {
    source: HostSource<T>,
    sizes: Sizes,
    live: HostRows,
}

/// A source that a task keeps.
#[derive(Clone, Copy)]
enum HostSource<T> {
    Plain(HostView<T>),
    Activated(HostActivated<T>),
}

impl<T: Float> HostMatrices<T> {
    /// Keeps a source.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    unsafe fn of(source: &Source<'_, T>, sizes: Sizes, live: &LiveRows<'_>) -> Self {
        // SAFETY: the caller's contract.
        let (source, live) = unsafe {
            let source = match source {
                Source::Plain(x) => HostSource::Plain(HostView::of(x)),
                Source::Activated(activated) => HostSource::Activated(activated.on_host()),
            };
            (source, live.on_host(sizes.rows))
        };
        Self {
            source,
            sizes,
            live,
        }
    }

    /// The matrices, while the task runs, or all their rows as one.
    fn read<'a>(self, flat: bool) -> Matrices<'a, impl Fn(usize, &mut [f32]) + Sync> {
        let sizes = if flat { self.sizes.flat() } else { self.sizes };
        Matrices {
            matrices: sizes.matrices,
            rows: sizes.rows,
            columns: sizes.columns,
            live: self.live.read(),
            source: move |row: usize, out: &mut [f32]| self.source.row(row, out),
        }
    }
}

impl<T: Float> HostSource<T> {
    /// The elements of a row.
    fn row(self, row: usize, out: &mut [f32]) {
        match self {
            Self::Plain(x) => {
                let x = x.read().row(row, out.len());
                out.iter_mut().zip(x).for_each(|(out, x)| *out = x.to_f32());
            }
            Self::Activated(activated) => activated.row(row, out, |value, _| value),
        }
    }
}

/// Quantises by scales that are found.
pub(super) fn quantize<T: Fp8Element, C: Fp8Code>(
    job: &Job<'_, T>,
    sizes: Sizes,
    data: &mut TensorViewMut<'_, C>,
    scales: &mut TensorViewMut<'_, f32>,
) -> Result<()> {
    let flat = job.scaling == Fp8Scaling::Tensor;
    let grid = job.scaling.grid(&if flat { sizes.flat() } else { sizes });
    let rounding: ScaleRounding = job.options.rounding;
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (matrices, data, scales) = unsafe {
        (
            HostMatrices::of(&job.source, sizes, &job.options.rows),
            HostViewMut::of(data),
            HostViewMut::of(scales),
        )
    };
    job.op.stream.run_on_host(move || {
        let matrices = matrices.read(flat);
        matrices.quantize(&grid, rounding, data.write(), scales.write().elements);
        Ok(())
    })
}

/// Quantises by a scale that is given.
pub(super) fn quantize_by<T: Fp8Element, C: Fp8Code>(
    op: Op<'_>,
    (source, sizes, live): (&Source<'_, T>, Sizes, &LiveRows<'_>),
    scale: &TensorView<'_, f32>,
    data: &mut TensorViewMut<'_, C>,
) -> Result<()> {
    // SAFETY: as in `quantize`.
    let (matrices, scale, data) = unsafe {
        (
            HostMatrices::of(source, sizes, live),
            HostView::of(scale),
            HostViewMut::of(data),
        )
    };
    op.stream.run_on_host(move || {
        let scale = scale.read().elements.first().copied().unwrap_or(1.0);
        matrices.read(true).quantize_by(scale, data.write());
        Ok(())
    })
}

/// The largest magnitude.
pub(super) fn amax<T: Fp8Element>(
    op: Op<'_>,
    (x, sizes, live): (&TensorView<'_, T>, Sizes, &LiveRows<'_>),
    out: &mut TensorViewMut<'_, f32>,
) -> Result<()> {
    // SAFETY: as in `quantize`.
    let (matrices, out) = unsafe {
        (
            HostMatrices::of(&Source::Plain(*x), sizes, live),
            HostViewMut::of(out),
        )
    };
    op.stream.run_on_host(move || {
        out.write().elements.fill(matrices.read(true).largest());
        Ok(())
    })
}

/// Dequantises.
pub(super) fn dequantize<T: Fp8Element, C: Fp8Code>(
    op: Op<'_>,
    (scaling, sizes): (Fp8Scaling, Sizes),
    data: &TensorView<'_, C>,
    scales: &TensorView<'_, f32>,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    // SAFETY: as in `quantize`.
    let (data, scales, out) = unsafe {
        (
            HostView::of(data),
            HostView::of(scales),
            HostViewMut::of(out),
        )
    };
    op.stream.run_on_host(move || {
        let (grid, shape) = (scaling.grid(&sizes), (sizes.rows, sizes.columns));
        fp8::dequantize(
            data.read(),
            scales.read().elements,
            &grid,
            out.write(),
            shape,
        );
        Ok(())
    })
}
