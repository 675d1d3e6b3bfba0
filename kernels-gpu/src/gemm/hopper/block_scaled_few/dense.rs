//! The kernels, for each type of C; how many rows of B share a scale is an argument, since their scales are those of the
//! rows of a swapped tile.

use cuda_std::kernel;
use cuda_std::tma::TensorMap;
use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::finish::Finish;
use crate::gemm::hopper::Swapped;
use crate::gemm::hopper::engine::Gemm;
use crate::gemm::hopper::few::dense::{Few16, Few32, Few64};
use crate::gemm::hopper::load::Operands;
use crate::gemm::hopper::result::Target;
use crate::gemm::hopper::scales::BlockScaled;
use crate::gemm::scales::Scales;

macro_rules! products {
    ($($name:ident: $tile:ty => $out:ty;)*) => { $(
        /// `C[m, n] = sum over blocks of a_scale * b_scale * (A[m, block] * B[n, block]^T) + bias`, with blocks of
        /// 128 of K; a null bias asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands `[1, rows, columns]`, swizzled by 128 bytes, in boxes of 128
        ///   bytes by the rows of A and of B that a block loads, and 8 rows of C. K is not zero.
        /// - The scales are readable at `row * row_step + block * block_step`, where `b_shared` rows of B count as
        ///   one. `bias` holds as many values as C has columns, or is null.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(384, 1), dependent)]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<TensorMap>,
            b: cuda_std::grid_constant::GridConstant<TensorMap>,
            c: cuda_std::grid_constant::GridConstant<TensorMap>,
            m: u32,
            n: u32,
            k: u32,
            a_scales: *const f32,
            a_row_step: u32,
            a_block_step: u32,
            b_scales: *const f32,
            b_row_step: u32,
            b_block_step: u32,
            b_shared: u32,
            bias: *const $out,
        ) {
            let sum = BlockScaled::<true> {
                a: Scales { scales: b_scales, row_step: b_row_step, block_step: b_block_step, rows: n },
                a_shared: b_shared,
                b: Scales { scales: a_scales, row_step: a_row_step, block_step: a_block_step, rows: m },
            };
            let product = Gemm {
                operands: Swapped::<$out>::operands(Operands { a: &raw const *a, b: &raw const *b }),
                c: Swapped::new(&raw const *c, Finish::bias(bias, m, n)),
                sum,
                k,
                matrices: 1,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<E4m3, E4m3, Swapped<$out>, _>(product) }
        }
    )* };
}

products! {
    hopper_block_bf16_few16: Few16 => bf16;
    hopper_block_bf16_few32: Few32 => bf16;
    hopper_block_bf16_few64: Few64 => bf16;
    hopper_block_f16_few16: Few16 => f16;
    hopper_block_f16_few32: Few32 => f16;
    hopper_block_f16_few64: Few64 => f16;
    hopper_block_f32_few16: Few16 => f32;
    hopper_block_f32_few32: Few32 => f32;
    hopper_block_f32_few64: Few64 => f32;
}
