//! What becomes of values before they are stored: an activation, a residual, C's own scale.
//!
//! ```text
//! value = alpha * row_scale * column_scale * sum + bias        what every product does (`finish`)
//! c     = (activation(value) + residual) * (1 / out_scale)     what is here
//! ```
//!
//! In `f32`, and rounded once. Here are the portable engine's kernels; Hopper's are in `hopper::epilogue`.

pub mod block_scaled;
pub mod dense;
pub mod fp8;

use super::tile::Last;
use crate::activation::function::{Activation, UnaryTable};
use crate::element::Element;
use crate::quantize::fp8::scale::Scale;

/// What becomes of values; `D` is the type of what is added. A null pointer asks nothing.
#[derive(Clone, Copy)]
pub(super) struct Epilogue<D> {
    /// The activation's number; see [`UnaryTable`].
    pub activation: u32,
    /// What is added: matrices of C's shape.
    pub residual: *const D,
    /// Elements from one row of it to the next; its matrices lie below each other.
    pub residual_stride: u64,
    /// C's scale.
    pub out_scale: *const f32,
}

impl<D: Element> Epilogue<D> {
    /// What C's scale makes values be multiplied by.
    ///
    /// # Safety
    /// The pointer is null or valid.
    #[inline(always)]
    pub(super) unsafe fn multiplier(&self) -> f32 {
        match self.out_scale.is_null() {
            true => 1.0,
            // SAFETY: the caller's contract.
            false => Scale::given(unsafe { *self.out_scale }).multiplier,
        }
    }

    /// The activation of each value.
    #[inline(always)]
    pub(super) fn activate<const N: usize>(&self, values: [f32; N]) -> [f32; N] {
        UnaryTable(self.activation).apply_all(N, &values, &values)
    }

    /// The same of four rows, by one choice.
    #[inline(always)]
    pub(super) fn activate_rows<const N: usize>(&self, values: &[[f32; N]; 4]) -> [[f32; N]; 4] {
        UnaryTable(self.activation).apply_rows(values)
    }

    /// Where an element of the residual is, which there is; its row is counted through all matrices.
    #[inline(always)]
    pub(super) fn at(&self, row: u32, column: u32) -> *const D {
        let offset = u64::from(row) * self.residual_stride + u64::from(column);
        self.residual.wrapping_add(offset as usize)
    }

    /// The same for matrix `index` of matrices of `rows` rows.
    #[inline(always)]
    pub(super) fn of_matrix(mut self, index: u32, rows: u32) -> Self {
        if !self.residual.is_null() {
            let offset = u64::from(index) * u64::from(rows) * self.residual_stride;
            self.residual = self.residual.wrapping_add(offset as usize);
        }
        self
    }
}

impl<D: Element> Last<D> for Epilogue<D> {
    #[inline(always)]
    unsafe fn apply(&self, [row, column]: [u32; 2], values: [f32; 2], both: bool) -> [f32; 2] {
        let of = |i: u32| match self.residual.is_null() || i > 0 && !both {
            true => 0.0,
            // SAFETY: the caller's contract: there is such an element.
            false => unsafe { *self.at(row, column + i) }.to_f32(),
        };
        let residuals = [of(0), of(1)];
        // SAFETY: the caller's contract.
        let multiplier = unsafe { self.multiplier() };
        let values = self.activate(values);
        [0, 1].map(|i| (values[i] + residuals[i]) * multiplier)
    }
}
