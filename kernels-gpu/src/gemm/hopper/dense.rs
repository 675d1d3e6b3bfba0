//! One matrix product.

use cuda_std::grid_constant::GridConstant;
use cuda_std::kernel;
use cuda_std::tma::TensorMap;
use half::{bf16, f16};

use super::engine::Gemm;
use super::finish::Finish;
use super::load::Operands;
use super::tile::Tile;

/// 128 x 256 by two blocks that share B: large products.
pub type Tile128x256 = Tile<128, 2, 4, 2>;
/// 128 x 128: products of few tiles.
pub type Tile128x128 = Tile<64, 2, 6, 1>;

macro_rules! gemm {
    ($($name:ident: $tile:ty, $type:ty => $out:ty;)*) => { $(
        /// `C[m, n] = alpha * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`; a null pointer asks
        /// nothing.
        ///
        /// # Safety
        /// - A grid of one dimension, of clusters, of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands, swizzled by 128 bytes, in boxes of 128 bytes by the
        ///   tile's rows of A, by its `B_ROWS`, and by 64 rows of C. K is not zero.
        /// - `alpha` holds a value, `row_scales` as many as C has rows, `column_scales` and `bias` as many as it
        ///   has columns; or they are null.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(384, 1))]
        pub unsafe fn $name(
            a: GridConstant<TensorMap>,
            b: GridConstant<TensorMap>,
            c: GridConstant<TensorMap>,
            m: u32,
            n: u32,
            k: u32,
            alpha: *const f32,
            row_scales: *const f32,
            column_scales: *const f32,
            bias: *const $out,
        ) {
            let operands = Operands { a: &raw const *a, b: &raw const *b };
            let finish = Finish { alpha, row_scales, column_scales, bias, rows: m, columns: n };
            let product = Gemm { operands, c: &raw const *c, finish, k };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<$type, $out>(product) }
        }
    )* };
}

gemm! {
    hopper_bf16_t128x256: Tile128x256, bf16 => bf16;
    hopper_bf16_t128x128: Tile128x128, bf16 => bf16;
    hopper_bf16_f32_t128x256: Tile128x256, bf16 => f32;
    hopper_bf16_f32_t128x128: Tile128x128, bf16 => f32;
    hopper_f16_t128x256: Tile128x256, f16 => f16;
    hopper_f16_t128x128: Tile128x128, f16 => f16;
    hopper_f16_f32_t128x256: Tile128x256, f16 => f32;
    hopper_f16_f32_t128x128: Tile128x128, f16 => f32;
}
