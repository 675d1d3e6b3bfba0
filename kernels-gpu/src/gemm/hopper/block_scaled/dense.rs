//! The kernels: rows of B with scales of their own (`1x128`), or 128 rows together (`128x128`).

use cuda_std::kernel;
use cuda_std::tma::TensorMap;
use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::finish::Finish;
use crate::gemm::hopper::dense::Tile128x128;
use crate::gemm::hopper::engine::Gemm;
use crate::gemm::hopper::load::Operands;
use crate::gemm::hopper::scales::BlockScaled;
use crate::gemm::hopper::store::Straight;
use crate::gemm::scales::Scales;

macro_rules! products {
    ($($name:ident: $each:literal => $out:ty;)*) => { $(
        /// `C[m, n] = sum over blocks of a_scale * b_scale * (A[m, block] * B[n, block]^T) + bias`, with blocks of
        /// 128 of K; a null bias asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands `[1, rows, columns]`, swizzled by 128 bytes, in boxes of 128
        ///   bytes by the rows of A and of B that a block loads, and 16 rows of C. K is not zero.
        /// - The scales are readable at `row * row_step + block * block_step`, where 128 rows of B count as one
        ///   unless each has its own. `bias` holds as many values as C has columns, or is null.
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
            bias: *const $out,
        ) {
            let sum = BlockScaled::<$each> {
                a: Scales { scales: a_scales, row_step: a_row_step, block_step: a_block_step, rows: m },
                a_shared: 1,
                b: Scales { scales: b_scales, row_step: b_row_step, block_step: b_block_step, rows: n },
            };
            let product = Gemm {
                operands: Operands { a: &raw const *a, b: &raw const *b },
                c: Straight::new(&raw const *c, Finish::bias(bias, m, n)),
                sum,
                k,
                matrices: 1,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { Tile128x128::compute::<E4m3, E4m3, Straight<$out>, _>(product) }
        }
    )* };
}

products! {
    hopper_block128x128_bf16_t128x128: false => bf16;
    hopper_block128x128_f16_t128x128: false => f16;
    hopper_block128x128_f32_t128x128: false => f32;
    hopper_block1x128_bf16_t128x128: true => bf16;
    hopper_block1x128_f16_t128x128: true => f16;
    hopper_block1x128_f32_t128x128: true => f32;
}
