//! Where matrices lie, as cuBLASLt sees it.
//!
//! cuBLASLt thinks in columns: what is row-major `[rows, columns]` here is column-major `[columns, rows]` there. So the
//! row-major `C = A * B^T` is its `C^T = (B^T)^T * A^T`, the mapping that FP8 requires:
//!
//! | cuBLASLt's | is our | its rows x columns | leading dimension | transposed |
//! |---|---|---|---|---|
//! | `A` | `B[n, k]` | k x n | k | yes |
//! | `B` | `A[m, k]` | k x m | k | no |
//! | `D` (and `C`) | `C[m, n]` | n x m | n | no |
//!
//! What FP8 operands are scaled with is in [`scales`](super::scales).

use super::problem::{Problem, Types};

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 8-bit float, 4 bits of exponent.
    E4m3,
    /// bfloat16.
    Bf16,
    /// IEEE half precision.
    F16,
    /// IEEE single precision.
    F32,
}

impl Element {
    /// Bytes of one.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::E4m3 => 1,
            Self::Bf16 | Self::F16 => 2,
            Self::F32 => 4,
        }
    }
}

/// A matrix in cuBLASLt's terms: column-major.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matrix {
    /// What it is made of.
    pub element: Element,
    /// Length of a column.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Elements from one column to the next.
    pub leading: usize,
    /// Elements from one matrix of a batch to the next.
    pub stride: usize,
    /// Whether the product takes its transpose.
    pub transposed: bool,
}

impl Matrix {
    /// The row-major `[rows, columns]`, dense.
    const fn of_row_major(element: Element, rows: usize, columns: usize, transposed: bool) -> Self {
        Self {
            element,
            rows: columns,
            columns: rows,
            leading: columns,
            stride: rows.saturating_mul(columns),
            transposed,
        }
    }
}

impl Problem {
    /// Our `A`, which is cuBLASLt's `B`.
    #[must_use]
    pub const fn a(&self) -> Matrix {
        Matrix::of_row_major(self.types.input(), self.m, self.k, false)
    }

    /// Our `B`, which is cuBLASLt's `A`.
    #[must_use]
    pub const fn b(&self) -> Matrix {
        Matrix::of_row_major(self.types.input(), self.n, self.k, true)
    }

    /// Our `C`, which is cuBLASLt's `C` and `D`.
    #[must_use]
    pub const fn c(&self) -> Matrix {
        Matrix::of_row_major(self.types.output(), self.m, self.n, false)
    }

    /// Multiplications and additions.
    #[must_use]
    pub fn flops(&self) -> f64 {
        let sizes = [2, self.batch, self.m, self.n, self.k];
        sizes.iter().map(|&size| size as f64).product()
    }

    /// Bytes of all operands, each moved once: the least there is to move.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        let matrices = [self.a(), self.b(), self.c()];
        let one = |it: &Matrix| it.stride as f64 * it.element.bytes() as f64;
        let scales = [self.a_scales(), self.b_scales()];
        let factors: f64 = scales.iter().flatten().map(|it| it.len() as f64).sum();
        let matrices: f64 = matrices.iter().map(one).sum();
        matrices * self.batch as f64 + factors * Element::F32.bytes() as f64
    }
}

impl Types {
    /// What `A` and `B` are made of.
    #[must_use]
    pub const fn input(self) -> Element {
        match self {
            Self::Bf16 | Self::Bf16ToF32 => Element::Bf16,
            Self::F16 => Element::F16,
            Self::Fp8 { .. } => Element::E4m3,
        }
    }

    /// What `C` is made of.
    #[must_use]
    pub const fn output(self) -> Element {
        match self {
            Self::Bf16 | Self::Fp8 { .. } => Element::Bf16,
            Self::Bf16ToF32 => Element::F32,
            Self::F16 => Element::F16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Matrix};
    use crate::peer::problem::{Problem, Scaling, Types};

    /// The product as cuBLASLt defines it, on its own terms.
    fn cublaslt(problem: &Problem, a: &[f64], b: &[f64]) -> Vec<f64> {
        let at = |it: &Matrix, row: usize, column: usize| match it.transposed {
            true => row * it.leading + column,
            false => column * it.leading + row,
        };
        let (first, second, out) = (problem.b(), problem.a(), problem.c());
        let mut result = vec![0.0; out.stride];
        for row in 0..out.rows {
            for column in 0..out.columns {
                let terms =
                    (0..problem.k).map(|k| b[at(&first, row, k)] * a[at(&second, k, column)]);
                result[at(&out, row, column)] = terms.sum();
            }
        }
        result
    }

    #[test]
    fn the_mapping_computes_our_product() {
        let problem = Problem::new(2, 3, 5, Types::Bf16);
        let a: Vec<f64> = (0..10).map(f64::from).collect();
        let b: Vec<f64> = (0..15).map(|it| f64::from(it * it % 7)).collect();
        let dot = |row: usize, column: usize| {
            (0..5)
                .map(|k| a[row * 5 + k] * b[column * 5 + k])
                .sum::<f64>()
        };
        let ours: Vec<f64> = (0..6).map(|it| dot(it / 3, it % 3)).collect();
        assert_eq!(cublaslt(&problem, &a, &b), ours);
    }

    #[test]
    fn leading_dimensions_are_the_row_lengths() {
        let problem = Problem::new(16, 48, 80, Types::Bf16ToF32);
        assert_eq!((problem.a().leading, problem.a().stride), (80, 16 * 80));
        assert_eq!((problem.b().rows, problem.b().columns), (80, 48));
        assert_eq!(
            (problem.c().leading, problem.c().element),
            (48, Element::F32)
        );
    }

    #[test]
    fn flops_and_bytes_count_every_operand_once() {
        let batched = Problem {
            batch: 3,
            ..Problem::new(4, 8, 16, Types::Bf16)
        };
        assert_eq!(batched.flops(), 2.0 * 3.0 * 512.0);
        assert_eq!(batched.bytes(), 3.0 * 2.0 * (64.0 + 128.0 + 32.0));
        let scaled = Problem::new(4, 8, 16, Types::fp8(Scaling::Row));
        assert_eq!(
            scaled.bytes(),
            64.0 + 128.0 + 2.0 * 32.0 + 4.0 * (4.0 + 8.0)
        );
    }
}
