//! The kernels of FP8 products.

use cuda_std::grid_constant::GridConstant;
use cuda_std::launch::Kernel;
use cuda_std::tma::TensorMap;
use formats::{E4m3, E5m2};
use half::{bf16, f16};

use super::shuffled::ShuffledOutput;
use crate::element::Float;
use crate::gemm::element::{Addend, EpilogueKernels, HopperKernels, TileKernels, hopper_kernels};
use crate::gemm::options::Accumulation;
use crate::heuristics::hopper_gemm::Sums;
use crate::kernels::gemm::{epilogue, fp8 as portable, hopper};
use crate::quantize::Fp8Code;

/// `a, b, c, m, n, k, lda, ldb, ldc, formats, alpha, a_scale, b_scale, row_scales, column_scales, bias`.
pub type DenseArgs<O> = (
    *const u8,
    *const u8,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    u32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const Addend<O>,
);

/// `a, b, c, m, n, k, lda, ldb, ldc`, twice `scales, row_step, block_step`, `b_shared, bias`.
pub type BlockArgs<O> = (
    *const u8,
    *const u8,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const f32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    u32,
    *const Addend<O>,
);

/// The maps of A, B and C, `m, n, k, b_early`, twice `scales, row_step, block_step`, `b_shared, bias`.
pub type HopperBlockArgs<O> = (
    GridConstant<TensorMap>,
    GridConstant<TensorMap>,
    GridConstant<TensorMap>,
    u32,
    u32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    u32,
    *const Addend<O>,
);

/// [`DenseArgs`] of a kernel with an epilogue.
pub type DenseEpilogueArgs<O> = (
    *const u8,
    *const u8,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    u32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const Addend<O>,
    u32,
    *const Addend<O>,
    u64,
    *const f32,
);

/// [`BlockArgs`] of a kernel with an epilogue.
pub type BlockEpilogueArgs<O> = (
    *const u8,
    *const u8,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const f32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    u32,
    *const Addend<O>,
    u32,
    *const Addend<O>,
    u64,
    *const f32,
);

/// [`HopperBlockArgs`] of a kernel with an epilogue, which has `c, ldc` in place of C's map.
pub type HopperBlockEpilogueArgs<O> = (
    GridConstant<TensorMap>,
    GridConstant<TensorMap>,
    *mut O,
    u64,
    u32,
    u32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    *const f32,
    u32,
    u32,
    u32,
    *const Addend<O>,
    u32,
    *const Addend<O>,
    u64,
    *const f32,
);

/// An FP8 format of A that is multiplied by one of B, to an element type of C: e4m3 by e4m3, and either by the other.
///
/// Gradients are e5m2, and are never multiplied by each other; nor do cuBLASLt and FlashInfer. Here it does not compile:
///
/// ```compile_fail,E0277
/// # use gatewarp::formats::E5m2;
/// # use gatewarp::gemm::{MmFp8Options, mm_fp8};
/// # use gatewarp::{Device, Result, Stream, Tensor};
/// fn product(stream: &Stream, a: &Tensor<E5m2>, b: &Tensor<E5m2>) -> Result<Tensor<f32>> {
///     mm_fp8(stream, a, b, &MmFp8Options::default())
/// }
/// ```
pub trait Fp8Gemm<B, O: Fp8Output>: Fp8Code + Float + sealed::Pair<B, O> {}

/// What FP8 products are rounded to: `bf16`, `f16`, `f32`; and [`E4m3`], to which an [`Epilogue`](crate::gemm::Epilogue) gives
/// its scale.
pub trait Fp8Output: Float + sealed::Output + ShuffledOutput {}

pub(crate) mod sealed {
    use super::{
        Accumulation, BlockArgs, BlockEpilogueArgs, DenseArgs, DenseEpilogueArgs, EpilogueKernels,
        Float, HopperBlockArgs, HopperBlockEpilogueArgs, HopperKernels, Kernel, Sums, TileKernels,
    };

    /// The kernels of a pair of formats.
    pub trait Pair<B, O: Float> {
        /// Which of the formats are e5m2, as the portable kernels take it.
        const FORMATS: u32;
        /// Hopper's.
        fn hopper(accumulation: Accumulation) -> HopperKernels<O>;
        /// Hopper's with an epilogue.
        fn hopper_with_epilogue(accumulation: Accumulation) -> EpilogueKernels<O>;
    }

    /// The portable kernels of a type of C that have no epilogue.
    pub struct Plain<O: Float> {
        pub dense: &'static Kernel<DenseArgs<O>>,
        /// Of blocks with scales.
        pub block_scaled: &'static Kernel<BlockArgs<O>>,
    }

    /// The kernels of a type of C.
    pub trait Output: Float {
        /// The portable ones that have no epilogue, if there are any; if not, there are no such ones of Hopper's.
        fn plain() -> Option<Plain<Self>>;
        /// The portable kernel with an epilogue.
        fn dense_with_epilogue() -> &'static Kernel<DenseEpilogueArgs<Self>>;
        /// The portable kernel of blocks with scales, with an epilogue.
        fn block_scaled_with_epilogue() -> &'static Kernel<BlockEpilogueArgs<Self>>;
        /// Hopper's, for scales of each row of B by itself, or else of 128 together.
        fn hopper_block_scaled(sums: Sums) -> TileKernels<HopperBlockArgs<Self>>;
        /// The same with an epilogue.
        fn hopper_block_scaled_with_epilogue(
            sums: Sums,
        ) -> TileKernels<HopperBlockEpilogueArgs<Self>>;
    }
}

/// The kernels with an epilogue of a type of C.
macro_rules! with_epilogue {
    ($dense:ident, $block:ident, $kernels:ident: together: [$($tile:ident: $together:ident),*], each: [$($tile_each:ident: $each:ident),*], both: [$($tile_both:ident: $both:ident),*]) => {
        fn dense_with_epilogue() -> &'static Kernel<DenseEpilogueArgs<Self>> {
            &epilogue::fp8::$dense
        }
        fn block_scaled_with_epilogue() -> &'static Kernel<BlockEpilogueArgs<Self>> {
            &epilogue::block_scaled::$block
        }
        fn hopper_block_scaled_with_epilogue(sums: Sums) -> TileKernels<HopperBlockEpilogueArgs<Self>> {
            use hopper::epilogue::$kernels::dense::{$($together,)* $($each,)* $($both,)*};
            match sums {
                Sums::Scaled1x128 => hopper_kernels![$($tile_both: $both,)* $($tile_each: $each),*],
                _ => hopper_kernels![$($tile_both: $both,)* $($tile: $together),*],
            }
        }
    };
}

macro_rules! output {
    ($type:ident: $dense:ident, $block:ident, together: [$($tile:ident: $together:ident),*], each: [$($tile_each:ident: $each:ident),*], both: [$($tile_both:ident: $both:ident),*];
        $($epilogue:tt)*
    ) => {
        impl Fp8Output for $type {}

        impl sealed::Output for $type {
            fn plain() -> Option<sealed::Plain<Self>> {
                Some(sealed::Plain {
                    dense: &portable::dense::$dense,
                    block_scaled: &portable::block_scaled::$block,
                })
            }
            with_epilogue!($($epilogue)*);
            fn hopper_block_scaled(sums: Sums) -> TileKernels<HopperBlockArgs<Self>> {
                use hopper::block_scaled::$type::dense::{$($together,)* $($each,)* $($both,)*};
                match sums {
                    Sums::Scaled1x128 => hopper_kernels![$($tile_both: $both,)* $($tile_each: $each),*],
                    _ => hopper_kernels![$($tile_both: $both,)* $($tile: $together),*],
                }
            }
        }
    };
}

output!(bf16:
    gemm_fp8_bf16_t64x64, gemm_block_scaled_bf16_t64x64,
    together: [T64x64: hopper_block128x128_bf16_t64x64, T64x128: hopper_block128x128_bf16_t64x128, T128x128: hopper_block128x128_bf16_t128x128, T256x128: hopper_block128x128_bf16_t256x128],
    each: [T64x48: hopper_block1x128_bf16_t64x48, T64x64: hopper_block1x128_bf16_t64x64, T64x128: hopper_block1x128_bf16_t64x128, T128x128: hopper_block1x128_bf16_t128x128, T256x128: hopper_block1x128_bf16_t256x128],
    both: [Few16: hopper_block_bf16_few16, Few32: hopper_block_bf16_few32, Few64: hopper_block_bf16_few64, T128x80: hopper_block_bf16_t128x80, T128x96: hopper_block_bf16_t128x96, T128x112: hopper_block_bf16_t128x112, T128x144: hopper_block_bf16_t128x144, T128x160: hopper_block_bf16_t128x160, T128x176: hopper_block_bf16_t128x176, T128x192: hopper_block_bf16_t128x192, T64x80: hopper_block_bf16_t64x80];
    gemm_epilogue_fp8_bf16_t64x64, gemm_epilogue_block_scaled_bf16_t64x64, block_scaled_bf16:
    together: [T64x128: hopper_epilogue_block128x128_bf16_t64x128, T128x128: hopper_epilogue_block128x128_bf16_t128x128],
    each: [T64x128: hopper_epilogue_block1x128_bf16_t64x128, T128x128: hopper_epilogue_block1x128_bf16_t128x128],
    both: [Few16: hopper_epilogue_block_bf16_few16, Few32: hopper_epilogue_block_bf16_few32, Few64: hopper_epilogue_block_bf16_few64]
);
output!(f16:
    gemm_fp8_f16_t64x64, gemm_block_scaled_f16_t64x64,
    together: [T64x64: hopper_block128x128_f16_t64x64, T64x128: hopper_block128x128_f16_t64x128, T128x128: hopper_block128x128_f16_t128x128, T256x128: hopper_block128x128_f16_t256x128],
    each: [T64x48: hopper_block1x128_f16_t64x48, T64x64: hopper_block1x128_f16_t64x64, T64x128: hopper_block1x128_f16_t64x128, T128x128: hopper_block1x128_f16_t128x128, T256x128: hopper_block1x128_f16_t256x128],
    both: [Few16: hopper_block_f16_few16, Few32: hopper_block_f16_few32, Few64: hopper_block_f16_few64, T128x80: hopper_block_f16_t128x80, T128x96: hopper_block_f16_t128x96, T128x112: hopper_block_f16_t128x112, T128x144: hopper_block_f16_t128x144, T128x160: hopper_block_f16_t128x160, T128x176: hopper_block_f16_t128x176, T128x192: hopper_block_f16_t128x192, T64x80: hopper_block_f16_t64x80];
    gemm_epilogue_fp8_f16_t64x64, gemm_epilogue_block_scaled_f16_t64x64, block_scaled_f16:
    together: [T64x128: hopper_epilogue_block128x128_f16_t64x128, T128x128: hopper_epilogue_block128x128_f16_t128x128],
    each: [T64x128: hopper_epilogue_block1x128_f16_t64x128, T128x128: hopper_epilogue_block1x128_f16_t128x128],
    both: [Few16: hopper_epilogue_block_f16_few16, Few32: hopper_epilogue_block_f16_few32, Few64: hopper_epilogue_block_f16_few64]
);
output!(f32:
    gemm_fp8_f32_t64x64, gemm_block_scaled_f32_t64x64,
    together: [T64x64: hopper_block128x128_f32_t64x64, T64x128: hopper_block128x128_f32_t64x128, T128x128: hopper_block128x128_f32_t128x128, T256x128: hopper_block128x128_f32_t256x128],
    each: [T64x48: hopper_block1x128_f32_t64x48, T64x64: hopper_block1x128_f32_t64x64, T64x128: hopper_block1x128_f32_t64x128, T128x128: hopper_block1x128_f32_t128x128],
    both: [Few16: hopper_block_f32_few16, Few32: hopper_block_f32_few32, Few64: hopper_block_f32_few64];
    gemm_epilogue_fp8_f32_t64x64, gemm_epilogue_block_scaled_f32_t64x64, block_scaled_f32:
    together: [T64x128: hopper_epilogue_block128x128_f32_t64x128, T128x128: hopper_epilogue_block128x128_f32_t128x128],
    each: [T64x128: hopper_epilogue_block1x128_f32_t64x128, T128x128: hopper_epilogue_block1x128_f32_t128x128],
    both: [Few16: hopper_epilogue_block_f32_few16, Few32: hopper_epilogue_block_f32_few32, Few64: hopper_epilogue_block_f32_few64]
);

impl Fp8Output for E4m3 {}

impl sealed::Output for E4m3 {
    fn plain() -> Option<sealed::Plain<Self>> {
        None
    }
    fn hopper_block_scaled(_: Sums) -> TileKernels<HopperBlockArgs<Self>> {
        hopper_kernels![]
    }
    with_epilogue!(gemm_epilogue_fp8_e4m3_t64x64, gemm_epilogue_block_scaled_e4m3_t64x64, block_scaled_e4m3:
    together: [T64x128: hopper_epilogue_block128x128_e4m3_t64x128, T128x128: hopper_epilogue_block128x128_e4m3_t128x128],
    each: [T64x128: hopper_epilogue_block1x128_e4m3_t64x128, T128x128: hopper_epilogue_block1x128_e4m3_t128x128],
    both: [Few16: hopper_epilogue_block_e4m3_few16, Few32: hopper_epilogue_block_e4m3_few32, Few64: hopper_epilogue_block_e4m3_few64]);
}

macro_rules! pairs {
    ($($a:ty, $b:ty => $out:ty: $formats:expr, [$fast:expr, $promoted:expr], [$fast_epilogue:expr, $promoted_epilogue:expr];)*) => { $(
        impl Fp8Gemm<$b, $out> for $a {}

        impl sealed::Pair<$b, $out> for $a {
            const FORMATS: u32 = $formats;

            fn hopper(accumulation: Accumulation) -> HopperKernels<$out> {
                match accumulation {
                    Accumulation::Fast => $fast,
                    Accumulation::Promoted => $promoted,
                }
            }

            fn hopper_with_epilogue(accumulation: Accumulation) -> EpilogueKernels<$out> {
                match accumulation {
                    Accumulation::Fast => $fast_epilogue,
                    Accumulation::Promoted => $promoted_epilogue,
                }
            }
        }
    )* };
}

use portable::{A_E5M2, B_E5M2};

pairs! {
    E4m3, E4m3 => bf16: 0,
        [hopper_kernels![
            Few16: hopper::fp8::few::dense::hopper_fp8_bf16_few16,
            Few32: hopper::fp8::few::dense::hopper_fp8_bf16_few32,
            Few64: hopper::fp8::few::dense::hopper_fp8_bf16_few64,
            T64x48: hopper::fp8::few::dense::hopper_fp8_bf16_t64x48,
            T64x64: hopper::fp8::few::dense::hopper_fp8_bf16_t64x64,
            T64x80: hopper::fp8::few::dense::hopper_fp8_bf16_t64x80,
            T64x128: hopper::fp8::bf16::dense::hopper_fp8_bf16_t64x128,
            T128x80: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x80,
            T128x96: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x96,
            T128x112: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x112,
            T128x128: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x128,
            T128x144: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x144,
            T128x160: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x160,
            Turns128x128: hopper::fp8::bf16::dense::hopper_fp8_bf16_turns128x128,
            T64x256: hopper::fp8::bf16::dense::hopper_fp8_bf16_t64x256,
            T128x176: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x176,
            T128x192: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x192,
            T128x224: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x224,
            T128x256: hopper::fp8::bf16::dense::hopper_fp8_bf16_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::fp8::bf16_promoted::dense::hopper_fp8_bf16_promoted_few16,
            Few32: hopper::fp8::bf16_promoted::dense::hopper_fp8_bf16_promoted_few32,
            Few64: hopper::fp8::bf16_promoted::dense::hopper_fp8_bf16_promoted_few64,
            T128x128: hopper::fp8::bf16_promoted::dense::hopper_fp8_bf16_promoted_t128x128,
            T256x128: hopper::fp8::bf16_promoted::dense::hopper_fp8_bf16_promoted_t256x128,
        ]],
        [
        hopper_kernels![
            Few16: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_few16,
            Few32: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_few32,
            Few64: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_few64,
            T64x48: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t64x48,
            T64x64: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t64x64,
            T64x80: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t64x80,
            T64x128: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t64x128,
            T128x128: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t128x128,
            Turns128x128: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_turns128x128,
            T64x256: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t64x256,
            T128x192: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t128x192,
            T128x256: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_promoted_few16,
            Few32: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_promoted_few32,
            Few64: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_promoted_few64,
            T128x128: hopper::epilogue::fp8_bf16::dense::hopper_epilogue_fp8_bf16_promoted_t128x128,
        ]
        ];
    E4m3, E4m3 => f16: 0,
        [hopper_kernels![
            Few16: hopper::fp8::few::dense::hopper_fp8_f16_few16,
            Few32: hopper::fp8::few::dense::hopper_fp8_f16_few32,
            Few64: hopper::fp8::few::dense::hopper_fp8_f16_few64,
            T64x48: hopper::fp8::few::dense::hopper_fp8_f16_t64x48,
            T64x64: hopper::fp8::few::dense::hopper_fp8_f16_t64x64,
            T64x80: hopper::fp8::few::dense::hopper_fp8_f16_t64x80,
            T64x128: hopper::fp8::f16::dense::hopper_fp8_f16_t64x128,
            T128x80: hopper::fp8::f16::dense::hopper_fp8_f16_t128x80,
            T128x96: hopper::fp8::f16::dense::hopper_fp8_f16_t128x96,
            T128x112: hopper::fp8::f16::dense::hopper_fp8_f16_t128x112,
            T128x128: hopper::fp8::f16::dense::hopper_fp8_f16_t128x128,
            T128x144: hopper::fp8::f16::dense::hopper_fp8_f16_t128x144,
            T128x160: hopper::fp8::f16::dense::hopper_fp8_f16_t128x160,
            Turns128x128: hopper::fp8::f16::dense::hopper_fp8_f16_turns128x128,
            T64x256: hopper::fp8::f16::dense::hopper_fp8_f16_t64x256,
            T128x176: hopper::fp8::f16::dense::hopper_fp8_f16_t128x176,
            T128x192: hopper::fp8::f16::dense::hopper_fp8_f16_t128x192,
            T128x224: hopper::fp8::f16::dense::hopper_fp8_f16_t128x224,
            T128x256: hopper::fp8::f16::dense::hopper_fp8_f16_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::fp8::f16_promoted::dense::hopper_fp8_f16_promoted_few16,
            Few32: hopper::fp8::f16_promoted::dense::hopper_fp8_f16_promoted_few32,
            Few64: hopper::fp8::f16_promoted::dense::hopper_fp8_f16_promoted_few64,
            T128x128: hopper::fp8::f16_promoted::dense::hopper_fp8_f16_promoted_t128x128,
            T256x128: hopper::fp8::f16_promoted::dense::hopper_fp8_f16_promoted_t256x128,
        ]],
        [
        hopper_kernels![
            Few16: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_few16,
            Few32: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_few32,
            Few64: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_few64,
            T64x48: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t64x48,
            T64x64: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t64x64,
            T64x80: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t64x80,
            T64x128: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t64x128,
            T128x128: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t128x128,
            Turns128x128: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_turns128x128,
            T64x256: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t64x256,
            T128x192: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t128x192,
            T128x256: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_promoted_few16,
            Few32: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_promoted_few32,
            Few64: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_promoted_few64,
            T128x128: hopper::epilogue::fp8_f16::dense::hopper_epilogue_fp8_f16_promoted_t128x128,
        ]
        ];
    E4m3, E4m3 => f32: 0,
        [hopper_kernels![
            Few16: hopper::fp8::few::dense::hopper_fp8_f32_few16,
            Few32: hopper::fp8::few::dense::hopper_fp8_f32_few32,
            Few64: hopper::fp8::few::dense::hopper_fp8_f32_few64,
            T64x48: hopper::fp8::few::dense::hopper_fp8_f32_t64x48,
            T64x64: hopper::fp8::few::dense::hopper_fp8_f32_t64x64,
            T64x80: hopper::fp8::few::dense::hopper_fp8_f32_t64x80,
            T64x128: hopper::fp8::f32::dense::hopper_fp8_f32_t64x128,
            T128x128: hopper::fp8::f32::dense::hopper_fp8_f32_t128x128,
            T64x256: hopper::fp8::f32::dense::hopper_fp8_f32_t64x256,
            T128x192: hopper::fp8::f32::dense::hopper_fp8_f32_t128x192,
            T128x256: hopper::fp8::f32::dense::hopper_fp8_f32_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::fp8::f32_promoted::dense::hopper_fp8_f32_promoted_few16,
            Few32: hopper::fp8::f32_promoted::dense::hopper_fp8_f32_promoted_few32,
            Few64: hopper::fp8::f32_promoted::dense::hopper_fp8_f32_promoted_few64,
            T128x128: hopper::fp8::f32_promoted::dense::hopper_fp8_f32_promoted_t128x128,
            T256x128: hopper::fp8::f32_promoted::dense::hopper_fp8_f32_promoted_t256x128,
        ]],
        [
        hopper_kernels![
            Few16: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_few16,
            Few32: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_few32,
            Few64: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_few64,
            T64x128: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_t64x128,
            T128x128: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_t128x128,
        ],
        hopper_kernels![
            Few16: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_promoted_few16,
            Few32: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_promoted_few32,
            Few64: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_promoted_few64,
            T128x128: hopper::epilogue::fp8_f32::dense::hopper_epilogue_fp8_f32_promoted_t128x128,
        ]
        ];
    E4m3, E5m2 => bf16: B_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_bf16_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_bf16_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E4m3, E5m2 => f16: B_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_f16_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_f16_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E4m3, E5m2 => f32: B_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_f32_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e4m3_e5m2::dense::hopper_e4m3_e5m2_f32_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E5m2, E4m3 => bf16: A_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_bf16_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_bf16_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E5m2, E4m3 => f16: A_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_f16_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_f16_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E5m2, E4m3 => f32: A_E5M2,
        [hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_f32_t128x128],
        hopper_kernels![T128x128: hopper::fp8_mixed::e5m2_e4m3::dense::hopper_e5m2_e4m3_f32_promoted_t128x128]],
        [hopper_kernels![], hopper_kernels![]];
    E4m3, E4m3 => E4m3: 0, [hopper_kernels![], hopper_kernels![]],
        [
        hopper_kernels![
            Few16: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_few16,
            Few32: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_few32,
            Few64: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_few64,
            T64x48: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t64x48,
            T64x64: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t64x64,
            T64x80: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t64x80,
            T64x128: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t64x128,
            T128x128: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t128x128,
            Turns128x128: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_turns128x128,
            T64x256: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t64x256,
            T128x192: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t128x192,
            T128x256: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_t128x256,
        ],
        hopper_kernels![
            Few16: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_promoted_few16,
            Few32: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_promoted_few32,
            Few64: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_promoted_few64,
            T128x128: hopper::epilogue::fp8_e4m3::dense::hopper_epilogue_fp8_e4m3_promoted_t128x128,
        ]
        ];
    E4m3, E5m2 => E4m3: B_E5M2, [hopper_kernels![], hopper_kernels![]],
        [hopper_kernels![], hopper_kernels![]];
    E5m2, E4m3 => E4m3: A_E5M2, [hopper_kernels![], hopper_kernels![]],
        [hopper_kernels![], hopper_kernels![]];
}
