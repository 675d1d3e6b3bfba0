//! Atomics: relaxed read-modify-write on shared memory.
//!
//! On global memory `core::sync::atomic` works on the device as on the host.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

/// Adds to a counter in shared memory and returns what it held before (`atom.shared.add.u32`).
///
/// # Safety
/// The counter lies inside the block's dynamic shared memory, aligned to 4 bytes, and is accessed only
/// atomically until the next barrier.
#[inline(always)]
#[track_caller]
pub unsafe fn shared_add_u32(counter: Shared<u32>, value: u32) -> u32 {
    on! {
        gpu => {
            let old: u32;
            // SAFETY: in bounds and aligned by the caller's contract.
            unsafe {
                asm!("atom.shared.add.u32 {o}, [{a}], {v};",
                    o = out(reg32) old, a = in(reg32) counter.address(), v = in(reg32) value, options(nostack));
            }
            old
        },
        sim => cuda_sim::device::shared_atomic_add_u32(counter.address(), value),
    }
}
