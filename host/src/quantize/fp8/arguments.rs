//! The arguments of the quantisers' kernels, in their order.

use std::ptr::null;

use super::code::Fp8Code;
use super::job::Job;
use super::kernels::{Fp8Element, PerTensor, PerTensorActivated, Quantize, QuantizeActivated};
use super::options::ScaleRounding;
use super::sizes::Sizes;
use crate::DType;
use crate::kernels::quantize::fp8::{E5M2, POWER_OF_TWO};
use crate::quantize::LiveRows;
use crate::quantize::fused::Operands;
use crate::quantize::rows::RowPointers;
use crate::tensor::{TensorView, TensorViewMut};

/// The flag of the codes' format.
pub(super) fn format<C: Fp8Code>() -> u32 {
    if C::DTYPE == DType::E5m2 { E5M2 } else { 0 }
}

/// The flag of the scales' rounding.
pub(super) fn rounding(rounding: ScaleRounding) -> u32 {
    match rounding {
        ScaleRounding::Nearest => 0,
        ScaleRounding::PowerOfTwo => POWER_OF_TWO,
    }
}

/// Those of the kernels that find scales, but for what they quantise.
#[derive(Clone, Copy)]
pub(super) struct Arguments {
    data: *mut u8,
    data_stride: u64,
    scales: *mut f32,
    matrix_step: u64,
    /// Elements from row to row, and from column to column, of the scales, and their rows.
    steps: [u32; 3],
    /// Matrices, and rows and columns of each.
    sizes: [u32; 3],
    flags: u32,
    live: RowPointers,
}

impl Arguments {
    /// Those of a quantisation.
    pub(super) fn new<T: Fp8Element, C: Fp8Code>(
        job: &Job<'_, T>,
        sizes: &Sizes,
        data: &TensorViewMut<'_, C>,
        scales: &TensorViewMut<'_, f32>,
    ) -> Self {
        let (grid, rows) = (job.scaling.grid(sizes), job.scaling.grid_rows(sizes));
        Self {
            data: data.as_ptr().cast(),
            data_stride: data.row_stride() as u64,
            scales: scales.as_ptr(),
            matrix_step: grid.matrix_step as u64,
            steps: [grid.row_step, grid.column_step, rows].map(|step| step as u32),
            sizes: [sizes.matrices, sizes.rows, sizes.columns].map(|size| size as u32),
            flags: format::<C>() | rounding(job.options.rounding),
            live: job.options.rows.pointers(),
        }
    }

    /// Of memory.
    #[rustfmt::skip]
    pub(super) fn plain<T: Fp8Element>(self, x: &TensorView<'_, T>) -> Quantize<T> {
        let Self { data, data_stride, scales, matrix_step, flags, .. } = self;
        let ([row_step, column_step, grid_rows], [matrices, rows, columns]) = (self.steps, self.sizes);
        let (n_used, map, counts) = self.live;
        (x.as_ptr(), x.row_stride() as u64, data, data_stride, scales, matrix_step, row_step, column_step, grid_rows,
         matrices, rows, columns, flags, n_used, map, counts)
    }

    /// Of an activation.
    #[rustfmt::skip]
    pub(super) fn activated<T: Fp8Element>(self, operands: Operands<T>) -> QuantizeActivated<T> {
        let Operands { gate, up, stride, number, parameters: [first, second, third] } = operands;
        let Self { data, data_stride, scales, matrix_step, flags, .. } = self;
        let ([row_step, column_step, grid_rows], [matrices, rows, columns]) = (self.steps, self.sizes);
        let (n_used, map, counts) = self.live;
        (gate, up, stride, number, first, second, third, data, data_stride, scales, matrix_step, row_step, column_step,
         grid_rows, matrices, rows, columns, flags, n_used, map, counts)
    }
}

/// One scale for all rows.
#[derive(Clone, Copy)]
pub(super) enum OneScale<'a> {
    /// It is given.
    Given(&'a TensorView<'a, f32>),
    /// It is found from so many parts, and written.
    Found {
        parts: *const f32,
        count: u32,
        scale: *mut f32,
        rounding: ScaleRounding,
    },
}

impl OneScale<'_> {
    /// What kernels take of it: parts and how many, the scale, and the flag of its rounding.
    fn arguments(self) -> (*const f32, u32, *mut f32, u32) {
        match self {
            Self::Given(scale) => (null(), 0, scale.as_ptr().cast_mut(), 0),
            Self::Found {
                parts,
                count,
                scale,
                rounding: wanted,
            } => (parts, count, scale, rounding(wanted)),
        }
    }
}

/// Those of the kernels that quantise by one scale, but for what they quantise.
#[derive(Clone, Copy)]
pub(super) struct PerTensorArguments {
    data: *mut u8,
    data_stride: u64,
    parts: *const f32,
    count: u32,
    scale: *mut f32,
    /// Rows of all matrices, rows of each, and columns.
    sizes: [u32; 3],
    flags: u32,
    live: RowPointers,
}

impl PerTensorArguments {
    /// Those of a quantisation.
    pub(super) fn new<C: Fp8Code>(
        sizes: &Sizes,
        live: &LiveRows<'_>,
        data: &TensorViewMut<'_, C>,
        scale: OneScale<'_>,
    ) -> Self {
        let (parts, count, scale, rounded) = scale.arguments();
        Self {
            data: data.as_ptr().cast(),
            data_stride: data.row_stride() as u64,
            parts,
            count,
            scale,
            sizes: [sizes.all_rows(), sizes.rows, sizes.columns].map(|size| size as u32),
            flags: format::<C>() | rounded,
            live: live.pointers(),
        }
    }

    /// Of memory.
    #[rustfmt::skip]
    pub(super) fn plain<T: Fp8Element>(self, x: &TensorView<'_, T>) -> PerTensor<T> {
        let Self { data, data_stride, parts, count, scale, sizes: [all, rows, columns], flags, .. } = self;
        let (n_used, map, counts) = self.live;
        (x.as_ptr(), x.row_stride() as u64, data, data_stride, parts, count, scale, all, rows, columns, flags,
         n_used, map, counts)
    }

    /// Of an activation, by a scale that is given.
    #[rustfmt::skip]
    pub(super) fn activated<T: Fp8Element>(self, operands: Operands<T>) -> PerTensorActivated<T> {
        let Operands { gate, up, stride, number, parameters: [first, second, third] } = operands;
        let Self { data, data_stride, scale, sizes: [all, rows, columns], flags, .. } = self;
        let (n_used, map, counts) = self.live;
        (gate, up, stride, number, first, second, third, data, data_stride, scale.cast_const(), all, rows, columns, flags,
         n_used, map, counts)
    }
}
