//! A batch of matrix products: block (i, j, l) computes tile (i, j) of product l.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use super::chunk::{Aligned, Unaligned};
use super::finish::Finish;
use super::fold::Whole;
use super::layout::TileShape;
use super::load::Operand;
use super::stored::Stored;
use super::tile::{Output, Unchanged};

/// 128 x 128: many rows.
pub type Tile128x128 = TileShape<4, 4, 2, 4>;
/// 64 x 64: operands that cannot be loaded 16 bytes at a time.
pub type Tile64x64 = TileShape<2, 2, 2, 4>;
/// 16 x 64: few rows.
pub type Tile16x64 = TileShape<1, 2, 1, 4>;

/// Stamps kernels: `name: tile, threads, blocks, A and B => C, chunks, epilogue of D;`, the last if they have one, of which D is added.
macro_rules! gemm {
    ($($name:ident: $tile:ty, $threads:literal, $blocks:literal, $type:ty => $out:ty, $chunks:expr$(, epilogue of $addend:ty)?;)*) => { $(
        /// `C[m, n] = A[m, k] * B[n, k]^T + bias`, for each matrix of a batch, and its epilogue; strides in elements, the matrices
        /// of each operand below each other. A null bias asks nothing.
        ///
        /// # Safety
        /// - The operands are readable and C is writable at these shapes and strides; `bias` holds `n` values.
        /// - Unless the name says unaligned: A and B start at multiples of 16 bytes, and `k`, `lda` and
        ///   `ldb` are multiples of 8.
        /// - The grid is `(m / BM, n / BN, matrices)` rounded up, with the tile's threads and shared memory.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks), dependent)]
        pub unsafe fn $name(
            a: *const $type,
            b: *const $type,
            c: *mut $out,
            m: u32,
            n: u32,
            k: u32,
            lda: u64,
            ldb: u64,
            ldc: u64,
            bias: *const <$out as Stored>::Addend,
            $(activation: u32, residual: *const $addend, residual_stride: u64, out_scale: *const f32,)?
        ) {
            const { assert!(<$tile>::THREADS == $threads) };
            let (row, column) = (thread::block_idx_x() * <$tile>::BM, thread::block_idx_y() * <$tile>::BN);
            let index = thread::block_idx_z();
            let (a, b) = (matrix(a, index, m, lda), matrix(b, index, n, ldb));
            let c = matrix(c.cast_const(), index, m, ldc).cast_mut();
            let finish = Finish::bias(bias, m, n);
            let output = Output { c, ldc, row, column, row_end: m, column_end: n, finish, last: Unchanged$(.but($crate::gemm::epilogue::Epilogue::<$addend> { activation, residual, residual_stride, out_scale }.of_matrix(index, m)))? };
            let a = Operand { chunks: $chunks, row: |r| row_or_null(a, row + r, m, lda) };
            let b = Operand { chunks: $chunks, row: |r| row_or_null(b, column + r, n, ldb) };
            // SAFETY: the kernel's contract is the tile's.
            unsafe { <$tile>::compute(a, b, k, Whole, output) }
        }
    )* };
}

gemm! {
    gemm_bf16_t128x128: Tile128x128, 256, 2, bf16 => bf16, Aligned;
    gemm_bf16_t16x64: Tile16x64, 128, 4, bf16 => bf16, Aligned;
    gemm_bf16_unaligned_t64x64: Tile64x64, 256, 2, bf16 => bf16, Unaligned;
    gemm_bf16_f32_t128x128: Tile128x128, 256, 2, bf16 => f32, Aligned;
    gemm_bf16_f32_t16x64: Tile16x64, 128, 4, bf16 => f32, Aligned;
    gemm_bf16_f32_unaligned_t64x64: Tile64x64, 256, 2, bf16 => f32, Unaligned;
    gemm_f16_t128x128: Tile128x128, 256, 2, f16 => f16, Aligned;
    gemm_f16_t16x64: Tile16x64, 128, 4, f16 => f16, Aligned;
    gemm_f16_unaligned_t64x64: Tile64x64, 256, 2, f16 => f16, Unaligned;
    gemm_f16_f32_t128x128: Tile128x128, 256, 2, f16 => f32, Aligned;
    gemm_f16_f32_t16x64: Tile16x64, 128, 4, f16 => f32, Aligned;
    gemm_f16_f32_unaligned_t64x64: Tile64x64, 256, 2, f16 => f32, Unaligned;
}

pub(super) use gemm;

/// Row `row` of a matrix of `rows`, or null.
#[inline(always)]
pub(super) fn row_or_null<T>(matrix: *const T, row: u32, rows: u32, stride: u64) -> *const T {
    if row < rows {
        matrix.wrapping_add(row as usize * stride as usize)
    } else {
        core::ptr::null()
    }
}

/// Matrix `index` of those that lie below each other.
#[inline(always)]
pub(super) fn matrix<T>(first: *const T, index: u32, rows: u32, stride: u64) -> *const T {
    first.wrapping_add(index as usize * rows as usize * stride as usize)
}
