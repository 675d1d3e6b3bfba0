//! The device API: what a kernel may call.
//!
//! Every function has two bodies, side by side. On `nvptx64` it is one PTX instruction or a short
//! sequence of them; on the host it is a call into the simulator (`cuda_sim`), so that the same kernel
//! source runs on a GPU and on a CPU. The names are rust-cuda's where rust-cuda has the function.
//!
//! | module | what |
//! |---|---|
//! | [`thread`] | indices, block barriers, fences |
//! | [`warp`] | shuffles, votes, matches, reductions |
//! | [`shared`] | dynamic shared memory by 32-bit address |
//! | [`atomic`] | atomics on global and shared memory |
//! | [`float`] | the approximate math instructions |
//! | [`cvt`] | conversions between `f32` and 16-bit pairs |
//! | [`ldmatrix`], [`mma`] | the warp-wide matrix instructions (sm_80) |
//! | [`cp_async`] | asynchronous copies from global to shared memory (sm_80) |
//! | [`launch`] | host only: typed kernel handles |
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

pub mod atomic;
pub mod cp_async;
pub mod cvt;
pub mod float;
#[cfg(not(target_arch = "nvptx64"))]
pub mod launch;
pub mod ldmatrix;
pub mod mma;
pub mod shared;
pub mod thread;
mod unroll;
pub mod warp;

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
