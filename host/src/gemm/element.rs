//! The types that are multiplied, and the kernels for each.

use cuda_std::grid_constant::GridConstant;
use cuda_std::launch::Kernel;
use cuda_std::tma::TensorMap;
use half::{bf16, f16};

use crate::element::Float;
use crate::heuristics::gemm::Tile;
use crate::heuristics::hopper_gemm::HopperTile;
use crate::kernels::gemm::epilogue::dense as with_epilogue;
use crate::kernels::gemm::{dense, grouped, hopper};

/// The arguments of a dense kernel.
pub type DenseArgs<T, O> = (
    *const T,
    *const T,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const Addend<O>,
);

/// The arguments of a dense kernel with an epilogue: those of one without, and `activation, residual, residual_stride,
/// out_scale`.
pub type DenseEpilogueArgs<T, O> = (
    *const T,
    *const T,
    *mut O,
    u32,
    u32,
    u32,
    u64,
    u64,
    u64,
    *const Addend<O>,
    u32,
    *const Addend<O>,
    u64,
    *const f32,
);

/// What is added to values that become an `O`.
pub type Addend<O> = <O as Float>::Addend;

/// The arguments of a dense kernel for Hopper.
pub type HopperArgs<O> = (
    Map,
    Map,
    Map,
    u32,
    u32,
    u32,
    u32,
    u32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const f32,
    *const Addend<O>,
);

/// The arguments of such a kernel with an epilogue: the maps of A and B, `c, ldc, m, n, k, matrices, b_early, alpha, a_scale,
/// b_scale, row_scales, column_scales, bias`, and the epilogue as in [`DenseEpilogueArgs`].
pub type HopperEpilogueArgs<O> = (
    Map,
    Map,
    *mut O,
    u64,
    u32,
    u32,
    u32,
    u32,
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

/// Hopper's kernels of a pair of types with an epilogue.
pub type EpilogueKernels<O> = TileKernels<HopperEpilogueArgs<O>>;

/// Hopper's kernels of a pair of types.
pub type HopperKernels<O> = TileKernels<HopperArgs<O>>;

/// Hopper's kernels of the same arguments, for each tile that there is.
pub struct TileKernels<A: 'static>(&'static [(HopperTile, &'static Kernel<A>)]);

impl<A: 'static> TileKernels<A> {
    /// These kernels.
    pub const fn new(kernels: &'static [(HopperTile, &'static Kernel<A>)]) -> Self {
        Self(kernels)
    }

    /// Whether there are any.
    pub const fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The tiles that there are kernels for.
    pub fn tiles(&self) -> impl Iterator<Item = HopperTile> + Clone + use<A> {
        self.0.iter().map(|(tile, _)| *tile)
    }

    /// The kernel of a tile, if there is one.
    pub fn of(&self, tile: HopperTile) -> Option<&'static Kernel<A>> {
        let mut kernels = self.0.iter();
        kernels.find_map(|(known, kernel)| (*known == tile).then_some(*kernel))
    }
}

/// Hopper's kernels, `tile: kernel` each.
macro_rules! hopper_kernels {
    ($($tile:ident: $kernel:path),* $(,)?) => {
        $crate::gemm::element::TileKernels::new(const {
            &[$(($crate::heuristics::hopper_gemm::HopperTile::$tile, &$kernel)),*]
        })
    };
}

pub(crate) use hopper_kernels;

/// A tensor map, by value.
type Map = GridConstant<TensorMap>;

/// The arguments of a grouped kernel.
pub(crate) type GroupedArgs<T> = (
    *const T,
    *const T,
    *mut T,
    *const i32,
    *const i32,
    u32,
    u32,
    u32,
    u32,
    u64,
    u64,
);

/// An element type that there are GEMM kernels for: `bf16`, `f16`.
pub trait GemmElement: Float<Addend = Self> + sealed::Grouped {}

/// A type that a product of `Self` can be rounded to: itself or `f32`.
pub trait GemmOutput<O: Float>: GemmElement + sealed::Dense<O> {}

pub(crate) mod sealed {
    use super::{DenseArgs, DenseEpilogueArgs, EpilogueKernels, GroupedArgs, HopperKernels};
    use crate::device::tensor_map::Tiled;
    use crate::element::Float;
    use crate::heuristics::gemm::Tile;
    use cuda_std::launch::Kernel;

    /// The dense kernels of a pair of types.
    pub trait Dense<O: Float>: Tiled {
        /// The portable kernel of a tile.
        fn dense(tile: Tile) -> &'static Kernel<DenseArgs<Self, O>>;
        /// The same with an epilogue.
        fn dense_with_epilogue(tile: Tile) -> &'static Kernel<DenseEpilogueArgs<Self, O>>;
        /// Hopper's kernels.
        fn hopper() -> HopperKernels<O>;
        /// The same with an epilogue.
        fn hopper_with_epilogue() -> EpilogueKernels<O>;
    }

    /// The grouped kernels of a type.
    pub trait Grouped: Sized + 'static {
        /// The kernel of a tile.
        fn grouped(tile: Tile) -> &'static Kernel<GroupedArgs<Self>>;
    }
}

macro_rules! dense {
    ($type:ident => $out:ty:
        $large:ident, $small:ident, $unaligned:ident, [$($tile:ident: $kernel:path),*],
        $epilogue_large:ident, $epilogue_small:ident, $epilogue_unaligned:ident, [$($epilogue_tile:ident: $epilogue:ident),*]
    ) => {
        impl GemmOutput<$out> for $type {}

        impl sealed::Dense<$out> for $type {
            fn dense(tile: Tile) -> &'static Kernel<DenseArgs<Self, $out>> {
                match tile {
                    Tile::T128x128 => &dense::$large,
                    Tile::T16x64 => &dense::$small,
                    Tile::Unaligned64x64 => &dense::$unaligned,
                }
            }

            fn dense_with_epilogue(tile: Tile) -> &'static Kernel<DenseEpilogueArgs<Self, $out>> {
                match tile {
                    Tile::T128x128 => &with_epilogue::$epilogue_large,
                    Tile::T16x64 => &with_epilogue::$epilogue_small,
                    Tile::Unaligned64x64 => &with_epilogue::$epilogue_unaligned,
                }
            }

            fn hopper() -> HopperKernels<$out> {
                hopper_kernels!($($tile: $kernel),*)
            }

            fn hopper_with_epilogue() -> EpilogueKernels<$out> {
                use hopper::epilogue::$type::dense::{$($epilogue),*};
                hopper_kernels!($($epilogue_tile: $epilogue),*)
            }
        }
    };
}

macro_rules! grouped {
    ($type:ty: $large:ident, $small:ident, $unaligned:ident) => {
        impl GemmElement for $type {}

        impl sealed::Grouped for $type {
            fn grouped(tile: Tile) -> &'static Kernel<GroupedArgs<Self>> {
                match tile {
                    Tile::T128x128 => &grouped::$large,
                    Tile::T16x64 => &grouped::$small,
                    Tile::Unaligned64x64 => &grouped::$unaligned,
                }
            }
        }
    };
}

dense!(bf16 => bf16: gemm_bf16_t128x128, gemm_bf16_t16x64, gemm_bf16_unaligned_t64x64, [
    Few16: hopper::bf16::few::dense::hopper_bf16_few16,
    Few32: hopper::bf16::few::dense::hopper_bf16_few32,
    Few64: hopper::bf16::few::dense::hopper_bf16_few64,
    T64x48: hopper::bf16::few::dense::hopper_bf16_t64x48,
    T64x64: hopper::bf16::few::dense::hopper_bf16_t64x64,
    T64x80: hopper::bf16::few::dense::hopper_bf16_t64x80,
    T64x128: hopper::bf16::dense::hopper_bf16_t64x128,
    T128x80: hopper::bf16::dense::hopper_bf16_t128x80,
    T128x96: hopper::bf16::dense::hopper_bf16_t128x96,
    T128x112: hopper::bf16::dense::hopper_bf16_t128x112,
    T128x128: hopper::bf16::dense::hopper_bf16_t128x128,
    T128x144: hopper::bf16::dense::hopper_bf16_t128x144,
    T128x160: hopper::bf16::dense::hopper_bf16_t128x160,
    Turns128x128: hopper::bf16::dense::hopper_bf16_turns128x128,
    T64x256: hopper::bf16::dense::hopper_bf16_t64x256,
    T128x176: hopper::bf16::dense::hopper_bf16_t128x176,
    T128x192: hopper::bf16::dense::hopper_bf16_t128x192,
    T128x224: hopper::bf16::dense::hopper_bf16_t128x224,
    T128x256: hopper::bf16::dense::hopper_bf16_t128x256
], gemm_epilogue_bf16_t128x128, gemm_epilogue_bf16_t16x64, gemm_epilogue_bf16_unaligned_t64x64, [
    Few16: hopper_epilogue_bf16_few16, Few32: hopper_epilogue_bf16_few32, Few64: hopper_epilogue_bf16_few64, T64x48: hopper_epilogue_bf16_t64x48, T64x64: hopper_epilogue_bf16_t64x64, T64x80: hopper_epilogue_bf16_t64x80, T64x128: hopper_epilogue_bf16_t64x128, T128x128: hopper_epilogue_bf16_t128x128, Turns128x128: hopper_epilogue_bf16_turns128x128,
    T64x256: hopper_epilogue_bf16_t64x256, T128x192: hopper_epilogue_bf16_t128x192, T128x256: hopper_epilogue_bf16_t128x256
]);
dense!(bf16 => f32: gemm_bf16_f32_t128x128, gemm_bf16_f32_t16x64, gemm_bf16_f32_unaligned_t64x64, [
    Few16: hopper::bf16::few::dense::hopper_bf16_f32_few16,
    Few32: hopper::bf16::few::dense::hopper_bf16_f32_few32,
    Few64: hopper::bf16::few::dense::hopper_bf16_f32_few64,
    T64x48: hopper::bf16::few::dense::hopper_bf16_f32_t64x48,
    T64x64: hopper::bf16::few::dense::hopper_bf16_f32_t64x64,
    T64x80: hopper::bf16::few::dense::hopper_bf16_f32_t64x80,
    T64x128: hopper::bf16::f32::dense::hopper_bf16_f32_t64x128,
    T128x128: hopper::bf16::f32::dense::hopper_bf16_f32_t128x128,
    T64x256: hopper::bf16::f32::dense::hopper_bf16_f32_t64x256,
    T128x192: hopper::bf16::f32::dense::hopper_bf16_f32_t128x192,
    T128x256: hopper::bf16::f32::dense::hopper_bf16_f32_t128x256
], gemm_epilogue_bf16_f32_t128x128, gemm_epilogue_bf16_f32_t16x64, gemm_epilogue_bf16_f32_unaligned_t64x64, [
    Few16: hopper_epilogue_bf16_f32_few16, Few32: hopper_epilogue_bf16_f32_few32, Few64: hopper_epilogue_bf16_f32_few64, T64x128: hopper_epilogue_bf16_f32_t64x128, T128x128: hopper_epilogue_bf16_f32_t128x128
]);
dense!(f16 => f16: gemm_f16_t128x128, gemm_f16_t16x64, gemm_f16_unaligned_t64x64, [
    Few16: hopper::f16::few::dense::hopper_f16_few16,
    Few32: hopper::f16::few::dense::hopper_f16_few32,
    Few64: hopper::f16::few::dense::hopper_f16_few64,
    T64x48: hopper::f16::few::dense::hopper_f16_t64x48,
    T64x64: hopper::f16::few::dense::hopper_f16_t64x64,
    T64x80: hopper::f16::few::dense::hopper_f16_t64x80,
    T64x128: hopper::f16::dense::hopper_f16_t64x128,
    T128x80: hopper::f16::dense::hopper_f16_t128x80,
    T128x96: hopper::f16::dense::hopper_f16_t128x96,
    T128x112: hopper::f16::dense::hopper_f16_t128x112,
    T128x128: hopper::f16::dense::hopper_f16_t128x128,
    T128x144: hopper::f16::dense::hopper_f16_t128x144,
    T128x160: hopper::f16::dense::hopper_f16_t128x160,
    Turns128x128: hopper::f16::dense::hopper_f16_turns128x128,
    T64x256: hopper::f16::dense::hopper_f16_t64x256,
    T128x176: hopper::f16::dense::hopper_f16_t128x176,
    T128x192: hopper::f16::dense::hopper_f16_t128x192,
    T128x224: hopper::f16::dense::hopper_f16_t128x224,
    T128x256: hopper::f16::dense::hopper_f16_t128x256
], gemm_epilogue_f16_t128x128, gemm_epilogue_f16_t16x64, gemm_epilogue_f16_unaligned_t64x64, [
    Few16: hopper_epilogue_f16_few16, Few32: hopper_epilogue_f16_few32, Few64: hopper_epilogue_f16_few64, T64x48: hopper_epilogue_f16_t64x48, T64x64: hopper_epilogue_f16_t64x64, T64x80: hopper_epilogue_f16_t64x80, T64x128: hopper_epilogue_f16_t64x128, T128x128: hopper_epilogue_f16_t128x128, Turns128x128: hopper_epilogue_f16_turns128x128,
    T64x256: hopper_epilogue_f16_t64x256, T128x192: hopper_epilogue_f16_t128x192, T128x256: hopper_epilogue_f16_t128x256
]);
dense!(f16 => f32: gemm_f16_f32_t128x128, gemm_f16_f32_t16x64, gemm_f16_f32_unaligned_t64x64, [
    Few16: hopper::f16::few::dense::hopper_f16_f32_few16,
    Few32: hopper::f16::few::dense::hopper_f16_f32_few32,
    Few64: hopper::f16::few::dense::hopper_f16_f32_few64,
    T64x48: hopper::f16::few::dense::hopper_f16_f32_t64x48,
    T64x64: hopper::f16::few::dense::hopper_f16_f32_t64x64,
    T64x80: hopper::f16::few::dense::hopper_f16_f32_t64x80,
    T64x128: hopper::f16::f32::dense::hopper_f16_f32_t64x128,
    T128x128: hopper::f16::f32::dense::hopper_f16_f32_t128x128,
    T64x256: hopper::f16::f32::dense::hopper_f16_f32_t64x256,
    T128x192: hopper::f16::f32::dense::hopper_f16_f32_t128x192,
    T128x256: hopper::f16::f32::dense::hopper_f16_f32_t128x256
], gemm_epilogue_f16_f32_t128x128, gemm_epilogue_f16_f32_t16x64, gemm_epilogue_f16_f32_unaligned_t64x64, [
    Few16: hopper_epilogue_f16_f32_few16, Few32: hopper_epilogue_f16_f32_few32, Few64: hopper_epilogue_f16_f32_few64, T64x128: hopper_epilogue_f16_f32_t64x128, T128x128: hopper_epilogue_f16_f32_t128x128
]);
grouped!(bf16: grouped_gemm_bf16_t128x128, grouped_gemm_bf16_t16x64, grouped_gemm_bf16_unaligned_t64x64);
grouped!(f16: grouped_gemm_f16_t128x128, grouped_gemm_f16_t16x64, grouped_gemm_f16_unaligned_t64x64);

/// Rows, columns, threads and shared memory of a tile's blocks.
pub(crate) struct Blocks {
    pub rows: usize,
    pub columns: usize,
    pub threads: u32,
    pub shared_bytes: u32,
}

/// The blocks that a tile's kernels were compiled for.
pub(crate) fn blocks(tile: Tile) -> Blocks {
    macro_rules! of {
        ($shape:ty) => {
            Blocks {
                rows: <$shape>::BM as usize,
                columns: <$shape>::BN as usize,
                threads: <$shape>::THREADS,
                shared_bytes: <$shape>::SHARED_BYTES,
            }
        };
    }
    match tile {
        Tile::T128x128 => of!(dense::Tile128x128),
        Tile::T16x64 => of!(dense::Tile16x64),
        Tile::Unaligned64x64 => of!(dense::Tile64x64),
    }
}
