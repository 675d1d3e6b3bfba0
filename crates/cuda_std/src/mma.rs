//! `mma.sync`: a warp multiplies a 16x16 by a 16x8 tile and adds to a 16x8 tile of `f32`.
//!
//! ```text
//! lane l: g = l / 4, t = l % 4 (PTX ISA, "Matrix Fragments for mma.m16n8k16")
//! a[0] = A[g][2t..]  a[1] = A[g+8][2t..]  a[2] = A[g][2t+8..]  a[3] = A[g+8][2t+8..]   (pairs)
//! b[0] = B[2t..][g]  b[1] = B[2t+8..][g]                                               (pairs)
//! c[0], c[1] = C[g][2t], C[g][2t+1]    c[2], c[3] = C[g+8][2t], C[g+8][2t+1]
//! ```

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use half::{bf16, f16};

/// A 16-bit float that `mma.sync.m16n8k16` multiplies.
pub trait MmaElement: Copy + 'static {
    /// `c += a * b` on one warp tile (`mma.sync.aligned.m16n8k16.row.col.f32`, sm_80).
    ///
    /// # Safety
    /// All 32 lanes execute this together.
    unsafe fn mma_m16n8k16(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]);
}

macro_rules! mma {
    ($type:ident, $ptx:literal, $kind:ident) => {
        impl MmaElement for $type {
            #[inline(always)]
            #[track_caller]
            unsafe fn mma_m16n8k16(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]) {
                on! {
                    // SAFETY: the caller's contract is the instruction's.
                    gpu => unsafe {
                        asm!(
                            concat!("mma.sync.aligned.m16n8k16.row.col.f32.", $ptx, ".", $ptx, ".f32 ",
                                "{{{0}, {1}, {2}, {3}}}, {{{4}, {5}, {6}, {7}}}, {{{8}, {9}}}, {{{0}, {1}, {2}, {3}}};"),
                            inout(reg32) c[0], inout(reg32) c[1], inout(reg32) c[2], inout(reg32) c[3],
                            in(reg32) a[0], in(reg32) a[1], in(reg32) a[2], in(reg32) a[3],
                            in(reg32) b[0], in(reg32) b[1], options(nostack),
                        );
                    },
                    sim => *c = cuda_sim::device::mma_k32_bytes(cuda_sim::device::MmaKind::$kind, a, b, *c),
                }
            }
        }
    };
}

mma!(bf16, "bf16", Bf16);
mma!(f16, "f16", F16);
