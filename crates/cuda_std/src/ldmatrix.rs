//! `ldmatrix`: a warp loads 8x8 matrices of 16-bit elements from shared memory into mma fragments.
//!
//! ```text
//! lane l gives the address of row l % 8 of matrix l / 8 (16 bytes, aligned to 16);
//! register i of lane l then holds elements 2(l % 4) and 2(l % 4) + 1 of row l / 4 of matrix i.
//! ```

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::shared::Shared;

/// Loads four 8x8 matrices (`ldmatrix.sync.aligned.m8n8.x4.shared.b16`, sm_75).
///
/// # Safety
/// - All 32 lanes execute this together.
/// - Each lane's row of 16 bytes lies inside the block's dynamic shared memory, aligned to 16.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn ldmatrix_x4(row: Shared<u8>) -> [u32; 4] {
    on! {
        gpu => {
            let (a, b, c, d): (u32, u32, u32, u32);
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {{{0}, {1}, {2}, {3}}}, [{4}];",
                    out(reg32) a, out(reg32) b, out(reg32) c, out(reg32) d, in(reg32) row.address(), options(nostack));
            }
            [a, b, c, d]
        },
        sim => cuda_sim::device::ldmatrix::<4>(row.address(), false),
    }
}

/// Loads two 8x8 matrices (`ldmatrix.sync.aligned.m8n8.x2.shared.b16`, sm_75); lanes 0 to 15 address them.
///
/// # Safety
/// As [`ldmatrix_x4`]; the addresses of lanes 16 to 31 are not used.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn ldmatrix_x2(row: Shared<u8>) -> [u32; 2] {
    on! {
        gpu => {
            let (a, b): (u32, u32);
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {{{0}, {1}}}, [{2}];",
                    out(reg32) a, out(reg32) b, in(reg32) row.address(), options(nostack));
            }
            [a, b]
        },
        sim => cuda_sim::device::ldmatrix::<2>(row.address(), false),
    }
}
