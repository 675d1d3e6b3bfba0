//! What is done to sums, loaded before they are there.
//!
//! Loads come one after the other, and nothing is computed from them, so that nobody waits for them before the sums are
//! there. What C does not have has the factor of a neighbour, since it is not stored.

use cuda_std::unroll;

use super::finish::{Finish, Pair};
use crate::element::Element;

/// Two indices for each of two elements that a thread has.
pub(super) type Pairs<const N: usize> = [[u32; 2]; N];

/// Factors of all, whose product counts.
#[derive(Clone, Copy)]
pub(super) struct Alphas([f32; 3]);

impl Alphas {
    /// The factors of two rows, with those of all in them.
    #[inline(always)]
    pub fn of_rows(self, scales: [f32; 2]) -> [f32; 2] {
        let Self([a, b, c]) = self;
        scales.map(|scale| a * b * c * scale)
    }
}

impl<O: Element> Finish<O> {
    /// The factors of all.
    ///
    /// # Safety
    /// The pointers are null or valid.
    #[inline(always)]
    pub unsafe fn alphas(&self) -> Alphas {
        let [a, b, c] = self.alphas;
        // SAFETY: null or valid.
        let of = |from: *const f32| unsafe { gather(from, [[0; 2]], 1, 1.0)[0][0] };
        Alphas([of(a), of(b), of(c)])
    }

    /// The factors of rows.
    ///
    /// # Safety
    /// The pointers are null or valid, and C has rows.
    #[inline(always)]
    pub unsafe fn scales_of_rows<const N: usize>(&self, rows: Pairs<N>) -> [[f32; 2]; N] {
        // SAFETY: the caller's contract.
        unsafe { gather(self.row_scales, rows, self.rows, 1.0) }
    }

    /// The factors of rows, with those of all in them.
    ///
    /// # Safety
    /// The pointers are null or valid, and C has rows.
    #[inline(always)]
    pub unsafe fn factors_of_rows<const N: usize>(&self, rows: Pairs<N>) -> [[f32; 2]; N] {
        // SAFETY: the caller's contract.
        let (alphas, scales) = unsafe { (self.alphas(), self.scales_of_rows(rows)) };
        scales.map(|pair| alphas.of_rows(pair))
    }

    /// What is done to columns.
    ///
    /// # Safety
    /// The pointers are null or valid, and C has columns.
    #[inline(always)]
    pub unsafe fn pairs<const N: usize>(&self, columns: Pairs<N>) -> [Pair; N] {
        // SAFETY: the caller's contract.
        let (scales, biases) = unsafe { (self.scales_of_columns(columns), self.biases(columns)) };
        let mut pairs = [Pair {
            scales: [1.0; 2],
            biases: [0.0; 2],
        }; N];
        unroll!(i < 8 => {
            if i < N {
                pairs[i] = Pair { scales: scales[i], biases: biases[i].map(O::to_f32) };
            }
        });
        pairs
    }

    /// The factors of columns.
    ///
    /// # Safety
    /// The pointers are null or valid, and C has columns.
    #[inline(always)]
    pub unsafe fn scales_of_columns<const N: usize>(&self, columns: Pairs<N>) -> [[f32; 2]; N] {
        // SAFETY: the caller's contract.
        unsafe { gather(self.column_scales, columns, self.columns, 1.0) }
    }

    /// What is added to columns.
    ///
    /// # Safety
    /// The pointers are null or valid, and C has columns.
    #[inline(always)]
    pub unsafe fn biases<const N: usize>(&self, columns: Pairs<N>) -> [[O; 2]; N] {
        // SAFETY: the caller's contract.
        unsafe { gather(self.bias, columns, self.columns, O::from_f32(0.0)) }
    }
}

/// Elements `at`, or the last of `count`, which is not 0; `absent` if the pointer is null.
#[inline(always)]
unsafe fn gather<T: Copy, const N: usize>(
    from: *const T,
    at: Pairs<N>,
    count: u32,
    absent: T,
) -> [[T; 2]; N] {
    const { assert!(N <= 8) };
    let mut elements = [[absent; 2]; N];
    if !from.is_null() {
        unroll!(i < 8 => {
            if i < N {
                let [a, b] = at[i].map(|at| at.min(count.wrapping_sub(1)) as usize);
                // SAFETY: one of `count` elements.
                elements[i] = unsafe { [*from.add(a), *from.add(b)] };
            }
        });
    }
    elements
}
