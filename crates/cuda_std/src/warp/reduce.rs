//! Reductions over a warp.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use super::{FULL_MASK, WARP_SIZE, warp_shuffle_xor};

macro_rules! sum {
    ($($name:ident: $type:ty;)*) => { $(
        /// The sum of `value` over the whole warp, the same in every lane: five butterfly shuffles.
        ///
        /// # Safety
        /// All 32 lanes execute this together.
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub unsafe fn $name(value: $type) -> $type {
            let mut sum = value;
            let mut lane = WARP_SIZE / 2;
            while lane > 0 {
                // SAFETY: all lanes are here, and a butterfly's source is always one of them.
                sum += unsafe { warp_shuffle_xor(FULL_MASK, sum, lane, WARP_SIZE) }.0;
                lane /= 2;
            }
            sum
        }
    )* };
}

sum! {
    warp_sum_f32: f32;
    warp_sum_u32: u32;
}

/// The largest `value` of the whole warp by unsigned comparison, the same in every lane.
///
/// Two 32-bit shuffles a step, since the value is 64 bits wide.
///
/// # Safety
/// All 32 lanes execute this together.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn warp_max_u64(value: u64) -> u64 {
    let mut max = value;
    let mut lane = WARP_SIZE / 2;
    while lane > 0 {
        // SAFETY: all lanes are here, and a butterfly's source is always one of them.
        let (low, high) = unsafe {
            (
                warp_shuffle_xor(FULL_MASK, max as u32, lane, WARP_SIZE).0,
                warp_shuffle_xor(FULL_MASK, (max >> 32) as u32, lane, WARP_SIZE).0,
            )
        };
        let other = (high as u64) << 32 | low as u64;
        if other > max {
            max = other;
        }
        lane /= 2;
    }
    max
}

macro_rules! redux {
    ($($name:ident, $type:ty, $ptx:literal, $op:ident, $doc:literal;)*) => { $(
        #[doc = concat!($doc, ", of the lanes of `mask`, the same in each of them (`redux.sync.", $ptx, "`, sm_80).")]
        ///
        /// # Safety
        /// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub unsafe fn $name(mask: u32, value: $type) -> $type {
            on! {
                gpu => {
                    let reduced: $type;
                    // SAFETY: the caller's contract is the instruction's.
                    unsafe {
                        asm!(concat!("redux.sync.", $ptx, " {r}, {v}, {m};"),
                            r = out(reg32) reduced, v = in(reg32) value, m = in(reg32) mask, options(nostack));
                    }
                    reduced
                },
                sim => cuda_sim::device::redux(mask, cuda_sim::device::Redux::$op, value as u32) as $type,
            }
        }
    )* };
}

redux! {
    warp_reduce_add, u32, "add.u32", AddU32, "The sum";
    warp_reduce_min_u32, u32, "min.u32", MinU32, "The least";
    warp_reduce_max_u32, u32, "max.u32", MaxU32, "The greatest";
    warp_reduce_min_i32, i32, "min.s32", MinI32, "The least";
    warp_reduce_max_i32, i32, "max.s32", MaxI32, "The greatest";
    warp_reduce_and, u32, "and.b32", And, "The bitwise and";
    warp_reduce_or, u32, "or.b32", Or, "The bitwise or";
    warp_reduce_xor, u32, "xor.b32", Xor, "The bitwise exclusive or";
}
