//! The device API: what a kernel may call.
//!
//! Every function has two bodies, side by side. On `nvptx64` it is one PTX instruction or a short
//! sequence of them; on the host it is a call into the simulator (`cuda_sim`), so that the same kernel
//! source runs on a GPU and on a CPU. The names are rust-cuda's where rust-cuda has the function.
//!
//! | module | what |
//! |---|---|
//! | [`thread`] | indices, block barriers, clocks |
//! | [`warp`] | shuffles, votes, matches, reductions, election |
//! | [`shared`] | dynamic shared memory by 32-bit address |
//! | [`cache`] | vector loads and stores with cache hints, L2 policies, prefetch |
//! | [`atomic`] | atomics on global and shared memory, flags between blocks |
//! | [`fence`] | order between threads, and between the generic and async proxies |
//! | [`float`], [`packed`] | the approximate math instructions; arithmetic on pairs of 16-bit floats |
//! | [`cvt`] | conversions between `f32`, 16- and 8-bit floats, and integers |
//! | [`bits`] | byte permutes, three-input logic, funnel shifts |
//! | [`ldmatrix`], [`stmatrix`], [`mma`] | the warp-wide matrix instructions (sm_80; sm_90) |
//! | [`cp_async`] | asynchronous copies from global to shared memory, by threads (sm_80) |
//! | [`mbarrier`] | barriers that count arrivals and bytes (sm_90) |
//! | [`bulk`], [`tma`] | copies of many bytes and of tensor tiles (sm_90) |
//! | [`cluster`] | blocks that reach each other's shared memory (sm_90) |
//! | [`wgmma`] | asynchronous matrix products of a warpgroup (sm_90a) |
//! | [`registers`] | warpgroups hand registers to each other (sm_90a) |
//! | [`pdl`] | programmatic dependent launch (sm_90) |
//! | [`launch`] | host only: typed kernel handles |
//!
//! The modules of `cuda_builder` declare PTX ISA 8.0 for sm_90a, and what is here needs no more unless
//! its doc says so.
//!
//! Collectives are never `pure` or `nomem`, and hold no labels, so that the compiler neither merges nor
//! moves them; `cuda_builder` marks every such call `convergent`.
#![cfg_attr(target_arch = "nvptx64", no_std)]
#![cfg_attr(target_arch = "nvptx64", feature(asm_experimental_arch, stdarch_nvptx))]

/// Chooses the body: the first on the device, the second in the simulator.
macro_rules! on {
    (gpu => $gpu:expr, sim => $sim:expr $(,)?) => {{
        #[cfg(target_arch = "nvptx64")]
        {
            $gpu
        }
        #[cfg(not(target_arch = "nvptx64"))]
        {
            $sim
        }
    }};
}

/// The result of one instruction that computes in registers: `compute!(reg32 u32 = "prmt.b32 {0}, {1}, ..",
/// reg32 a, ..)`.
#[cfg(target_arch = "nvptx64")]
macro_rules! compute {
    ($class:ident $type:ty = $ptx:expr $(, $in:ident $operand:expr)*) => {{
        let result: $type;
        // SAFETY: register arithmetic has no preconditions.
        unsafe {
            core::arch::asm!($ptx, out($class) result, $(in($in) $operand,)* options(pure, nomem, nostack));
        }
        result
    }};
}

pub mod atomic;
pub mod bits;
pub mod bulk;
pub mod cache;
pub mod cluster;
pub mod cp_async;
pub mod cvt;
pub mod fence;
pub mod float;
pub mod grid_constant;
#[cfg(not(target_arch = "nvptx64"))]
pub mod launch;
pub mod ldmatrix;
pub mod mbarrier;
pub mod mma;
pub mod packed;
pub mod pdl;
pub mod registers;
#[cfg(not(target_arch = "nvptx64"))]
mod rounding;
pub mod shared;
pub mod stmatrix;
pub mod thread;
pub mod tma;
mod unroll;
pub mod warp;
pub mod wgmma;

pub use cuda_std_macros::kernel;

/// The bytes of a kernel marker; `#[kernel]` writes it, `cuda_builder` reads it.
#[doc(hidden)]
pub const fn marker<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(text.as_bytes());
    bytes
}

/// A panic in a kernel stops the grid: the launch fails with `CUDA_ERROR_LAUNCH_FAILED`.
#[cfg(target_arch = "nvptx64")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: `trap` has no preconditions.
    unsafe { core::arch::nvptx::trap() }
}
