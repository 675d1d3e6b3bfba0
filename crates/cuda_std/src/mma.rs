//! `mma.sync`: a warp multiplies a 16 x K by a K x 8 tile and adds to a 16 x 8 tile of `f32`.
//!
//! ```text
//! lane l: g = l / 4, t = l % 4; words of 32 bits along K (PTX ISA, "Matrix Fragments for mma.m16n8k16")
//! a[0] = A[g][word t]  a[1] = A[g+8][word t]  a[2] = A[g][word t+4]  a[3] = A[g+8][word t+4]
//! b[0] = B[word t][g]  b[1] = B[word t+4][g]
//! c[0], c[1] = C[g][2t], C[g][2t+1]    c[2], c[3] = C[g+8][2t], C[g+8][2t+1]
//! ```
//!
//! A word holds two 16-bit, or four 8-bit elements; TF32 takes one word each. K is 8 words, 4 in the
//! half-sized forms, which have `a[0]`, `a[1]` and `b[0]` alone.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use formats::{E4m3, E5m2};
use half::{bf16, f16};

use crate::cvt::Tf32;

/// A 16-bit float that `mma.sync.m16n8k16` multiplies.
pub trait MmaElement: Copy + 'static {
    /// `c += a * b` on one warp tile (`mma.sync.aligned.m16n8k16.row.col.f32`, sm_80).
    ///
    /// # Safety
    /// All 32 lanes execute this together.
    unsafe fn mma_m16n8k16(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]);

    /// `c += a * b` on half a warp tile (`mma.sync.aligned.m16n8k8.row.col.f32`, sm_80).
    ///
    /// # Safety
    /// All 32 lanes execute this together.
    unsafe fn mma_m16n8k8(a: [u32; 2], b: u32, c: &mut [f32; 4]);
}

/// An 8-bit float that `mma.sync.m16n8k32` multiplies by elements of `B`.
pub trait MmaByte<B>: Copy + 'static {
    /// `c += a * b` on one warp tile (`mma.sync.aligned.m16n8k32.row.col.f32`, sm_89, PTX ISA 8.4).
    ///
    /// A module that uses it must declare PTX ISA 8.4, which takes a driver of CUDA 12.4.
    ///
    /// # Safety
    /// All 32 lanes execute this together.
    unsafe fn mma_m16n8k32(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]);
}

/// `c += a * b` with 8 words along K.
macro_rules! full {
    ($shape:literal, $types:literal, $kind:ident, $a:ident, $b:ident, $c:ident) => {
        on! {
            // SAFETY: the caller's contract is the instruction's.
            gpu => unsafe {
                asm!(
                    concat!("mma.sync.aligned.", $shape, ".row.col.f32.", $types, ".f32 ",
                        "{{{0}, {1}, {2}, {3}}}, {{{4}, {5}, {6}, {7}}}, {{{8}, {9}}}, {{{0}, {1}, {2}, {3}}};"),
                    inout(reg32) $c[0], inout(reg32) $c[1], inout(reg32) $c[2], inout(reg32) $c[3],
                    in(reg32) $a[0], in(reg32) $a[1], in(reg32) $a[2], in(reg32) $a[3],
                    in(reg32) $b[0], in(reg32) $b[1], options(nostack),
                );
            },
            sim => *$c = cuda_sim::device::mma_k32_bytes(cuda_sim::device::MmaKind::$kind, $a, $b, *$c),
        }
    };
}

macro_rules! words {
    ($type:ident, $ptx:literal, $kind:ident) => {
        impl MmaElement for $type {
            #[inline(always)]
            #[track_caller]
            unsafe fn mma_m16n8k16(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]) {
                full!("m16n8k16", $ptx, $kind, a, b, c)
            }

            #[inline(always)]
            #[track_caller]
            unsafe fn mma_m16n8k8(a: [u32; 2], b: u32, c: &mut [f32; 4]) {
                on! {
                    // SAFETY: the caller's contract is the instruction's.
                    gpu => unsafe {
                        asm!(
                            concat!("mma.sync.aligned.m16n8k8.row.col.f32.", $ptx, ".f32 ",
                                "{{{0}, {1}, {2}, {3}}}, {{{4}, {5}}}, {{{6}}}, {{{0}, {1}, {2}, {3}}};"),
                            inout(reg32) c[0], inout(reg32) c[1], inout(reg32) c[2], inout(reg32) c[3],
                            in(reg32) a[0], in(reg32) a[1], in(reg32) b, options(nostack),
                        );
                    },
                    sim => *c = cuda_sim::device::mma_k16_bytes(cuda_sim::device::MmaKind::$kind, a, b, *c),
                }
            }
        }
    };
}

words!(bf16, "bf16.bf16", Bf16);
words!(f16, "f16.f16", F16);

macro_rules! bytes {
    ($a:ident, $b:ident, $ptx:literal, $kind:ident) => {
        impl MmaByte<$b> for $a {
            #[inline(always)]
            #[track_caller]
            unsafe fn mma_m16n8k32(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]) {
                full!("m16n8k32", $ptx, $kind, a, b, c)
            }
        }
    };
}

bytes!(E4m3, E4m3, "e4m3.e4m3", E4m3);
bytes!(E4m3, E5m2, "e4m3.e5m2", E4m3E5m2);
bytes!(E5m2, E4m3, "e5m2.e4m3", E5m2E4m3);
bytes!(E5m2, E5m2, "e5m2.e5m2", E5m2);

impl Tf32 {
    /// `c += a * b` on one warp tile of TF32 (`mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32`, sm_80).
    ///
    /// # Safety
    /// All 32 lanes execute this together.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn mma_m16n8k8(a: [u32; 4], b: [u32; 2], c: &mut [f32; 4]) {
        full!("m16n8k8", "tf32.tf32", Tf32, a, b, c)
    }
}
