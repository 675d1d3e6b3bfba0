//! `ldmatrix`: a warp loads 8x8 matrices of 16-bit elements from shared memory into mma fragments.
//!
//! ```text
//! lane l gives the address of row l % 8 of matrix l / 8 (16 bytes, aligned to 16);
//! register i of lane l then holds elements 2(l % 4) and 2(l % 4) + 1 of row l / 4 of matrix i,
//! with `.trans` those of column l / 4.
//! ```

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

macro_rules! loads {
    ($($name:ident, $count:literal, $modifiers:literal, $trans:literal, ($($register:ident)*),
        $registers:literal, $address:literal, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`ldmatrix.sync.aligned.m8n8.", $modifiers, ".shared.b16`, sm_75).")]
        ///
        /// # Safety
        /// - All 32 lanes execute this together.
        /// - Each addressing lane's row of 16 bytes lies inside the block's dynamic shared memory, aligned
        ///   to 16.
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub unsafe fn $name(row: Shared<u8>) -> [u32; $count] {
            on! {
                gpu => {
                    $(let $register: u32;)*
                    // SAFETY: the caller's contract is the instruction's.
                    unsafe {
                        asm!(concat!("ldmatrix.sync.aligned.m8n8.", $modifiers, ".shared.b16 {{", $registers, "}}, [", $address, "];"),
                            $(out(reg32) $register,)* in(reg32) row.address(), options(nostack));
                    }
                    [$($register),*]
                },
                sim => cuda_sim::device::ldmatrix::<$count>(row.address(), $trans),
            }
        }
    )* };
}

loads! {
    ldmatrix_x1, 1, "x1", false, (a), "{0}", "{1}",
        "Loads an 8x8 matrix, which lanes 0 to 7 address";
    ldmatrix_x2, 2, "x2", false, (a b), "{0}, {1}", "{2}",
        "Loads two 8x8 matrices, which lanes 0 to 15 address";
    ldmatrix_x4, 4, "x4", false, (a b c d), "{0}, {1}, {2}, {3}", "{4}",
        "Loads four 8x8 matrices";
    ldmatrix_x1_trans, 1, "x1.trans", true, (a), "{0}", "{1}",
        "Loads an 8x8 matrix transposed, which lanes 0 to 7 address";
    ldmatrix_x2_trans, 2, "x2.trans", true, (a b), "{0}, {1}", "{2}",
        "Loads two 8x8 matrices transposed, which lanes 0 to 15 address";
    ldmatrix_x4_trans, 4, "x4.trans", true, (a b c d), "{0}, {1}, {2}, {3}", "{4}",
        "Loads four 8x8 matrices transposed";
}
