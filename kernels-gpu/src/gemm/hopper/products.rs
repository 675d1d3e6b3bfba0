//! The kernels' signatures, and how they call the engine.

/// Stamps kernels: `name: target, tile, A, B => C, sum;`.
macro_rules! products {
    ($($name:ident: $target:ident, $tile:ty, $a:ty, $b:ty => $out:ty, $sum:expr;)*) => { $(
        /// `C[m, n] = alpha * a_scale * b_scale * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`, for each matrix of a
        /// batch; a null pointer asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory.
        /// - `a`, `b` and `c` are maps of the operands `[matrices, rows, columns]`, swizzled by 128 bytes, in
        ///   boxes of 128 bytes by the rows of A and of B that a block [loads](crate::gemm::hopper::loaded_rows), and 16 rows of C,
        ///   or 8, swapped; C of a tile with fewer columns than take 128 bytes in boxes of its
        ///   [slabs](crate::gemm::hopper::Tile::slab_columns), not swizzled. K is not zero.
        /// - No grid that may still run writes B if `b_early` is not 0.
        /// - `alpha`, `a_scale` and `b_scale` hold a value, `row_scales` and `column_scales` as many as all matrices
        ///   of C have rows and columns, `bias` as many as one has columns; or they are null.
        #[allow(clippy::too_many_arguments)]
        #[cuda_std::kernel(launch_bounds(384, 1), dependent(begins_itself))]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            b: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            c: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            m: u32,
            n: u32,
            k: u32,
            matrices: u32,
            b_early: u32,
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
            let [a, b] = <Target as $crate::gemm::hopper::result::Target>::sides(&raw const *a, &raw const *b);
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: $crate::gemm::hopper::load::Operands { a, b },
                c: Target::new(&raw const *c, finish),
                sum: $sum,
                k,
                matrices,
                b_early: b_early != 0,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<$a, $b, Target, _>(product) }
        }
    )* };
}

/// Stamps kernels of blocks with scales: `name: target, tile => C, each;`, where the columns of a tile have scales of their own, if `each`.
macro_rules! block_scaled_products {
    ($($name:ident: $target:ident, $tile:ty => $out:ty, $each:literal;)*) => { $(
        /// `C[m, n] = sum over blocks of a_scale * b_scale * (A[m, block] * B[n, block]^T) + bias`, with blocks of
        /// 128 of K; a null bias asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory for
        ///   stages that have scales.
        /// - `a`, `b` and `c` are maps of the operands `[1, rows, columns]`, swizzled by 128 bytes, in boxes of 128
        ///   bytes by the rows of A and of B that a block [loads](crate::gemm::hopper::loaded_rows), and 16 rows of C, or 8,
        ///   swapped. K is not zero.
        /// - No grid that may still run writes B if `b_early` is not 0.
        /// - The scales are readable at `row * row_step + block * block_step`, where `b_shared` rows of B count as
        ///   one: 128, or 1. `bias` holds as many values as C has columns, or is null.
        #[allow(clippy::too_many_arguments)]
        #[cuda_std::kernel(launch_bounds(384, 1), dependent(begins_itself))]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            b: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            c: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            m: u32,
            n: u32,
            k: u32,
            b_early: u32,
            a_scales: *const f32,
            a_row_step: u32,
            a_block_step: u32,
            b_scales: *const f32,
            b_row_step: u32,
            b_block_step: u32,
            b_shared: u32,
            bias: *const $out,
        ) {
            use $crate::gemm::hopper::result::Target as _;
            use $crate::gemm::scales::Scales;
            type Target = $crate::gemm::hopper::$target<$out>;
            let finish = $crate::gemm::finish::Finish::bias(bias, m, n);
            let of_a = Scales { scales: a_scales, row_step: a_row_step, block_step: a_block_step, rows: m, shared: 1 };
            let of_b = Scales { scales: b_scales, row_step: b_row_step, block_step: b_block_step, rows: n, shared: b_shared };
            let [a, b] = Target::sides((&raw const *a, of_a), (&raw const *b, of_b));
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: $crate::gemm::hopper::load::Operands { a: a.0, b: b.0 },
                c: Target::new(&raw const *c, finish),
                sum: $crate::gemm::hopper::scales::BlockScaled::<$each> { a: a.1, b: b.1 },
                k,
                matrices: 1,
                b_early: b_early != 0,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<formats::E4m3, formats::E4m3, Target, _>(product) }
        }
    )* };
}

/// Stamps kernels with an epilogue: `name: target, tile, A, B => C, addend, sum;`.
macro_rules! epilogue_products {
    ($($name:ident: $target:ident, $tile:ty, $a:ty, $b:ty => $out:ty, $addend:ty, $sum:expr;)*) => { $(
        /// `C[m, n] = alpha * a_scale * b_scale * row_scale * column_scale * (A[m, k] * B[n, k]^T) + bias`, for each matrix of a
        /// batch, and its [epilogue](crate::gemm::epilogue); a null pointer asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory.
        /// - `a` and `b` are maps of the operands `[matrices, rows, columns]`, swizzled by 128 bytes, in boxes of 128 bytes by the
        ///   rows of A and of B that a block [loads](crate::gemm::hopper::loaded_rows). K is not zero.
        /// - `c` and the epilogue's residual, matrix after matrix, begin at multiples of four elements, and so do their rows, of
        ///   which there are `m` of `n` elements, a multiple of four; those of C are `ldc` elements apart.
        /// - No grid that may still run writes B if `b_early` is not 0.
        /// - `alpha`, `a_scale` and `b_scale` hold a value, `row_scales` and `column_scales` as many as all matrices
        ///   of C have rows and columns, `bias` as many as one has columns; or they are null.
        #[allow(clippy::too_many_arguments)]
        #[cuda_std::kernel(launch_bounds(384, 1), dependent(begins_itself))]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            b: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            c: *mut $out,
            ldc: u64,
            m: u32,
            n: u32,
            k: u32,
            matrices: u32,
            b_early: u32,
            alpha: *const f32,
            a_scale: *const f32,
            b_scale: *const f32,
            row_scales: *const f32,
            column_scales: *const f32,
            bias: *const $addend,
            activation: u32,
            residual: *const $addend,
            residual_stride: u64,
            out_scale: *const f32,
        ) {
            let finish = $crate::gemm::finish::Finish {
                alphas: [alpha, a_scale, b_scale], row_scales, column_scales, bias, rows: m, columns: n,
            };
            let epilogue = $crate::gemm::epilogue::Epilogue { activation, residual, residual_stride, out_scale };
            let c = $crate::gemm::hopper::finished::Finished { finish, epilogue, c, ldc };
            type Target = $crate::gemm::hopper::$target<$out>;
            let [a, b] = <Target as $crate::gemm::hopper::result::Target>::sides(&raw const *a, &raw const *b);
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: $crate::gemm::hopper::load::Operands { a, b },
                c: Target::new(c),
                sum: $sum,
                k,
                matrices,
                b_early: b_early != 0,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<$a, $b, Target, _>(product) }
        }
    )* };
}

/// Stamps kernels of blocks with scales and an epilogue: `name: target, tile => C, addend, each;`, as
/// [`block_scaled_products`] does.
macro_rules! block_scaled_epilogue_products {
    ($($name:ident: $target:ident, $tile:ty => $out:ty, $addend:ty, $each:literal;)*) => { $(
        /// `C[m, n] = sum over blocks of a_scale * b_scale * (A[m, block] * B[n, block]^T) + bias`, with blocks of
        /// 128 of K, and its [epilogue](crate::gemm::epilogue); a null bias asks nothing.
        ///
        /// # Safety
        /// - A row of [clusters](crate::gemm::hopper::Tile#clusters), of the tile's threads and shared memory for
        ///   stages that have scales.
        /// - `a` and `b` are maps of the operands `[1, rows, columns]`, swizzled by 128 bytes, in boxes of 128 bytes by the rows of
        ///   A and of B that a block [loads](crate::gemm::hopper::loaded_rows). K is not zero.
        /// - `c` and the epilogue's residual begin at multiples of four elements, and so do their rows, of which there are `m` of
        ///   `n` elements, a multiple of four; those of C are `ldc` elements apart.
        /// - No grid that may still run writes B if `b_early` is not 0.
        /// - The scales are readable at `row * row_step + block * block_step`, where `b_shared` rows of B count as
        ///   one: 128, or 1. `bias` holds as many values as C has columns, or is null.
        #[allow(clippy::too_many_arguments)]
        #[cuda_std::kernel(launch_bounds(384, 1), dependent(begins_itself))]
        pub unsafe fn $name(
            a: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            b: cuda_std::grid_constant::GridConstant<cuda_std::tma::TensorMap>,
            c: *mut $out,
            ldc: u64,
            m: u32,
            n: u32,
            k: u32,
            b_early: u32,
            a_scales: *const f32,
            a_row_step: u32,
            a_block_step: u32,
            b_scales: *const f32,
            b_row_step: u32,
            b_block_step: u32,
            b_shared: u32,
            bias: *const $addend,
            activation: u32,
            residual: *const $addend,
            residual_stride: u64,
            out_scale: *const f32,
        ) {
            use $crate::gemm::hopper::result::Target as _;
            use $crate::gemm::scales::Scales;
            type Target = $crate::gemm::hopper::$target<$out>;
            let finish = $crate::gemm::finish::Finish::bias(bias, m, n);
            let epilogue = $crate::gemm::epilogue::Epilogue { activation, residual, residual_stride, out_scale };
            let c = $crate::gemm::hopper::finished::Finished { finish, epilogue, c, ldc };
            let of_a = Scales { scales: a_scales, row_step: a_row_step, block_step: a_block_step, rows: m, shared: 1 };
            let of_b = Scales { scales: b_scales, row_step: b_row_step, block_step: b_block_step, rows: n, shared: b_shared };
            let [a, b] = Target::sides((&raw const *a, of_a), (&raw const *b, of_b));
            let product = $crate::gemm::hopper::engine::Gemm {
                operands: $crate::gemm::hopper::load::Operands { a: a.0, b: b.0 },
                c: Target::new(c),
                sum: $crate::gemm::hopper::scales::BlockScaled::<$each> { a: a.1, b: b.1 },
                k,
                matrices: 1,
                b_early: b_early != 0,
            };
            // SAFETY: the kernel's contract is the engine's.
            unsafe { <$tile>::compute::<formats::E4m3, formats::E4m3, Target, _>(product) }
        }
    )* };
}

pub(super) use {
    block_scaled_epilogue_products, block_scaled_products, epilogue_products, products,
};
