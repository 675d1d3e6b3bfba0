//! `cp.async`: a thread copies from global to shared memory while it goes on.
//!
//! Copies gather in groups: [`commit_group`] closes one, [`wait_group`] waits until at most `N` of the
//! thread's groups are still under way. What landed is visible to the copying thread alone; a block
//! barrier after the wait shows it to the others.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

/// Copies 16 bytes past the L1 cache, of which the first `source_bytes` are read and the rest are
/// zeroes (`cp.async.cg.shared.global`, sm_80).
///
/// # Safety
/// - The destination lies inside the block's dynamic shared memory; both ends are aligned to 16.
/// - `source_bytes` (at most 16) bytes of `source` are readable global memory; with 0 it is not read.
/// - Nothing touches the destination until the copy was waited for.
#[inline(always)]
#[track_caller]
pub unsafe fn copy_16<T>(destination: Shared<T>, source: *const u8, source_bytes: u32) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.cg.shared.global [{0}], [{1}], 16, {2};",
                in(reg32) destination.address(), in(reg64) source, in(reg32) source_bytes, options(nostack));
        },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe { cuda_sim::device::cp_async(destination.address(), source, 16, source_bytes) },
    }
}

/// Copies 4 bytes (`cp.async.ca.shared.global`, sm_80).
///
/// # Safety
/// - The destination lies inside the block's dynamic shared memory; both ends are aligned to 4.
/// - 4 bytes of `source` are readable global memory.
/// - Nothing touches the destination until the copy was waited for.
#[inline(always)]
#[track_caller]
pub unsafe fn copy_4<T>(destination: Shared<T>, source: *const u8) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.ca.shared.global [{0}], [{1}], 4;",
                in(reg32) destination.address(), in(reg64) source, options(nostack));
        },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe { cuda_sim::device::cp_async(destination.address(), source, 4, 4) },
    }
}

/// Closes the thread's current group of copies (`cp.async.commit_group`).
#[inline(always)]
#[track_caller]
pub fn commit_group() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("cp.async.commit_group;", options(nostack)) },
        sim => cuda_sim::device::cp_async_commit(),
    }
}

/// Waits until at most `N` of the thread's latest groups are under way (`cp.async.wait_group`).
#[inline(always)]
#[track_caller]
pub fn wait_group<const N: u32>() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("cp.async.wait_group {0};", const N, options(nostack)) },
        sim => cuda_sim::device::cp_async_wait_group(N),
    }
}
