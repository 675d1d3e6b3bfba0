//! The element types that there are activation kernels for.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use crate::element::Float;
use crate::kernels::activation as kernels;
use crate::kernels::activation::table::Table;

/// The arguments of a kernel of one activation.
pub(super) type FunctionArgs<T> = (
    *const T,
    *const T,
    *mut T,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const u32,
    *const i32,
    *const i32,
    u32,
);

/// The arguments of a kernel of any activation: the same first.
pub(super) type GeneralArgs<T> = (
    *const T,
    *const T,
    *mut T,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const u32,
    *const i32,
    *const i32,
    u32,
    *const T,
    *const T,
    u32,
    f32,
    f32,
    f32,
    *const f32,
    *const f32,
    *const f32,
    *const i32,
    u32,
    u32,
);

/// The activations that have kernels of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Gated by SiLU.
    Silu,
    /// Gated by GELU, by the error function.
    Gelu,
    /// Gated by GELU, by the hyperbolic tangent.
    GeluTanh,
    /// The square of the rectifier. Nothing is gated, and its kernels move 16 bytes at once or one element.
    SquaredRelu,
}

/// An element type that there are activation kernels for: `bf16`, `f16`, `f32`.
pub trait GatedElement: Float + sealed::Kernels {}

pub(super) mod sealed {
    use super::{Function, FunctionArgs, GeneralArgs};
    use cuda_std::launch::Kernel;

    /// The kernels of an element type.
    pub trait Kernels: Sized + 'static {
        /// An activation, for threads that move `width` elements at once: 16 or 8 bytes, or one element.
        fn function(function: Function, width: usize) -> &'static Kernel<FunctionArgs<Self>>;

        /// The activation of a number, for threads that move 16 bytes at once or one element.
        fn general(number: u32, wide: bool) -> &'static Kernel<GeneralArgs<Self>>;
    }
}

macro_rules! gated_element {
    ($type:ty: $wide:ident $narrow:ident $wide_bias:ident $narrow_bias:ident $wide_relu:ident $narrow_relu:ident, $($width:pat => $silu:ident $gelu:ident $gelu_tanh:ident,)*) => {
        impl GatedElement for $type {}

        impl sealed::Kernels for $type {
            fn function(function: Function, width: usize) -> &'static Kernel<FunctionArgs<Self>> {
                match (function, width) {
                    (Function::SquaredRelu, 1) => &kernels::$narrow_relu,
                    (Function::SquaredRelu, _) => &kernels::$wide_relu,
                    $(
                        (Function::Silu, $width) => &kernels::$silu,
                        (Function::Gelu, $width) => &kernels::$gelu,
                        (Function::GeluTanh, $width) => &kernels::$gelu_tanh,
                    )*
                }
            }

            fn general(number: u32, wide: bool) -> &'static Kernel<GeneralArgs<Self>> {
                match (number, wide) {
                    (Table::SWIGLU_BIAS, true) => &kernels::$wide_bias,
                    (Table::SWIGLU_BIAS, false) => &kernels::$narrow_bias,
                    (_, true) => &kernels::$wide,
                    (_, false) => &kernels::$narrow,
                }
            }
        }
    };
}

gated_element! {
    bf16: activation_bf16_v8 activation_bf16_v1 swiglu_bias_bf16_v8 swiglu_bias_bf16_v1
        squared_relu_bf16_v8 squared_relu_bf16_v1,
    8 => silu_and_mul_bf16_v8 gelu_and_mul_bf16_v8 gelu_tanh_and_mul_bf16_v8,
    4 => silu_and_mul_bf16_v4 gelu_and_mul_bf16_v4 gelu_tanh_and_mul_bf16_v4,
    _ => silu_and_mul_bf16_v1 gelu_and_mul_bf16_v1 gelu_tanh_and_mul_bf16_v1,
}

gated_element! {
    f16: activation_f16_v8 activation_f16_v1 swiglu_bias_f16_v8 swiglu_bias_f16_v1
        squared_relu_f16_v8 squared_relu_f16_v1,
    8 => silu_and_mul_f16_v8 gelu_and_mul_f16_v8 gelu_tanh_and_mul_f16_v8,
    4 => silu_and_mul_f16_v4 gelu_and_mul_f16_v4 gelu_tanh_and_mul_f16_v4,
    _ => silu_and_mul_f16_v1 gelu_and_mul_f16_v1 gelu_tanh_and_mul_f16_v1,
}

gated_element! {
    f32: activation_f32_v4 activation_f32_v1 swiglu_bias_f32_v4 swiglu_bias_f32_v1
        squared_relu_f32_v4 squared_relu_f32_v1,
    4 => silu_and_mul_f32_v4 gelu_and_mul_f32_v4 gelu_tanh_and_mul_f32_v4,
    2 => silu_and_mul_f32_v2 gelu_and_mul_f32_v2 gelu_tanh_and_mul_f32_v2,
    _ => silu_and_mul_f32_v1 gelu_and_mul_f32_v1 gelu_tanh_and_mul_f32_v1,
}
