//! From an accumulator to values of C: `c = alpha * row_scale * column_scale * sum + bias`.

use cuda_std::float::fma;

use crate::element::Element;

/// What is done to a sum. A null pointer asks nothing.
#[derive(Clone, Copy)]
pub(super) struct Finish<O> {
    /// One factor for all.
    pub alpha: *const f32,
    /// A factor for each row of C.
    pub row_scales: *const f32,
    /// A factor for each column of C.
    pub column_scales: *const f32,
    /// What is added to each column of C.
    pub bias: *const O,
    /// Rows of C.
    pub rows: u32,
    /// Columns of C.
    pub columns: u32,
}

/// What is done to two neighbouring columns.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    scales: [f32; 2],
    biases: [f32; 2],
}

impl Pair {
    /// The values of two sums in a row whose factor this is: `fma(sum * factor, column's, bias)`.
    #[inline(always)]
    pub fn finish(self, sums: [f32; 2], factor: f32) -> [f32; 2] {
        let one = |i: usize| fma(sums[i] * factor, self.scales[i], self.biases[i]);
        [one(0), one(1)]
    }
}

impl<O: Element> Finish<O> {
    /// The factor of a row; 1 for one that C does not have.
    ///
    /// # Safety
    /// The pointers are null or valid.
    #[inline(always)]
    pub unsafe fn row(&self, row: u32) -> f32 {
        // SAFETY: null or valid.
        let alpha = unsafe { value_or(self.alpha, 0, 1.0) };
        if row < self.rows {
            // SAFETY: valid for the row, or null.
            alpha * unsafe { value_or(self.row_scales, row, 1.0) }
        } else {
            alpha
        }
    }

    /// What is done to columns `column` and `column + 1`; nothing to those that C does not have.
    ///
    /// # Safety
    /// The pointers are null or valid.
    #[inline(always)]
    pub unsafe fn pair(&self, column: u32) -> Pair {
        // SAFETY: the caller's contract.
        let ([a, b], [c, d]) = unsafe { (self.column(column), self.column(column + 1)) };
        Pair {
            scales: [a, c],
            biases: [b, d],
        }
    }

    /// Factor and bias of a column.
    #[inline(always)]
    unsafe fn column(&self, column: u32) -> [f32; 2] {
        if column >= self.columns {
            return [1.0, 0.0];
        }
        // SAFETY: valid for the column, or null.
        unsafe {
            let bias = match self.bias.is_null() {
                true => 0.0,
                false => (*self.bias.add(column as usize)).to_f32(),
            };
            [value_or(self.column_scales, column, 1.0), bias]
        }
    }
}

/// Element `i`, or `other` if the pointer is null.
#[inline(always)]
unsafe fn value_or(from: *const f32, i: u32, other: f32) -> f32 {
    if from.is_null() {
        other
    } else {
        // SAFETY: the caller's contract.
        unsafe { *from.add(i as usize) }
    }
}
