//! One matrix product: block (i, j) computes tile (i, j).

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use super::layout::TileShape;
use super::tile::Output;

/// 128 x 128: many rows.
pub type Tile128x128 = TileShape<4, 4, 2, 4>;
/// 64 x 64: operands that cannot be loaded 16 bytes at a time.
pub type Tile64x64 = TileShape<2, 2, 2, 4>;
/// 16 x 64: few rows.
pub type Tile16x64 = TileShape<1, 2, 1, 4>;

macro_rules! gemm {
    ($($name:ident: $tile:ty, $threads:literal, $blocks:literal, $type:ty => $out:ty, $aligned:literal;)*) => { $(
        /// `C[m, n] = A[m, k] * B[n, k]^T`; strides in elements.
        ///
        /// # Safety
        /// - The operands are readable and C is writable at these shapes and strides.
        /// - Unless the name says unaligned: A and B start at multiples of 16 bytes, and `k`, `lda` and
        ///   `ldb` are multiples of 8.
        /// - The grid is `(m / BM, n / BN)` rounded up, with the tile's threads and shared memory.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks))]
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
        ) {
            const { assert!(<$tile>::THREADS == $threads) };
            let row = thread::block_idx_x() * <$tile>::BM;
            let column = thread::block_idx_y() * <$tile>::BN;
            let output = Output { c, ldc, row, column, row_end: m, column_end: n };
            // SAFETY: the kernel's contract is the tile's.
            unsafe {
                <$tile>::compute::<$type, $out, $aligned>(
                    |r| row_or_null(a, row + r, m, lda),
                    |r| row_or_null(b, column + r, n, ldb),
                    k,
                    output,
                );
            }
        }
    )* };
}

gemm! {
    gemm_bf16_t128x128: Tile128x128, 256, 2, bf16 => bf16, true;
    gemm_bf16_t16x64: Tile16x64, 128, 4, bf16 => bf16, true;
    gemm_bf16_unaligned_t64x64: Tile64x64, 256, 2, bf16 => bf16, false;
    gemm_bf16_f32_t128x128: Tile128x128, 256, 2, bf16 => f32, true;
    gemm_bf16_f32_t16x64: Tile16x64, 128, 4, bf16 => f32, true;
    gemm_bf16_f32_unaligned_t64x64: Tile64x64, 256, 2, bf16 => f32, false;
    gemm_f16_t128x128: Tile128x128, 256, 2, f16 => f16, true;
    gemm_f16_t16x64: Tile16x64, 128, 4, f16 => f16, true;
    gemm_f16_unaligned_t64x64: Tile64x64, 256, 2, f16 => f16, false;
    gemm_f16_f32_t128x128: Tile128x128, 256, 2, f16 => f32, true;
    gemm_f16_f32_t16x64: Tile16x64, 128, 4, f16 => f32, true;
    gemm_f16_f32_unaligned_t64x64: Tile64x64, 256, 2, f16 => f32, false;
}

/// Row `row` of a matrix of `rows`, or null.
#[inline(always)]
pub(super) fn row_or_null<T>(matrix: *const T, row: u32, rows: u32, stride: u64) -> *const T {
    if row < rows {
        matrix.wrapping_add(row as usize * stride as usize)
    } else {
        core::ptr::null()
    }
}
