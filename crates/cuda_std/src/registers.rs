//! `setmaxnreg`: warpgroups hand registers to each other (sm_90a).
//!
//! A block is launched with as many registers a thread as the kernel's launch bounds leave
//! (`LaunchBounds::registers` on the host). A warpgroup that needs few gives the rest to the block's pool,
//! one that needs many takes them from it. With 384 threads of 168: 40 for a producer and 232 for each of
//! two consumers.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

/// Gives registers above `N` a thread to the block's pool (`setmaxnreg.dec.sync.aligned.u32`).
///
/// `N` is a multiple of 8 from 24 to 256.
///
/// # Safety
/// - All threads of the warpgroup execute this together, and have at least `N` registers each.
/// - A block barrier, or nothing, came between the warpgroup's last change of registers and this.
#[inline(always)]
#[track_caller]
pub unsafe fn decrease<const N: u32>() {
    const { assert!(N >= 24 && N <= 256 && N.is_multiple_of(8)) };
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("setmaxnreg.dec.sync.aligned.u32 {0};", const N, options(nostack)) },
        sim => cuda_sim::device::setmaxnreg_dec(N),
    }
}

/// Waits until the block's pool has enough registers, and takes up to `N` a thread
/// (`setmaxnreg.inc.sync.aligned.u32`).
///
/// `N` is a multiple of 8 from 24 to 256. The registers of all warpgroups together, threads times
/// registers, must not exceed what the launch gave the block, or the wait never ends.
///
/// # Safety
/// As [`decrease`], with at most `N` registers each.
#[inline(always)]
#[track_caller]
pub unsafe fn increase<const N: u32>() {
    const { assert!(N >= 24 && N <= 256 && N.is_multiple_of(8)) };
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("setmaxnreg.inc.sync.aligned.u32 {0};", const N, options(nostack)) },
        sim => cuda_sim::device::setmaxnreg_inc(N),
    }
}
