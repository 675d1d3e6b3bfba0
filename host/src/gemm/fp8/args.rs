//! The arguments of kernels, from a product: with those of its epilogue behind them, if there are any.

/// Those of [`DenseArgs`](super::kernels::DenseArgs).
macro_rules! dense_args {
    ($product:expr, $formats:expr $(, $last:expr)*) => {{
        let $crate::gemm::product::Product { a, b, c, finish, .. } = $product;
        (
            a.address.cast(),
            b.address.cast(),
            c.address.cast_mut(),
            c.rows as u32,
            c.columns as u32,
            a.columns as u32,
            a.stride as u64,
            b.stride as u64,
            c.stride as u64,
            $formats,
            finish.alpha,
            finish.a_scale,
            finish.b_scale,
            finish.row_scales,
            finish.column_scales,
            finish.bias,
            $($last),*
        )
    }};
}

/// Those of [`BlockArgs`](super::kernels::BlockArgs).
macro_rules! block_args {
    ($product:expr, $scales:expr $(, $last:expr)*) => {{
        let $crate::gemm::product::Product { a, b, c, finish, .. } = $product;
        let [(a_scales, a_grid), (b_scales, b_grid)] = $scales;
        let ([a_row, a_block], [b_row, b_block]) = (
            $crate::gemm::fp8::on_kernels::steps(a_grid),
            $crate::gemm::fp8::on_kernels::steps(b_grid),
        );
        (
            a.address.cast(),
            b.address.cast(),
            c.address.cast_mut(),
            c.rows as u32,
            c.columns as u32,
            a.columns as u32,
            a.stride as u64,
            b.stride as u64,
            c.stride as u64,
            a_scales,
            a_row,
            a_block,
            b_scales,
            b_row,
            b_block,
            b_grid.shared_rows as u32,
            finish.bias,
            $($last),*
        )
    }};
}

/// Those of [`HopperBlockArgs`](super::kernels::HopperBlockArgs): the maps of A and B, what says where C is, and the rest.
macro_rules! hopper_block_args {
    ($product:expr, $scales:expr, [$($first:expr),*] $(, $last:expr)*) => {{
        let $crate::gemm::product::Product { a, c, finish, b_early, .. } = $product;
        let [(a_scales, a_grid), (b_scales, b_grid)] = $scales;
        let ([a_row, a_block], [b_row, b_block]) = (
            $crate::gemm::fp8::on_kernels::steps(a_grid),
            $crate::gemm::fp8::on_kernels::steps(b_grid),
        );
        (
            $($first,)*
            c.rows as u32,
            c.columns as u32,
            a.columns as u32,
            u32::from(*b_early),
            a_scales,
            a_row,
            a_block,
            b_scales,
            b_row,
            b_block,
            b_grid.shared_rows as u32,
            finish.bias,
            $($last),*
        )
    }};
}

pub(in crate::gemm) use {block_args, dense_args, hopper_block_args};
