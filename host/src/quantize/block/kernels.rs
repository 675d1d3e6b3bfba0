//! The kernels of each element type.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use crate::element::Float;
use crate::kernels::quantize::block::{mxfp4, mxfp8, nvfp4};
use crate::quantize::fused::FusedKernels;
use crate::quantize::width::Width;

/// An element type that there are block quantisers for: `bf16`, `f16`, `f32`.
pub trait BlockElement: Float + sealed::Kernels {}

/// `x, x_stride, data, data_stride, scales, matrices, rows, columns, layout, flags, n_used, map, counts`.
pub(super) type MxPlain<T> = (
    *const T,
    u64,
    *mut u8,
    u64,
    *mut u8,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// `gate, up, x_stride, number, first, second, third`, then as [`MxPlain`].
pub(super) type MxActivated<T> = (
    *const T,
    *const T,
    u64,
    u32,
    f32,
    f32,
    f32,
    *mut u8,
    u64,
    *mut u8,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
);
/// As [`MxPlain`], then `global, rows_per_global`.
pub(super) type Nvfp4Plain<T> = (
    *const T,
    u64,
    *mut u8,
    u64,
    *mut u8,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
    *const f32,
    u32,
);
/// As [`MxActivated`], then `global, rows_per_global`.
pub(super) type Nvfp4Activated<T> = (
    *const T,
    *const T,
    u64,
    u32,
    f32,
    f32,
    f32,
    *mut u8,
    u64,
    *mut u8,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const u32,
    *const i32,
    *const i32,
    *const f32,
    u32,
);
/// `gate, up, x_stride, vectors, vectors_stride, experts, indices, data, data_stride, scales, rows, columns, layout, flags,
/// global, rows_per_global`.
pub(super) type Experts<T> = (
    *const T,
    *const T,
    u64,
    *const T,
    u64,
    u32,
    *const i32,
    *mut u8,
    u64,
    *mut u8,
    u32,
    u32,
    u32,
    u32,
    *const f32,
    u32,
);
/// `data, data_stride, scales, out, out_stride, matrices, rows, columns, layout`.
pub(super) type MxBack<T> = (*const u8, u64, *const u8, *mut T, u64, u32, u32, u32, u32);
/// As [`MxBack`], then `global, rows_per_global`.
pub(super) type Nvfp4Back<T> = (
    *const u8,
    u64,
    *const u8,
    *mut T,
    u64,
    u32,
    u32,
    u32,
    u32,
    *const f32,
    u32,
);

/// The MX formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MxFormat {
    /// e4m3.
    Mxfp8,
    /// e2m1.
    Mxfp4,
}

/// What is quantised to an MX format, if not memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MxActivation {
    /// An activation to MXFP8.
    Mxfp8(FusedKernels),
    /// An activation to MXFP4.
    Mxfp4(FusedKernels),
    /// `max(x, 0)^2`, rounded, to MXFP8.
    SquaredReluMxfp8,
    /// `max(x, 0)^2` to MXFP8.
    UnroundedMxfp8,
}

pub(crate) mod sealed {
    use super::{
        Experts, FusedKernels, Kernel, MxActivated, MxActivation, MxBack, MxFormat, MxPlain,
        Nvfp4Activated, Nvfp4Back, Nvfp4Plain, Width,
    };

    /// The kernels of an element type.
    pub trait Kernels: Sized + 'static {
        /// Memory to an MX format.
        fn mx_plain(format: MxFormat, width: Width) -> &'static Kernel<MxPlain<Self>>;
        /// An activation to an MX format.
        fn mx_activated(
            activation: MxActivation,
            width: Width,
        ) -> &'static Kernel<MxActivated<Self>>;
        /// An MX format to memory.
        fn mx_back(format: MxFormat, width: Width) -> &'static Kernel<MxBack<Self>>;
        /// Memory to NVFP4.
        fn nvfp4_plain(width: Width) -> &'static Kernel<Nvfp4Plain<Self>>;
        /// An activation to NVFP4.
        fn nvfp4_activated(
            kernels: FusedKernels,
            width: Width,
        ) -> &'static Kernel<Nvfp4Activated<Self>>;
        /// `silu_and_mul` times experts' vectors to NVFP4.
        fn nvfp4_experts(width: Width) -> &'static Kernel<Experts<Self>>;
        /// NVFP4 to memory.
        fn nvfp4_back(width: Width) -> &'static Kernel<Nvfp4Back<Self>>;
    }
}

macro_rules! block_element {
    ($type:ty:
        mxfp8 $mxfp8:ident $mxfp8_narrow:ident, $silu_mxfp8:ident $silu_mxfp8_narrow:ident,
            $any_mxfp8:ident $any_mxfp8_narrow:ident,
            $relu:ident $relu_narrow:ident, $unrounded:ident $unrounded_narrow:ident,
            $back_mxfp8:ident $back_mxfp8_narrow:ident;
        mxfp4 $mxfp4:ident $mxfp4_narrow:ident, $silu_mxfp4:ident $silu_mxfp4_narrow:ident,
            $any_mxfp4:ident $any_mxfp4_narrow:ident,
            $back_mxfp4:ident $back_mxfp4_narrow:ident;
        nvfp4 $nvfp4:ident $nvfp4_narrow:ident, $silu_nvfp4:ident $silu_nvfp4_narrow:ident,
            $any_nvfp4:ident $any_nvfp4_narrow:ident,
            $experts:ident $experts_narrow:ident, $back_nvfp4:ident $back_nvfp4_narrow:ident;
    ) => {
        impl BlockElement for $type {}

        impl sealed::Kernels for $type {
            fn mx_plain(format: MxFormat, width: Width) -> &'static Kernel<MxPlain<Self>> {
                match format {
                    MxFormat::Mxfp8 => width.of(&mxfp8::$mxfp8, &mxfp8::$mxfp8_narrow),
                    MxFormat::Mxfp4 => width.of(&mxfp4::$mxfp4, &mxfp4::$mxfp4_narrow),
                }
            }
            fn mx_activated(
                activation: MxActivation,
                width: Width,
            ) -> &'static Kernel<MxActivated<Self>> {
                let (wide, narrow) = match activation {
                    MxActivation::Mxfp8(FusedKernels::Silu) => {
                        (&mxfp8::$silu_mxfp8, &mxfp8::$silu_mxfp8_narrow)
                    }
                    MxActivation::Mxfp8(FusedKernels::Any) => {
                        (&mxfp8::$any_mxfp8, &mxfp8::$any_mxfp8_narrow)
                    }
                    MxActivation::Mxfp4(FusedKernels::Silu) => {
                        (&mxfp4::$silu_mxfp4, &mxfp4::$silu_mxfp4_narrow)
                    }
                    MxActivation::Mxfp4(FusedKernels::Any) => {
                        (&mxfp4::$any_mxfp4, &mxfp4::$any_mxfp4_narrow)
                    }
                    MxActivation::SquaredReluMxfp8 => (&mxfp8::$relu, &mxfp8::$relu_narrow),
                    MxActivation::UnroundedMxfp8 => (&mxfp8::$unrounded, &mxfp8::$unrounded_narrow),
                };
                width.of(wide, narrow)
            }
            fn mx_back(format: MxFormat, width: Width) -> &'static Kernel<MxBack<Self>> {
                match format {
                    MxFormat::Mxfp8 => width.of(&mxfp8::$back_mxfp8, &mxfp8::$back_mxfp8_narrow),
                    MxFormat::Mxfp4 => width.of(&mxfp4::$back_mxfp4, &mxfp4::$back_mxfp4_narrow),
                }
            }
            fn nvfp4_plain(width: Width) -> &'static Kernel<Nvfp4Plain<Self>> {
                width.of(&nvfp4::$nvfp4, &nvfp4::$nvfp4_narrow)
            }
            fn nvfp4_activated(
                kernels: FusedKernels,
                width: Width,
            ) -> &'static Kernel<Nvfp4Activated<Self>> {
                match kernels {
                    FusedKernels::Silu => width.of(&nvfp4::$silu_nvfp4, &nvfp4::$silu_nvfp4_narrow),
                    FusedKernels::Any => width.of(&nvfp4::$any_nvfp4, &nvfp4::$any_nvfp4_narrow),
                }
            }
            fn nvfp4_experts(width: Width) -> &'static Kernel<Experts<Self>> {
                width.of(&nvfp4::$experts, &nvfp4::$experts_narrow)
            }
            fn nvfp4_back(width: Width) -> &'static Kernel<Nvfp4Back<Self>> {
                width.of(&nvfp4::$back_nvfp4, &nvfp4::$back_nvfp4_narrow)
            }
        }
    };
}

block_element!(bf16:
    mxfp8 mxfp8_quantize_bf16 mxfp8_quantize_bf16_narrow, silu_and_mul_mxfp8_quantize_bf16 silu_and_mul_mxfp8_quantize_bf16_narrow,
        activation_mxfp8_quantize_bf16 activation_mxfp8_quantize_bf16_narrow,
        squared_relu_mxfp8_quantize_bf16 squared_relu_mxfp8_quantize_bf16_narrow, squared_relu_mxfp8_quantize_unrounded_bf16 squared_relu_mxfp8_quantize_unrounded_bf16_narrow,
        mxfp8_dequantize_bf16 mxfp8_dequantize_bf16_narrow;
    mxfp4 mxfp4_quantize_bf16 mxfp4_quantize_bf16_narrow, silu_and_mul_mxfp4_quantize_bf16 silu_and_mul_mxfp4_quantize_bf16_narrow,
        activation_mxfp4_quantize_bf16 activation_mxfp4_quantize_bf16_narrow,
        mxfp4_dequantize_bf16 mxfp4_dequantize_bf16_narrow;
    nvfp4 nvfp4_quantize_bf16 nvfp4_quantize_bf16_narrow, silu_and_mul_nvfp4_quantize_bf16 silu_and_mul_nvfp4_quantize_bf16_narrow,
        activation_nvfp4_quantize_bf16 activation_nvfp4_quantize_bf16_narrow,
        silu_and_mul_expert_scaled_nvfp4_quantize_bf16 silu_and_mul_expert_scaled_nvfp4_quantize_bf16_narrow,
        nvfp4_dequantize_bf16 nvfp4_dequantize_bf16_narrow;
);

block_element!(f16:
    mxfp8 mxfp8_quantize_f16 mxfp8_quantize_f16_narrow, silu_and_mul_mxfp8_quantize_f16 silu_and_mul_mxfp8_quantize_f16_narrow,
        activation_mxfp8_quantize_f16 activation_mxfp8_quantize_f16_narrow,
        squared_relu_mxfp8_quantize_f16 squared_relu_mxfp8_quantize_f16_narrow, squared_relu_mxfp8_quantize_unrounded_f16 squared_relu_mxfp8_quantize_unrounded_f16_narrow,
        mxfp8_dequantize_f16 mxfp8_dequantize_f16_narrow;
    mxfp4 mxfp4_quantize_f16 mxfp4_quantize_f16_narrow, silu_and_mul_mxfp4_quantize_f16 silu_and_mul_mxfp4_quantize_f16_narrow,
        activation_mxfp4_quantize_f16 activation_mxfp4_quantize_f16_narrow,
        mxfp4_dequantize_f16 mxfp4_dequantize_f16_narrow;
    nvfp4 nvfp4_quantize_f16 nvfp4_quantize_f16_narrow, silu_and_mul_nvfp4_quantize_f16 silu_and_mul_nvfp4_quantize_f16_narrow,
        activation_nvfp4_quantize_f16 activation_nvfp4_quantize_f16_narrow,
        silu_and_mul_expert_scaled_nvfp4_quantize_f16 silu_and_mul_expert_scaled_nvfp4_quantize_f16_narrow,
        nvfp4_dequantize_f16 nvfp4_dequantize_f16_narrow;
);

// Rounding to `f32` changes nothing.
block_element!(f32:
    mxfp8 mxfp8_quantize_f32 mxfp8_quantize_f32_narrow, silu_and_mul_mxfp8_quantize_f32 silu_and_mul_mxfp8_quantize_f32_narrow,
        activation_mxfp8_quantize_f32 activation_mxfp8_quantize_f32_narrow,
        squared_relu_mxfp8_quantize_f32 squared_relu_mxfp8_quantize_f32_narrow, squared_relu_mxfp8_quantize_f32 squared_relu_mxfp8_quantize_f32_narrow,
        mxfp8_dequantize_f32 mxfp8_dequantize_f32_narrow;
    mxfp4 mxfp4_quantize_f32 mxfp4_quantize_f32_narrow, silu_and_mul_mxfp4_quantize_f32 silu_and_mul_mxfp4_quantize_f32_narrow,
        activation_mxfp4_quantize_f32 activation_mxfp4_quantize_f32_narrow,
        mxfp4_dequantize_f32 mxfp4_dequantize_f32_narrow;
    nvfp4 nvfp4_quantize_f32 nvfp4_quantize_f32_narrow, silu_and_mul_nvfp4_quantize_f32 silu_and_mul_nvfp4_quantize_f32_narrow,
        activation_nvfp4_quantize_f32 activation_nvfp4_quantize_f32_narrow,
        silu_and_mul_expert_scaled_nvfp4_quantize_f32 silu_and_mul_expert_scaled_nvfp4_quantize_f32_narrow,
        nvfp4_dequantize_f32 nvfp4_dequantize_f32_narrow;
);
