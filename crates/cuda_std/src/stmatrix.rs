//! `stmatrix`: a warp stores 8x8 matrices of 16-bit elements from mma fragments to shared memory (sm_90).
//!
//! The reverse of [`ldmatrix`](crate::ldmatrix), with the same places of elements and addresses.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

macro_rules! stores {
    ($($name:ident, $count:literal, $modifiers:literal, $trans:literal, ($($i:literal)*),
        $registers:literal, $address:literal, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`stmatrix.sync.aligned.m8n8.", $modifiers, ".shared.b16`, sm_90).")]
        ///
        /// # Safety
        /// - All 32 lanes execute this together.
        /// - Each addressing lane's row of 16 bytes lies inside the block's dynamic shared memory, aligned
        ///   to 16.
        #[inline(always)]
        #[track_caller]
        pub unsafe fn $name(row: Shared<u8>, registers: [u32; $count]) {
            on! {
                // SAFETY: the caller's contract is the instruction's.
                gpu => unsafe {
                    asm!(concat!("stmatrix.sync.aligned.m8n8.", $modifiers, ".shared.b16 [", $address, "], {{", $registers, "}};"),
                        $(in(reg32) registers[$i],)* in(reg32) row.address(), options(nostack));
                },
                sim => cuda_sim::device::stmatrix::<$count>(row.address(), $trans, registers),
            }
        }
    )* };
}

stores! {
    stmatrix_x1, 1, "x1", false, (0), "{0}", "{1}",
        "Stores an 8x8 matrix, which lanes 0 to 7 address";
    stmatrix_x2, 2, "x2", false, (0 1), "{0}, {1}", "{2}",
        "Stores two 8x8 matrices, which lanes 0 to 15 address";
    stmatrix_x4, 4, "x4", false, (0 1 2 3), "{0}, {1}, {2}, {3}", "{4}",
        "Stores four 8x8 matrices";
    stmatrix_x1_trans, 1, "x1.trans", true, (0), "{0}", "{1}",
        "Stores an 8x8 matrix transposed, which lanes 0 to 7 address";
    stmatrix_x2_trans, 2, "x2.trans", true, (0 1), "{0}, {1}", "{2}",
        "Stores two 8x8 matrices transposed, which lanes 0 to 15 address";
    stmatrix_x4_trans, 4, "x4.trans", true, (0 1 2 3), "{0}, {1}, {2}, {3}", "{4}",
        "Stores four 8x8 matrices transposed";
}
