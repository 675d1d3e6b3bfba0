//! Scales of blocks of 128 of K, of e4m3: block (i, j) computes tile (i, j).

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use super::Tile;
use crate::gemm::chunk::Codes;
use crate::gemm::dense::row_or_null;
use crate::gemm::finish::Finish;
use crate::gemm::fold::Blocks;
use crate::gemm::load::Operand;
use crate::gemm::scales::Scales;
use crate::gemm::stored::Stored;
use crate::gemm::tile::{Output, Unchanged};
use crate::quantize::fp8_code::Fp8Format;

/// Stamps kernels: `name => C, epilogue of D;`, the last if they have one, of which D is added.
macro_rules! gemm {
    ($($name:ident => $out:ty$(, epilogue of $addend:ty)?;)*) => { $(
        /// `C[m, n] = sum over blocks of a_scale * b_scale * (A[m, block] * B[n, block]^T) + bias`, and its epilogue; strides in
        /// elements. A null bias asks nothing.
        ///
        /// # Safety
        /// - The operands are readable and C is writable at these shapes and strides.
        /// - The scales are readable at `row * row_step + block * block_step`, where `b_shared` rows of B count as
        ///   one. `bias` holds `n` values, or is null.
        /// - The grid is `(m / BM, n / BN)` rounded up, with the tile's threads and shared memory.
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
            a_scales: *const f32,
            a_row_step: u32,
            a_block_step: u32,
            b_scales: *const f32,
            b_row_step: u32,
            b_block_step: u32,
            b_shared: u32,
            bias: *const <$out as Stored>::Addend,
            $(activation: u32, residual: *const $addend, residual_stride: u64, out_scale: *const f32,)?
        ) {
            const { assert!(Tile::THREADS == 256) };
            let (row, column) = (thread::block_idx_x() * Tile::BM, thread::block_idx_y() * Tile::BN);
            let finish = Finish::bias(bias, m, n);
            let output = Output { c, ldc, row, column, row_end: m, column_end: n, finish, last: Unchanged$(.but($crate::gemm::epilogue::Epilogue::<$addend> { activation, residual, residual_stride, out_scale }))? };
            let [own_row, own_column] = Tile::own();
            let fold = Blocks {
                a: Scales { scales: a_scales, row_step: a_row_step, block_step: a_block_step, rows: m, shared: 1 },
                b: Scales { scales: b_scales, row_step: b_row_step, block_step: b_block_step, rows: n, shared: b_shared },
                own: [row + own_row, column + own_column],
                totals: [[[0.0; 4]; 2]; 2],
            };
            let chunks = Codes(Fp8Format::E4m3);
            let a = Operand { chunks, row: |r| row_or_null(a, row + r, m, lda) };
            let b = Operand { chunks, row: |r| row_or_null(b, column + r, n, ldb) };
            // SAFETY: the kernel's contract is the tile's.
            unsafe { Tile::compute(a, b, k, fold, output) }
        }
    )* };
}

gemm! {
    gemm_block_scaled_bf16_t64x64 => bf16;
    gemm_block_scaled_f16_t64x64 => f16;
    gemm_block_scaled_f32_t64x64 => f32;
}

pub(in crate::gemm) use gemm;
