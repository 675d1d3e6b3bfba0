//! Matrix products of 16-bit floats.

use half::{bf16, f16};

use super::sum::Fast;
use super::tile::Tile;

/// 128 x 256 by two blocks that share B: large products.
pub type Tile128x256 = Tile<128, 2, 4, 2>;
/// 128 x 128: products of few tiles.
pub type Tile128x128 = Tile<64, 2, 6, 1>;

/// Stamps kernels: `name: tile, A, B => C, sum;`.
macro_rules! products {
    ($($name:ident: $tile:ty, $a:ty, $b:ty => $out:ty, $sum:expr;)*) => { $(
        /// `C[m, n] = alpha * a_scale * b_scale * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`, for each matrix of a
        /// batch; a null pointer asks nothing.
        ///
        /// # Safety
        /// - A grid of one dimension, of clusters, of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands `[matrices, rows, columns]`, swizzled by 128 bytes, in
        ///   boxes of 128 bytes by the tile's rows of A, by its `B_ROWS`, and by 64 rows of C. K is not zero.
        /// - `alpha`, `a_scale` and `b_scale` hold a value, `row_scales` and `column_scales` as many as all matrices
        ///   of C have rows and columns, `bias` as many as one has columns; or they are null.
        #[allow(clippy::too_many_arguments)]
        #[cuda_std::kernel(launch_bounds(384, 1), dependent)]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            b: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            c: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            m: u32,
            n: u32,
            k: u32,
            matrices: u32,
            alpha: *const f32,
            a_scale: *const f32,
            b_scale: *const f32,
            row_scales: *const f32,
            column_scales: *const f32,
            bias: *const $out,
        ) {
            let finish = $crate::gemm::finish::Finish {
                alphas: [alpha, a_scale, b_scale], row_scales, column_scales, bias, rows: m, columns: n,
            };
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: $crate::gemm::hopper::load::Operands { a: &raw const *a, b: &raw const *b },
                c: &raw const *c,
                sum: $sum,
                finish,
                k,
                matrices,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<$a, $b, $out, _>(product) }
        }
    )* };
}

pub(super) use products;

products! {
    hopper_bf16_t128x256: Tile128x256, bf16, bf16 => bf16, Fast;
    hopper_bf16_t128x128: Tile128x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_t128x256: Tile128x256, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t128x128: Tile128x128, bf16, bf16 => f32, Fast;
    hopper_f16_t128x256: Tile128x256, f16, f16 => f16, Fast;
    hopper_f16_t128x128: Tile128x128, f16, f16 => f16, Fast;
    hopper_f16_f32_t128x256: Tile128x256, f16, f16 => f32, Fast;
    hopper_f16_f32_t128x128: Tile128x128, f16, f16 => f32, Fast;
}
