//! Global memory with a word to the caches: vector loads and stores of 4, 8 or 16 bytes with cache
//! hints, L2 policies, prefetch.
//!
//! PTX ISA, "ld", "ld.global.nc", "st", "createpolicy", "prefetch". Hints change speed, never values.
//! Executed by any thread.
//!
//! A plain `*p` of a type aligned to its size is one vector access too (`ld.global.v4.b32`), through all
//! caches. But `*a = *b` is a copy of memory to LLVM, which it makes of pieces of 8 bytes: copy a value that one
//! of these loads gave.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

mod access;
mod policy;

pub use access::{
    load, load_nc, load_nc_hint, load_nc_no_allocate, load_nc_no_allocate_128,
    load_nc_no_allocate_256, load_streaming, store, store_cached_l2, store_hint, store_no_allocate,
    store_streaming, store_write_through,
};
pub use policy::CachePolicy;

/// Fetches the cache line at `address` into the L2 cache (`prefetch.global.L2`).
///
/// # Safety
/// `address` is in global memory.
#[inline(always)]
pub unsafe fn prefetch_l2<T>(address: *const T) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("prefetch.global.L2 [{0}];", in(reg64) address, options(nostack)) },
        sim => {
            let _ = address;
        },
    }
}

/// Fetches `bytes` bytes at `address`, both multiples of 16, into the L2 cache
/// (`cp.async.bulk.prefetch.L2.global`, sm_90).
///
/// # Safety
/// The bytes are readable global memory.
#[inline(always)]
pub unsafe fn prefetch_l2_bulk<T>(address: *const T, bytes: u32) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.prefetch.L2.global [{0}], {1};",
                in(reg64) address, in(reg32) bytes, options(nostack));
        },
        sim => {
            let _ = (address, bytes);
        },
    }
}
