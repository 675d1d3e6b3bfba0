//! Atomics on shared memory.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

#[cfg(not(target_arch = "nvptx64"))]
use cuda_sim::device::{
    shared_atomic_add_f32, shared_atomic_add_u32, shared_atomic_cas_u32, shared_atomic_max_u32,
    shared_atomic_min_u32, shared_atomic_update_u32,
};

use crate::shared::Shared;

macro_rules! atomics {
    ($($name:ident, $type:ty, $ptx:literal, |$address:ident, $value:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " and returns what was there before (`atom.shared.", $ptx, "`).")]
        ///
        /// # Safety
        /// The element lies inside the block's dynamic shared memory, aligned to 4 bytes, and is accessed
        /// only atomically until the next barrier.
        #[inline(always)]
        #[track_caller]
        pub unsafe fn $name(counter: Shared<$type>, value: $type) -> $type {
            on! {
                gpu => {
                    let old: $type;
                    // SAFETY: in bounds and aligned by the caller's contract.
                    unsafe {
                        asm!(concat!("atom.shared.", $ptx, " {o}, [{a}], {v};"),
                            o = out(reg32) old, a = in(reg32) counter.address(), v = in(reg32) value,
                            options(nostack));
                    }
                    old
                },
                sim => {
                    let ($address, $value) = (counter.address(), value);
                    $sim
                },
            }
        }
    )* };
}

atomics! {
    shared_add_u32, u32, "add.u32", |a, v| shared_atomic_add_u32(a, v), "Adds";
    shared_add_f32, f32, "add.f32", |a, v| shared_atomic_add_f32(a, v), "Adds, keeping subnormals,";
    shared_min_u32, u32, "min.u32", |a, v| shared_atomic_min_u32(a, v), "Keeps the lesser";
    shared_max_u32, u32, "max.u32", |a, v| shared_atomic_max_u32(a, v), "Keeps the greater";
    shared_min_i32, i32, "min.s32", |a, v| shared_atomic_update_u32(a, |old| v.min(old as i32) as u32) as i32,
        "Keeps the lesser";
    shared_max_i32, i32, "max.s32", |a, v| shared_atomic_update_u32(a, |old| v.max(old as i32) as u32) as i32,
        "Keeps the greater";
    shared_and_u32, u32, "and.b32", |a, v| shared_atomic_update_u32(a, |old| old & v), "Clears bits that are not set in `value`";
    shared_or_u32, u32, "or.b32", |a, v| shared_atomic_update_u32(a, |old| old | v), "Sets the bits of `value`";
    shared_xor_u32, u32, "xor.b32", |a, v| shared_atomic_update_u32(a, |old| old ^ v), "Flips the bits of `value`";
    shared_exchange_u32, u32, "exch.b32", |a, v| shared_atomic_update_u32(a, |_| v), "Stores `value`";
}

/// Stores `new` where `compare` is, and returns what was there before (`atom.shared.cas.b32`).
///
/// # Safety
/// As [`shared_add_u32`].
#[inline(always)]
#[track_caller]
pub unsafe fn shared_cas_u32(counter: Shared<u32>, compare: u32, new: u32) -> u32 {
    on! {
        gpu => {
            let old: u32;
            // SAFETY: in bounds and aligned by the caller's contract.
            unsafe {
                asm!("atom.shared.cas.b32 {o}, [{a}], {c}, {n};",
                    o = out(reg32) old, a = in(reg32) counter.address(), c = in(reg32) compare,
                    n = in(reg32) new, options(nostack));
            }
            old
        },
        sim => shared_atomic_cas_u32(counter.address(), compare, new),
    }
}
