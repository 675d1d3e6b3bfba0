//! Factors after the sum: block (i, j, l) computes tile (i, j) of product l.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use super::{A_E5M2, B_E5M2, Tile};
use crate::gemm::chunk::Codes;
use crate::gemm::dense::{matrix, row_or_null};
use crate::gemm::finish::Finish;
use crate::gemm::fold::Whole;
use crate::gemm::load::Operand;
use crate::gemm::stored::Stored;
use crate::gemm::tile::{Output, Unchanged};
use crate::quantize::fp8_code::Fp8Format;

/// The format that a flag says.
#[inline(always)]
pub(in crate::gemm) fn format(formats: u32, flag: u32) -> Codes {
    Codes(match formats & flag {
        0 => Fp8Format::E4m3,
        _ => Fp8Format::E5m2,
    })
}

/// Stamps kernels: `name => C, epilogue of D;`, the last if they have one, of which D is added.
macro_rules! gemm {
    ($($name:ident => $out:ty$(, epilogue of $addend:ty)?;)*) => { $(
        /// `C[m, n] = alpha * a_scale * b_scale * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`, for each matrix of a batch,
        /// and its epilogue; strides in elements, the matrices of each operand below each other. A null pointer asks nothing.
        ///
        /// # Safety
        /// - The operands are readable and C is writable at these shapes and strides; `formats` is the sum of
        ///   [`A_E5M2`] and [`B_E5M2`], or of some.
        /// - `alpha`, `a_scale` and `b_scale` hold a value, `row_scales` and `column_scales` as many as all matrices
        ///   of C have rows and columns, `bias` as many as one has columns; or they are null.
        /// - The grid is `(m / BM, n / BN, matrices)` rounded up, with the tile's threads and shared memory.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(256, 2), dependent)]
        pub unsafe fn $name(
            a: *const u8,
            b: *const u8,
            c: *mut $out,
            m: u32,
            n: u32,
            k: u32,
            lda: u64,
            ldb: u64,
            ldc: u64,
            formats: u32,
            alpha: *const f32,
            a_scale: *const f32,
            b_scale: *const f32,
            row_scales: *const f32,
            column_scales: *const f32,
            bias: *const <$out as Stored>::Addend,
            $(activation: u32, residual: *const $addend, residual_stride: u64, out_scale: *const f32,)?
        ) {
            const { assert!(Tile::THREADS == 256) };
            let (row, column) = (thread::block_idx_x() * Tile::BM, thread::block_idx_y() * Tile::BN);
            let index = thread::block_idx_z();
            let (a, b) = (matrix(a, index, m, lda), matrix(b, index, n, ldb));
            let c = matrix(c.cast_const(), index, m, ldc).cast_mut();
            let finish = Finish {
                alphas: [alpha, a_scale, b_scale], row_scales, column_scales, bias, rows: m, columns: n,
            };
            let finish = finish.of_matrix(index);
            let output = Output { c, ldc, row, column, row_end: m, column_end: n, finish, last: Unchanged$(.but($crate::gemm::epilogue::Epilogue::<$addend> { activation, residual, residual_stride, out_scale }.of_matrix(index, m)))? };
            let a = Operand { chunks: format(formats, A_E5M2), row: |r| row_or_null(a, row + r, m, lda) };
            let b = Operand { chunks: format(formats, B_E5M2), row: |r| row_or_null(b, column + r, n, ldb) };
            // SAFETY: the kernel's contract is the tile's.
            unsafe { Tile::compute(a, b, k, Whole, output) }
        }
    )* };
}

gemm! {
    gemm_fp8_bf16_t64x64 => bf16;
    gemm_fp8_f16_t64x64 => f16;
    gemm_fp8_f32_t64x64 => f32;
}

pub(in crate::gemm) use gemm;
