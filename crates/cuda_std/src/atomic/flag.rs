//! Flags between blocks: acquiring loads, releasing stores and additions, for the whole GPU.
//!
//! What a thread did before it released a value is visible to a thread that acquired that value. In the
//! simulator an acquiring load lets other threads run, so that a loop on it ends.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;
#[cfg(not(target_arch = "nvptx64"))]
use core::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Release},
};

macro_rules! flags {
    ($($load:ident, $store:ident, $type:ty, $atomic:ident, $class:ident, $ptx:literal;)*) => { $(
        #[doc = concat!("Loads and acquires (`ld.acquire.gpu.global.", $ptx, "`, sm_70).")]
        ///
        /// # Safety
        /// `pointer` is in global memory, aligned to its size, and written only atomically by others.
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub unsafe fn $load(pointer: *const $type) -> $type {
            on! {
                gpu => {
                    let value: $type;
                    // SAFETY: readable and aligned by the caller's contract.
                    unsafe {
                        asm!(concat!("ld.acquire.gpu.global.", $ptx, " {v}, [{p}];"),
                            v = out($class) value, p = in(reg64) pointer, options(nostack));
                    }
                    value
                },
                sim => {
                    cuda_sim::device::preempt();
                    // SAFETY: readable and aligned by the caller's contract; it is only read.
                    unsafe { $atomic::from_ptr(pointer.cast_mut()) }.load(Acquire)
                },
            }
        }

        #[doc = concat!("Stores and releases (`st.release.gpu.global.", $ptx, "`, sm_70).")]
        ///
        /// # Safety
        /// `pointer` is in global memory, aligned to its size, and accessed only atomically by others.
        #[inline(always)]
        pub unsafe fn $store(pointer: *mut $type, value: $type) {
            on! {
                // SAFETY: writable and aligned by the caller's contract.
                gpu => unsafe {
                    asm!(concat!("st.release.gpu.global.", $ptx, " [{p}], {v};"),
                        v = in($class) value, p = in(reg64) pointer, options(nostack));
                },
                // SAFETY: writable and aligned by the caller's contract.
                sim => unsafe { $atomic::from_ptr(pointer) }.store(value, Release),
            }
        }
    )* };
}

flags! {
    global_load_acquire_u32, global_store_release_u32, u32, AtomicU32, reg32, "u32";
    global_load_acquire_u64, global_store_release_u64, u64, AtomicU64, reg64, "u64";
}

/// Adds and releases (`red.release.gpu.global.add.u32`, sm_70): a counter of blocks that are done.
///
/// # Safety
/// `pointer` is in global memory, aligned to 4, and accessed only atomically by others.
#[inline(always)]
pub unsafe fn global_reduce_add_release_u32(pointer: *mut u32, value: u32) {
    on! {
        // SAFETY: writable and aligned by the caller's contract.
        gpu => unsafe {
            asm!("red.release.gpu.global.add.u32 [{p}], {v};",
                v = in(reg32) value, p = in(reg64) pointer, options(nostack));
        },
        sim => {
            // SAFETY: writable and aligned by the caller's contract.
            unsafe { AtomicU32::from_ptr(pointer) }.fetch_add(value, Release);
        },
    }
}

/// Adds, acquires and releases, and returns what was there before (`atom.acq_rel.gpu.global.add.u32`,
/// sm_70): whoever finds that it is the last block sees what the others did.
///
/// # Safety
/// As [`global_reduce_add_release_u32`].
#[inline(always)]
pub unsafe fn global_add_acq_rel_u32(pointer: *mut u32, value: u32) -> u32 {
    on! {
        gpu => {
            let old: u32;
            // SAFETY: writable and aligned by the caller's contract.
            unsafe {
                asm!("atom.acq_rel.gpu.global.add.u32 {o}, [{p}], {v};",
                    o = out(reg32) old, v = in(reg32) value, p = in(reg64) pointer, options(nostack));
            }
            old
        },
        // SAFETY: writable and aligned by the caller's contract.
        sim => unsafe { AtomicU32::from_ptr(pointer) }.fetch_add(value, AcqRel),
    }
}
