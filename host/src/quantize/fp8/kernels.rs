//! The kernels of each element type.

use cuda_std::grid_constant::GridConstant;
use cuda_std::launch::Kernel;
use cuda_std::tma::TensorMap;
use half::{bf16, f16};

use crate::element::Float;
use crate::kernels::quantize::fp8::{back, columns, group, tensor, token, weights};
use crate::quantize::fused::FusedKernels;
use crate::quantize::width::Width;

/// An element type that there are FP8 quantisers for: `bf16`, `f16`, `f32`.
pub trait Fp8Element: Float + sealed::Kernels {}

/// `x, x_stride, data, data_stride, scales, matrix_step, row_step, column_step, grid_rows, matrices, rows, columns, flags,
/// n_used, map, counts`.
pub type Quantize<T> = (
    *const T,
    u64,
    *mut u8,
    u64,
    *mut f32,
    u64,
    u32,
    u32,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `gate, up, x_stride, number, first, second, third`, then as [`Quantize`] from `data` on.
pub type QuantizeActivated<T> = (
    *const T,
    *const T,
    u64,
    u32,
    f32,
    f32,
    f32,
    *mut u8,
    u64,
    *mut f32,
    u64,
    u32,
    u32,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `x, data, data_stride, scales, matrices, rows, columns, flags`.
pub type QuantizeColumns = (
    GridConstant<TensorMap>,
    *mut u8,
    u64,
    *mut f32,
    u32,
    u32,
    u32,
    u32,
);
/// `x, x_stride, data, data_stride, parts, count, scale, rows, rows_per_group, columns, flags, n_used, map, counts`.
pub type PerTensor<T> = (
    *const T,
    u64,
    *mut u8,
    u64,
    *const f32,
    u32,
    *mut f32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `gate, up, x_stride, number, first, second, third, data, data_stride, scale`, then as [`PerTensor`] from `rows` on.
pub type PerTensorActivated<T> = (
    *const T,
    *const T,
    u64,
    u32,
    f32,
    f32,
    f32,
    *mut u8,
    u64,
    *const f32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `x, x_stride, parts, rows, rows_per_group, columns, n_used, map, counts`.
pub type Amax<T> = (
    *const T,
    u64,
    *mut f32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `data, data_stride, scales, matrix_step, row_step, column_step, row_shift, octet_shift, out, out_stride, rows, columns,
/// flags`.
pub type Dequantize<T> = (
    *const u8,
    u64,
    *const f32,
    u64,
    u32,
    u32,
    u32,
    u32,
    *mut T,
    u64,
    u32,
    u32,
    u32,
);

/// A kernel that finds scales and quantises by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// A scale a row.
    Token,
    /// A scale for 128 elements of a row.
    Group,
    /// A scale for 128 elements of 128 rows.
    Tile,
    /// A scale a column.
    Column,
    /// A scale a column, of matrices that a cluster holds and that tensor copies cannot load.
    ColumnOnce,
}

pub(crate) mod sealed {
    use super::{
        Amax, Dequantize, FusedKernels, Kernel, PerTensor, PerTensorActivated, Quantize,
        QuantizeActivated, QuantizeColumns, Recipe, Width,
    };

    /// The kernels of an element type.
    pub trait Kernels: Sized + 'static {
        /// A kernel that finds scales.
        fn quantize(recipe: Recipe, width: Width) -> &'static Kernel<Quantize<Self>>;
        /// A scale a column, of matrices that a cluster holds.
        fn quantize_columns() -> &'static Kernel<QuantizeColumns>;
        /// One scale for all.
        fn per_tensor(width: Width) -> &'static Kernel<PerTensor<Self>>;
        /// A kernel that finds scales of an activation, if there is such a one of the recipe.
        fn quantize_activated(
            recipe: Recipe,
            kernels: FusedKernels,
            width: Width,
        ) -> Option<&'static Kernel<QuantizeActivated<Self>>>;
        /// One scale for all of an activation.
        fn per_tensor_activated(
            kernels: FusedKernels,
            width: Width,
        ) -> &'static Kernel<PerTensorActivated<Self>>;
        /// The largest magnitudes of blocks' shares.
        fn amax(width: Width) -> &'static Kernel<Amax<Self>>;
        /// Back to numbers.
        fn dequantize(width: Width) -> &'static Kernel<Dequantize<Self>>;
    }
}

macro_rules! fp8_element {
    ($type:ty:
        token $token:ident $token_narrow:ident, $silu_token:ident $silu_token_narrow:ident,
            $any_token:ident $any_token_narrow:ident;
        group $group:ident $group_narrow:ident, $silu_group:ident $silu_group_narrow:ident,
            $any_group:ident $any_group_narrow:ident;
        weights $tile:ident $tile_narrow:ident, $column:ident $column_narrow:ident;
        columns $stream:ident $once_narrow:ident;
        tensor $tensor:ident $tensor_narrow:ident, $silu_tensor:ident $silu_tensor_narrow:ident,
            $any_tensor:ident $any_tensor_narrow:ident,
            $amax:ident $amax_narrow:ident;
        back $back:ident $back_narrow:ident;
    ) => {
        impl Fp8Element for $type {}

        impl sealed::Kernels for $type {
            fn quantize(recipe: Recipe, width: Width) -> &'static Kernel<Quantize<Self>> {
                match recipe {
                    Recipe::Token => width.of(&token::$token, &token::$token_narrow),
                    Recipe::Group => width.of(&group::$group, &group::$group_narrow),
                    Recipe::Tile => width.of(&weights::$tile, &weights::$tile_narrow),
                    Recipe::Column => width.of(&weights::$column, &weights::$column_narrow),
                    Recipe::ColumnOnce => &columns::$once_narrow,
                }
            }
            fn quantize_columns() -> &'static Kernel<QuantizeColumns> {
                &columns::$stream
            }
            fn per_tensor(width: Width) -> &'static Kernel<PerTensor<Self>> {
                width.of(&tensor::$tensor, &tensor::$tensor_narrow)
            }
            fn quantize_activated(
                recipe: Recipe,
                kernels: FusedKernels,
                width: Width,
            ) -> Option<&'static Kernel<QuantizeActivated<Self>>> {
                let (wide, narrow) = match (recipe, kernels) {
                    (Recipe::Token, FusedKernels::Silu) => {
                        (&token::$silu_token, &token::$silu_token_narrow)
                    }
                    (Recipe::Token, FusedKernels::Any) => {
                        (&token::$any_token, &token::$any_token_narrow)
                    }
                    (Recipe::Group, FusedKernels::Silu) => {
                        (&group::$silu_group, &group::$silu_group_narrow)
                    }
                    (Recipe::Group, FusedKernels::Any) => {
                        (&group::$any_group, &group::$any_group_narrow)
                    }
                    _ => return None,
                };
                Some(width.of(wide, narrow))
            }
            fn per_tensor_activated(
                kernels: FusedKernels,
                width: Width,
            ) -> &'static Kernel<PerTensorActivated<Self>> {
                match kernels {
                    FusedKernels::Silu => {
                        width.of(&tensor::$silu_tensor, &tensor::$silu_tensor_narrow)
                    }
                    FusedKernels::Any => {
                        width.of(&tensor::$any_tensor, &tensor::$any_tensor_narrow)
                    }
                }
            }
            fn amax(width: Width) -> &'static Kernel<Amax<Self>> {
                width.of(&tensor::$amax, &tensor::$amax_narrow)
            }
            fn dequantize(width: Width) -> &'static Kernel<Dequantize<Self>> {
                width.of(&back::$back, &back::$back_narrow)
            }
        }
    };
}

fp8_element!(bf16:
    token fp8_quantize_per_token_bf16 fp8_quantize_per_token_bf16_narrow, silu_and_mul_fp8_quantize_per_token_bf16 silu_and_mul_fp8_quantize_per_token_bf16_narrow,
        activation_fp8_quantize_per_token_bf16 activation_fp8_quantize_per_token_bf16_narrow;
    group fp8_quantize_1x128_bf16 fp8_quantize_1x128_bf16_narrow, silu_and_mul_fp8_quantize_1x128_bf16 silu_and_mul_fp8_quantize_1x128_bf16_narrow,
        activation_fp8_quantize_1x128_bf16 activation_fp8_quantize_1x128_bf16_narrow;
    weights fp8_quantize_128x128_bf16 fp8_quantize_128x128_bf16_narrow, fp8_quantize_per_column_bf16 fp8_quantize_per_column_bf16_narrow;
    columns fp8_quantize_per_column_stream_bf16 fp8_quantize_per_column_once_bf16_narrow;
    tensor fp8_quantize_per_tensor_bf16 fp8_quantize_per_tensor_bf16_narrow, silu_and_mul_fp8_quantize_per_tensor_bf16 silu_and_mul_fp8_quantize_per_tensor_bf16_narrow,
        activation_fp8_quantize_per_tensor_bf16 activation_fp8_quantize_per_tensor_bf16_narrow, amax_bf16 amax_bf16_narrow;
    back fp8_dequantize_bf16 fp8_dequantize_bf16_narrow;
);

fp8_element!(f16:
    token fp8_quantize_per_token_f16 fp8_quantize_per_token_f16_narrow, silu_and_mul_fp8_quantize_per_token_f16 silu_and_mul_fp8_quantize_per_token_f16_narrow,
        activation_fp8_quantize_per_token_f16 activation_fp8_quantize_per_token_f16_narrow;
    group fp8_quantize_1x128_f16 fp8_quantize_1x128_f16_narrow, silu_and_mul_fp8_quantize_1x128_f16 silu_and_mul_fp8_quantize_1x128_f16_narrow,
        activation_fp8_quantize_1x128_f16 activation_fp8_quantize_1x128_f16_narrow;
    weights fp8_quantize_128x128_f16 fp8_quantize_128x128_f16_narrow, fp8_quantize_per_column_f16 fp8_quantize_per_column_f16_narrow;
    columns fp8_quantize_per_column_stream_f16 fp8_quantize_per_column_once_f16_narrow;
    tensor fp8_quantize_per_tensor_f16 fp8_quantize_per_tensor_f16_narrow, silu_and_mul_fp8_quantize_per_tensor_f16 silu_and_mul_fp8_quantize_per_tensor_f16_narrow,
        activation_fp8_quantize_per_tensor_f16 activation_fp8_quantize_per_tensor_f16_narrow, amax_f16 amax_f16_narrow;
    back fp8_dequantize_f16 fp8_dequantize_f16_narrow;
);

fp8_element!(f32:
    token fp8_quantize_per_token_f32 fp8_quantize_per_token_f32_narrow, silu_and_mul_fp8_quantize_per_token_f32 silu_and_mul_fp8_quantize_per_token_f32_narrow,
        activation_fp8_quantize_per_token_f32 activation_fp8_quantize_per_token_f32_narrow;
    group fp8_quantize_1x128_f32 fp8_quantize_1x128_f32_narrow, silu_and_mul_fp8_quantize_1x128_f32 silu_and_mul_fp8_quantize_1x128_f32_narrow,
        activation_fp8_quantize_1x128_f32 activation_fp8_quantize_1x128_f32_narrow;
    weights fp8_quantize_128x128_f32 fp8_quantize_128x128_f32_narrow, fp8_quantize_per_column_f32 fp8_quantize_per_column_f32_narrow;
    columns fp8_quantize_per_column_stream_f32 fp8_quantize_per_column_once_f32_narrow;
    tensor fp8_quantize_per_tensor_f32 fp8_quantize_per_tensor_f32_narrow, silu_and_mul_fp8_quantize_per_tensor_f32 silu_and_mul_fp8_quantize_per_tensor_f32_narrow,
        activation_fp8_quantize_per_tensor_f32 activation_fp8_quantize_per_tensor_f32_narrow, amax_f32 amax_f32_narrow;
    back fp8_dequantize_f32 fp8_dequantize_f32_narrow;
);
