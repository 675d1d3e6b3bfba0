//! The arguments of the kernels, in their order.

use super::format::Format;
use super::job::Job;
use super::kernels::{
    BlockElement, Experts, MxActivated, MxBack, MxPlain, Nvfp4Activated, Nvfp4Back, Nvfp4Plain,
};
use super::on_kernels::{Coded, OCTET, To};
use super::options::Nvfp4Math;
use super::sizes::Sizes;
use super::source::Source;
use crate::kernels::quantize::block::{EVERY, EXACT};
use crate::quantize::LiveRows;
use crate::quantize::fused::Operands;
use crate::quantize::width::Width;
use crate::tensor::{TensorView, TensorViewMut};

/// What all of them are made of.
#[derive(Clone, Copy)]
pub(super) struct Arguments<T> {
    operands: Operands<T>,
    data: *mut u8,
    data_stride: u64,
    scales: *mut u8,
    matrices: u32,
    rows: u32,
    columns: u32,
    layout: u32,
    flags: u32,
    n_used: *const u32,
    map: *const i32,
    counts: *const i32,
    global: *const f32,
    rows_per_global: u32,
}

impl<T: BlockElement> Arguments<T> {
    /// Those of a quantisation.
    pub(super) fn new(job: &Job<'_, T>, sizes: &Sizes, to: To) -> Self {
        let (n_used, map, counts) = job.options.rows.pointers();
        let (global, rows_per_global) = job.format.global_for_kernel(sizes.all_rows());
        Self {
            operands: job.source.as_activated().operands(sizes.columns),
            data: to.data,
            data_stride: to.stride as u64,
            scales: to.scales,
            matrices: sizes.matrices as u32,
            rows: sizes.rows as u32,
            columns: sizes.columns as u32,
            layout: sizes.grid.layout() as u32,
            flags: flags(job),
            n_used,
            map,
            counts,
            global,
            rows_per_global,
        }
    }

    #[rustfmt::skip]
    pub(super) fn mx_plain(self) -> MxPlain<T> {
        let Operands { gate: x, stride: x_stride, .. } = self.operands;
        let Self { data, data_stride, scales, .. } = self;
        let Self { matrices, rows, columns, layout, flags, n_used, map, counts, .. } = self;
        (x, x_stride, data, data_stride, scales, matrices, rows, columns, layout, flags, n_used, map, counts)
    }

    #[rustfmt::skip]
    pub(super) fn mx_activated(self) -> MxActivated<T> {
        let Operands { gate, up, stride: x_stride, number, parameters: [first, second, third] } = self.operands;
        let Self { data, data_stride, scales, .. } = self;
        let Self { matrices, rows, columns, layout, flags, n_used, map, counts, .. } = self;
        (gate, up, x_stride, number, first, second, third, data, data_stride, scales,
         matrices, rows, columns, layout, flags, n_used, map, counts)
    }

    #[rustfmt::skip]
    pub(super) fn nvfp4_plain(self) -> Nvfp4Plain<T> {
        let Operands { gate: x, stride: x_stride, .. } = self.operands;
        let Self { data, data_stride, scales, .. } = self;
        let Self { matrices, rows, columns, layout, flags, n_used, map, counts, .. } = self;
        let Self { global, rows_per_global, .. } = self;
        (x, x_stride, data, data_stride, scales, matrices, rows, columns, layout, flags, n_used, map, counts,
         global, rows_per_global)
    }

    #[rustfmt::skip]
    pub(super) fn nvfp4_activated(self) -> Nvfp4Activated<T> {
        let Operands { gate, up, stride: x_stride, number, parameters: [first, second, third] } = self.operands;
        let Self { data, data_stride, scales, .. } = self;
        let Self { matrices, rows, columns, layout, flags, n_used, map, counts, .. } = self;
        let Self { global, rows_per_global, .. } = self;
        (gate, up, x_stride, number, first, second, third, data, data_stride, scales,
         matrices, rows, columns, layout, flags, n_used, map, counts, global, rows_per_global)
    }

    #[rustfmt::skip]
    pub(super) fn experts(self, vectors: &TensorView<'_, T>, indices: &TensorView<'_, i32>) -> Experts<T> {
        let Operands { gate, up, stride: x_stride, .. } = self.operands;
        let Self { data, data_stride, scales, rows, columns, layout, flags, .. } = self;
        let Self { global, rows_per_global, .. } = self;
        let (vectors, stride, experts) = (vectors.as_ptr(), vectors.row_stride() as u64, vectors.shape().rows() as u32);
        (gate, up, x_stride, vectors, stride, experts, indices.as_ptr(), data, data_stride, scales,
         rows, columns, layout, flags, global, rows_per_global)
    }
}

/// The flags of a quantisation.
fn flags<T: BlockElement>(job: &Job<'_, T>) -> u32 {
    let options = &job.options;
    let every = matches!(options.rows, LiveRows::All);
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    flag(options.math == Nvfp4Math::Exact, EXACT) | flag(every, EVERY)
}

/// How the octets of a quantisation can move.
pub(super) fn width<T: BlockElement>(job: &Job<'_, T>, to: To) -> Width {
    let (x, element) = (job.source.x(), size_of::<T>());
    let vectors = match &job.source {
        Source::Experts { vectors, .. } => vectors,
        _ => x,
    };
    let [x, vectors] =
        [x, vectors].map(|view| [view.as_ptr() as usize, view.row_stride() * element]);
    let elements = [x[0], x[1], vectors[0], vectors[1]];
    Width::fitting(
        &elements,
        &[to.data as usize, to.stride],
        codes(&job.format),
    )
}

/// How the octets of a dequantisation can move.
pub(super) fn width_back<T: BlockElement>(
    from: Coded,
    format: &Format<'_>,
    out: &TensorViewMut<'_, T>,
) -> Width {
    let elements = [out.as_ptr() as usize, out.row_stride() * size_of::<T>()];
    Width::fitting(&elements, &[from.data as usize, from.stride], codes(format))
}

/// Bytes of the codes that move as one: those of two octets.
fn codes(format: &Format<'_>) -> usize {
    2 * OCTET / format.per_byte()
}

/// Those of a dequantisation from an MX format.
pub(super) fn mx_back<T: BlockElement>(
    from: Coded,
    sizes: &Sizes,
    out: &TensorViewMut<'_, T>,
) -> MxBack<T> {
    (
        from.data,
        from.stride as u64,
        from.scales,
        out.as_ptr(),
        out.row_stride() as u64,
        sizes.matrices as u32,
        sizes.rows as u32,
        sizes.columns as u32,
        sizes.grid.layout() as u32,
    )
}

/// Those of a dequantisation from NVFP4.
#[rustfmt::skip]
pub(super) fn nvfp4_back<T: BlockElement>(
    from: Coded,
    (format, sizes): (&Format<'_>, &Sizes),
    out: &TensorViewMut<'_, T>,
) -> Nvfp4Back<T> {
    let (data, data_stride, scales, to, stride, matrices, rows, columns, layout) = mx_back(from, sizes, out);
    let (global, rows_per_global) = format.global_for_kernel(sizes.all_rows());
    (data, data_stride, scales, to, stride, matrices, rows, columns, layout, global, rows_per_global)
}
