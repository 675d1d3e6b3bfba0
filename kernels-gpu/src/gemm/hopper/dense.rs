//! Matrix products of 16-bit floats.

use half::{bf16, f16};

use super::sum::Fast;
use super::tile::Tile;

/// 128 x 256: large products.
pub type Tile128x256 = Tile<128, 2, 4, 1>;
/// 128 x 192: large products that it divides better.
pub type Tile128x192 = Tile<96, 2, 4, 1>;
/// 128 x 144: products that it divides into about as many tiles as there are multiprocessors.
pub type Tile128x144 = Tile<72, 2, 5, 6>;
/// 128 x 128: smaller products, and sums that are promoted, for which a larger tile leaves no registers.
pub type Tile128x128 = Tile<64, 2, 6, 8>;
/// 128 x 96: smaller ones yet.
pub type Tile128x96 = Tile<48, 2, 6, 8>;
/// 64 x 256 by a consumer, while the other stores its own: large products of short K.
pub type Tile64x256 = Tile<128, 1, 5, 1>;
/// 64 x 128, the same: products of fewer rows than fill a device with larger tiles.
pub type Tile64x128 = Tile<64, 1, 8, 1>;

/// Stamps kernels: `name: tile, A, B => C, sum;`, or `name: target, tile, A, B => C, sum;` where the tile does not lie
/// straight over C.
macro_rules! products {
    ($($name:ident: $tile:ty, $a:ty, $b:ty => $out:ty, $sum:expr;)*) => {
        $crate::gemm::hopper::dense::products! { $($name: Straight, $tile, $a, $b => $out, $sum;)* }
    };
    ($($name:ident: $target:ident, $tile:ty, $a:ty, $b:ty => $out:ty, $sum:expr;)*) => { $(
        /// `C[m, n] = alpha * a_scale * b_scale * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`, for each matrix of a
        /// batch; a null pointer asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands `[matrices, rows, columns]`, swizzled by 128 bytes, in
        ///   boxes of 128 bytes by the rows of A and of B that a block loads, and 16 rows of C, or 8, swapped. K is not zero.
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
            type Target = $crate::gemm::hopper::$target<$out>;
            let operands = $crate::gemm::hopper::load::Operands { a: &raw const *a, b: &raw const *b };
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: <Target as $crate::gemm::hopper::result::Target>::operands(operands),
                c: Target::new(&raw const *c, finish),
                sum: $sum,
                k,
                matrices,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<$a, $b, Target, _>(product) }
        }
    )* };
}

pub(super) use products;

products! {
    hopper_bf16_t128x256: Tile128x256, bf16, bf16 => bf16, Fast;
    hopper_bf16_t128x192: Tile128x192, bf16, bf16 => bf16, Fast;
    hopper_bf16_t128x144: Tile128x144, bf16, bf16 => bf16, Fast;
    hopper_bf16_t128x128: Tile128x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_t128x96: Tile128x96, bf16, bf16 => bf16, Fast;
    hopper_bf16_t64x256: Tile64x256, bf16, bf16 => bf16, Fast;
    hopper_bf16_t64x128: Tile64x128, bf16, bf16 => bf16, Fast;
    hopper_bf16_f32_t128x256: Tile128x256, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t128x192: Tile128x192, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t128x128: Tile128x128, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x256: Tile64x256, bf16, bf16 => f32, Fast;
    hopper_bf16_f32_t64x128: Tile64x128, bf16, bf16 => f32, Fast;
    hopper_f16_t128x256: Tile128x256, f16, f16 => f16, Fast;
    hopper_f16_t128x192: Tile128x192, f16, f16 => f16, Fast;
    hopper_f16_t128x144: Tile128x144, f16, f16 => f16, Fast;
    hopper_f16_t128x128: Tile128x128, f16, f16 => f16, Fast;
    hopper_f16_t128x96: Tile128x96, f16, f16 => f16, Fast;
    hopper_f16_t64x256: Tile64x256, f16, f16 => f16, Fast;
    hopper_f16_t64x128: Tile64x128, f16, f16 => f16, Fast;
    hopper_f16_f32_t128x256: Tile128x256, f16, f16 => f32, Fast;
    hopper_f16_f32_t128x192: Tile128x192, f16, f16 => f32, Fast;
    hopper_f16_f32_t128x128: Tile128x128, f16, f16 => f32, Fast;
    hopper_f16_f32_t64x256: Tile64x256, f16, f16 => f32, Fast;
    hopper_f16_f32_t64x128: Tile64x128, f16, f16 => f32, Fast;
}
