//! `wgmma`: a warpgroup multiplies tiles from shared memory, while it goes on (sm_90a).
//!
//! ```text
//! D (64 x N, f32, in registers) = A (64 x K) B (K x N) [+ D]        N = 8, 16, .. 256; K = 32 bytes
//!
//! thread t of the warpgroup, w = t / 32, l = t % 32 (PTX ISA, "Register Fragments and Shared Memory
//! Matrix Layouts"):
//! register 4j, 4j + 1      D[16w + l / 4    ][8j + 2(l % 4)], and the column after it
//! register 4j + 2, 4j + 3  D[16w + l / 4 + 8][8j + 2(l % 4)], and the column after it
//! ```
//!
//! | what | |
//! |---|---|
//! | [`Accumulator`] | `D`: N / 2 registers a thread |
//! | [`Descriptor`] | where a tile lies in shared memory, and how |
//! | [`Accumulator::mma`], [`Accumulator::mma_rs`] | the product, `A` in shared memory or in registers |
//! | [`fence`], [`commit_group`], [`wait_group`] | what orders products and the uses of their operands |
//! | [`pin`] | what keeps arithmetic on registers where it is written |
//!
//! The order of use, by all 128 threads of the warpgroup together:
//!
//! ```text
//! fence();                          once registers were written: the accumulator's, or those of A
//! d.mma::<A, B, _, _>(..);          any number
//! commit_group();
//! wait_group::<0>(&mut d);          before registers or tiles are touched again
//! ```
//!
//! Types: bf16, f16, [`Tf32`](crate::cvt::Tf32), and E4m3 and E5m2 in any mix. Operands in shared memory
//! that threads wrote need [`proxy_async_shared`](crate::fence::proxy_async_shared) by the writers and a
//! barrier first.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

mod accumulator;
mod descriptor;
mod product;
mod wait;

pub use accumulator::Accumulator;
pub use descriptor::{Descriptor, KMajor, Major, MnMajor, Reads};
pub use product::Product;
pub use tensor_map::Swizzle;
pub use wait::{InFlight, pin, wait_group};

/// Orders what was done to the registers of accumulators and of `A` before the products that follow
/// (`wgmma.fence.sync.aligned`, sm_90a).
///
/// Needed before the first product, and whenever such a register was written; not between products on
/// one accumulator.
///
/// # Safety
/// All 128 threads of the warpgroup execute this together.
#[inline(always)]
#[track_caller]
pub unsafe fn fence() {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("wgmma.fence.sync.aligned;", options(nostack)) },
        sim => cuda_sim::device::wgmma_fence(),
    }
}

/// Closes the warpgroup's current group of products (`wgmma.commit_group.sync.aligned`, sm_90a).
///
/// # Safety
/// All 128 threads of the warpgroup execute this together.
#[inline(always)]
#[track_caller]
pub unsafe fn commit_group() {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("wgmma.commit_group.sync.aligned;", options(nostack)) },
        sim => cuda_sim::device::wgmma_commit_group(),
    }
}
