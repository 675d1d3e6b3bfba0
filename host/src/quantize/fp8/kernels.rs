//! The kernels of each element type.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use crate::element::Float;
use crate::kernels::quantize::fp8::{back, group, tensor, token, weights};

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
/// `x, x_stride, parts, rows, rows_per_group, columns, flags, n_used, map, counts`.
pub type Amax<T> = (
    *const T,
    u64,
    *mut f32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `data, data_stride, scales, matrix_step, row_step, column_step, row_shift, octet_shift, out, out_stride, matrices, rows,
/// columns, flags`.
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
    u32,
);

/// A kernel that finds scales and quantises by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// A scale a row.
    Token,
    /// A scale a row of `silu_and_mul`.
    SiluToken,
    /// A scale for 128 elements of a row.
    Group,
    /// A scale for 128 elements of a row of `silu_and_mul`.
    SiluGroup,
    /// A scale for 128 elements of 128 rows.
    Tile,
    /// A scale a column.
    Column,
}

pub(crate) mod sealed {
    use super::{Amax, Dequantize, Kernel, PerTensor, Quantize, Recipe};

    /// The kernels of an element type.
    pub trait Kernels: Sized + 'static {
        /// A kernel that finds scales.
        fn quantize(recipe: Recipe) -> &'static Kernel<Quantize<Self>>;
        /// One scale for all.
        fn per_tensor() -> &'static Kernel<PerTensor<Self>>;
        /// One scale for all of `silu_and_mul`.
        fn silu_per_tensor() -> &'static Kernel<PerTensor<Self>>;
        /// The largest magnitudes of blocks' shares.
        fn amax() -> &'static Kernel<Amax<Self>>;
        /// Back to numbers.
        fn dequantize() -> &'static Kernel<Dequantize<Self>>;
    }
}

macro_rules! fp8_element {
    ($type:ty:
        $token:ident, $silu_token:ident, $group:ident, $silu_group:ident, $tile:ident, $column:ident,
        $tensor:ident, $silu_tensor:ident, $amax:ident, $back:ident
    ) => {
        impl Fp8Element for $type {}

        impl sealed::Kernels for $type {
            fn quantize(recipe: Recipe) -> &'static Kernel<Quantize<Self>> {
                match recipe {
                    Recipe::Token => &token::$token,
                    Recipe::SiluToken => &token::$silu_token,
                    Recipe::Group => &group::$group,
                    Recipe::SiluGroup => &group::$silu_group,
                    Recipe::Tile => &weights::$tile,
                    Recipe::Column => &weights::$column,
                }
            }
            fn per_tensor() -> &'static Kernel<PerTensor<Self>> {
                &tensor::$tensor
            }
            fn silu_per_tensor() -> &'static Kernel<PerTensor<Self>> {
                &tensor::$silu_tensor
            }
            fn amax() -> &'static Kernel<Amax<Self>> {
                &tensor::$amax
            }
            fn dequantize() -> &'static Kernel<Dequantize<Self>> {
                &back::$back
            }
        }
    };
}

fp8_element!(bf16:
    fp8_quantize_per_token_bf16, silu_and_mul_fp8_quantize_per_token_bf16,
    fp8_quantize_1x128_bf16, silu_and_mul_fp8_quantize_1x128_bf16,
    fp8_quantize_128x128_bf16, fp8_quantize_per_column_bf16,
    fp8_quantize_per_tensor_bf16, silu_and_mul_fp8_quantize_per_tensor_bf16, amax_bf16, fp8_dequantize_bf16
);

fp8_element!(f16:
    fp8_quantize_per_token_f16, silu_and_mul_fp8_quantize_per_token_f16,
    fp8_quantize_1x128_f16, silu_and_mul_fp8_quantize_1x128_f16,
    fp8_quantize_128x128_f16, fp8_quantize_per_column_f16,
    fp8_quantize_per_tensor_f16, silu_and_mul_fp8_quantize_per_tensor_f16, amax_f16, fp8_dequantize_f16
);

fp8_element!(f32:
    fp8_quantize_per_token_f32, silu_and_mul_fp8_quantize_per_token_f32,
    fp8_quantize_1x128_f32, silu_and_mul_fp8_quantize_1x128_f32,
    fp8_quantize_128x128_f32, fp8_quantize_per_column_f32,
    fp8_quantize_per_tensor_f32, silu_and_mul_fp8_quantize_per_tensor_f32, amax_f32, fp8_dequantize_f32
);
