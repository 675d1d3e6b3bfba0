//! Where the scale factors of FP8 operands lie.
//!
//! They are `f32` and start at a multiple of 16 bytes. In our terms, with `K = ceil(k / 128)`:
//!
//! | scaling | factors of `A[m, k]` | factors of `B[n, k]` |
//! |---|---|---|
//! | [`Scaling::Tensor`] | one | one |
//! | [`Scaling::Row`] | `[m]` | `[n]` |
//! | [`Scaling::Row128`] | `[K, m]` | `[K, n]` |
//! | [`Scaling::Block128`] | `[K, m]` | `[ceil(n / 128), K rounded up to 4]` |
//!
//! All are row-major: the block factors of `A` lie side by side for one block of columns, those of `B` for one block of
//! rows. The padding is no factor, but belongs to the tensor. For blocks, m and n must be multiples of 4.
//! Source: the cuBLAS manual, "128-element 1D and 128x128 2D Block Scaling For FP8 Data Types".

use super::problem::{Problem, Scaling};

/// Edge of a scaled block.
const BLOCK: usize = 128;

/// Blocks to which a row of block factors is padded.
const BLOCK_PADDING: usize = 4;

/// How cuBLASLt reads a tensor of scale factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleMode {
    /// One factor.
    Scalar,
    /// One for each row of our operand.
    OuterVector,
    /// One for 128 elements of a row.
    Vector128,
    /// One for a block of 128 rows and 128 columns.
    Block128x128,
}

/// The scale factors of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scales {
    /// How they are read.
    pub mode: ScaleMode,
    rows: usize,
    k: usize,
}

impl Scales {
    /// Factors to allocate, padding included.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.mode {
            ScaleMode::Scalar => 1,
            ScaleMode::OuterVector => self.rows,
            ScaleMode::Vector128 => self.rows.saturating_mul(self.k.div_ceil(BLOCK)),
            ScaleMode::Block128x128 => self.pitch().saturating_mul(self.rows.div_ceil(BLOCK)),
        }
    }

    /// Whether there are none: not for a problem that has elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which of the factors is for the element of our operand at this row and column.
    #[must_use]
    pub const fn index(&self, row: usize, column: usize) -> usize {
        match self.mode {
            ScaleMode::Scalar => 0,
            ScaleMode::OuterVector => row,
            ScaleMode::Vector128 => column / BLOCK * self.rows + row,
            ScaleMode::Block128x128 => row / BLOCK * self.pitch() + column / BLOCK,
        }
    }

    /// Factors from one row of blocks to the next.
    const fn pitch(&self) -> usize {
        self.k.div_ceil(BLOCK).next_multiple_of(BLOCK_PADDING)
    }
}

impl Problem {
    /// The factors of our `A`, if it has any.
    #[must_use]
    pub fn a_scales(&self) -> Option<Scales> {
        self.scales(self.m, ScaleMode::Vector128)
    }

    /// The factors of our `B`, if it has any.
    #[must_use]
    pub fn b_scales(&self) -> Option<Scales> {
        self.scales(self.n, ScaleMode::Block128x128)
    }

    fn scales(&self, rows: usize, block: ScaleMode) -> Option<Scales> {
        let mode = match self.types.scaling()? {
            Scaling::Tensor => ScaleMode::Scalar,
            Scaling::Row => ScaleMode::OuterVector,
            Scaling::Row128 => ScaleMode::Vector128,
            Scaling::Block128 => block,
        };
        let k = self.k;
        Some(Scales { mode, rows, k })
    }
}

#[cfg(test)]
mod tests {
    use crate::peer::problem::{Problem, Scaling, Types};

    #[test]
    fn block_scales_lie_as_the_manual_says() {
        // 5 blocks of columns, padded to 8; 2 blocks of rows of B.
        let problem = Problem::new(12, 132, 600, Types::fp8(Scaling::Block128));
        let (a, b) = (
            problem.a_scales().expect("scaled"),
            problem.b_scales().expect("scaled"),
        );
        assert_eq!((a.len(), b.len()), (5 * 12, 2 * 8));
        assert_eq!(a.index(7, 127), 7);
        assert_eq!(a.index(7, 128), 12 + 7);
        assert_eq!(a.index(11, 599), a.len() - 1);
        assert_eq!(b.index(127, 599), 4);
        assert_eq!(b.index(128, 0), 8);
        assert_eq!(b.index(131, 599), 8 + 4);
    }

    #[test]
    fn scales_of_128_of_a_row_lie_alike_for_both() {
        let problem = Problem::new(12, 132, 600, Types::fp8(Scaling::Row128));
        let [a, b] = [problem.a_scales(), problem.b_scales()].map(|it| it.expect("scaled"));
        assert_eq!((a.len(), b.len()), (5 * 12, 5 * 132));
        assert_eq!((a.index(7, 128), b.index(7, 128)), (12 + 7, 132 + 7));
    }

    #[test]
    fn tensors_have_one_factor_and_rows_one_each() {
        let tensor = Problem::new(12, 20, 64, Types::fp8(Scaling::Tensor));
        let scales = tensor.b_scales().expect("scaled");
        assert_eq!((scales.len(), scales.index(19, 63)), (1, 0));
        let row = Problem::new(12, 20, 64, Types::fp8(Scaling::Row));
        let lengths = (
            row.a_scales().map(|it| it.len()),
            row.b_scales().map(|it| it.len()),
        );
        assert_eq!(lengths, (Some(12), Some(20)));
        assert_eq!(row.b_scales().expect("scaled").index(19, 63), 19);
        assert_eq!(Problem::new(12, 20, 64, Types::F16).a_scales(), None);
    }
}
