//! What is done to columns of C, on the way there from an accumulator.
//!
//! A thread has columns `8j + 2q` and the next (`q = lane % 4`), and so have the 8 lanes of its warp of the same `q`: each
//! loads what is done to those of every eighth `j`, before the sums are there, and all pass it to each other.

use cuda_std::unroll;
use cuda_std::warp::{self, FULL_MASK, WARP_SIZE};

use super::order::Order;
use crate::element::Element;
use crate::gemm::finish::{Finish, Pair};

/// What is done to two rows' sums in a thread's columns.
pub(super) trait ByColumn {
    /// The values of columns `8j + 2q` and the next, of sums that have their rows' factors; `j` is constant.
    ///
    /// # Safety
    /// All lanes of the warp execute this.
    unsafe fn finish(&self, j: usize, sums: [[f32; 2]; 2]) -> [[f32; 2]; 2];
}

/// Nothing.
pub(super) struct Same;

impl ByColumn for Same {
    #[inline(always)]
    unsafe fn finish(&self, _: usize, sums: [[f32; 2]; 2]) -> [[f32; 2]; 2] {
        sums
    }
}

impl<O> Finish<O> {
    /// Whether something is done to columns by themselves.
    #[inline(always)]
    pub fn changes_columns(&self) -> bool {
        !self.column_scales.is_null() || !self.bias.is_null()
    }
}

/// Factors and biases, dealt out to the lanes of a warp, as they were loaded.
#[derive(Clone, Copy)]
pub(super) struct Dealt<O> {
    /// Those of `j = lane / 4 + 8i`.
    scales: [[f32; 2]; 4],
    biases: [[O; 2]; 4],
}

impl<O: Element> Dealt<O> {
    /// Loads what is done to a tile's columns from `column` on, of B in the order `W`.
    ///
    /// # Safety
    /// The pointers of `finish` are null or valid, and C has columns.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn of<W: Order>(finish: &Finish<O>, column: u32) -> Self {
        let lane = warp::lane_id();
        let first = column + 8 * (lane / 4) + 2 * (lane % 4);
        let columns =
            [0, 64, 128, 192].map(|on| [W::column(first + on), W::column(first + on + 1)]);
        // SAFETY: the caller's contract.
        unsafe {
            Self {
                scales: finish.scales_of_columns(columns),
                biases: finish.biases(columns),
            }
        }
    }

    /// What to compute with.
    #[inline(always)]
    pub fn pairs(&self) -> Columns {
        let mut pairs = [Pair {
            scales: [1.0; 2],
            biases: [0.0; 2],
        }; 4];
        unroll!(i < 4 => {
            pairs[i] = Pair { scales: self.scales[i], biases: self.biases[i].map(O::to_f32) };
        });
        Columns { pairs }
    }
}

/// Factors and biases, dealt out to the lanes of a warp.
pub(super) struct Columns {
    pairs: [Pair; 4],
}

impl ByColumn for Columns {
    #[inline(always)]
    #[track_caller]
    unsafe fn finish(&self, j: usize, [upper, lower]: [[f32; 2]; 2]) -> [[f32; 2]; 2] {
        let from = 4 * (j as u32 % 8) + warp::lane_id() % 4;
        let of = |value: f32| {
            // SAFETY: the whole warp is here.
            let (value, _) = unsafe { warp::warp_shuffle_idx(FULL_MASK, value, from, WARP_SIZE) };
            value
        };
        let Pair { scales, biases } = self.pairs[j / 8];
        let pair = Pair {
            scales: scales.map(of),
            biases: biases.map(of),
        };
        [pair.finish(upper), pair.finish(lower)]
    }
}
