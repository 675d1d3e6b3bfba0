//! From a sum to a value of C: `c = alpha * row_scale * column_scale * sum + bias`.

use core::ptr::null;

use cuda_std::float::fma;

use crate::element::Element;

/// What is done to a sum. A null pointer asks nothing.
#[derive(Clone, Copy)]
pub(super) struct Finish<O> {
    /// Factors of all.
    pub alphas: [*const f32; 3],
    /// A factor for each row of C, matrix after matrix.
    pub row_scales: *const f32,
    /// A factor for each column of C, matrix after matrix.
    pub column_scales: *const f32,
    /// What is added to each column of C, in all matrices the same.
    pub bias: *const O,
    /// Rows of C.
    pub rows: u32,
    /// Columns of C.
    pub columns: u32,
}

/// What is done to two neighbouring columns.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub scales: [f32; 2],
    pub biases: [f32; 2],
}

impl Pair {
    /// The values of two sums in a row, which have the row's factor.
    #[inline(always)]
    pub fn finish(self, sums: [f32; 2]) -> [f32; 2] {
        let one = |i: usize| fma(sums[i], self.scales[i], self.biases[i]);
        [one(0), one(1)]
    }
}

impl<O: Element> Finish<O> {
    /// Only a bias, or nothing, for C of this many rows and columns.
    #[inline(always)]
    pub fn bias(bias: *const O, rows: u32, columns: u32) -> Self {
        Self {
            alphas: [null(); 3],
            row_scales: null(),
            column_scales: null(),
            bias,
            rows,
            columns,
        }
    }

    /// What is done to matrix `index` of a batch.
    #[inline(always)]
    pub fn of_matrix(mut self, index: u32) -> Self {
        self.row_scales = on(self.row_scales, index, self.rows);
        self.column_scales = on(self.column_scales, index, self.columns);
        self
    }
}

/// Where the `index`-th `count` elements are, if the pointer is not null.
#[inline(always)]
fn on(from: *const f32, index: u32, count: u32) -> *const f32 {
    if from.is_null() {
        from
    } else {
        from.wrapping_add(index as usize * count as usize)
    }
}
