//! Shuffles: lanes read each other's values.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use super::{FULL_MASK, WARP_SIZE};

/// A value that a shuffle can move: 32 bits of it.
pub trait WarpShuffleValue: Copy {
    /// The value's bits.
    fn to_bits(self) -> u32;
    /// The value with these bits.
    fn from_bits(bits: u32) -> Self;
}

impl WarpShuffleValue for u32 {
    #[inline(always)]
    fn to_bits(self) -> u32 {
        self
    }
    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        bits
    }
}

impl WarpShuffleValue for i32 {
    #[inline(always)]
    fn to_bits(self) -> u32 {
        self as u32
    }
    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        bits as i32
    }
}

impl WarpShuffleValue for f32 {
    #[inline(always)]
    fn to_bits(self) -> u32 {
        f32::to_bits(self)
    }
    #[inline(always)]
    fn from_bits(bits: u32) -> Self {
        f32::from_bits(bits)
    }
}

macro_rules! shuffle {
    ($($name:ident, $ptx:literal, $mode:ident, $clamp:expr, $doc:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// `width` (a power of two up to 32) splits the warp into segments that shuffle apart. Returns the
        /// value and whether its source lane was inside the segment; if not, the value is the caller's own.
        ///
        /// # Safety
        /// - Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
        /// - The source lane is in `mask`, or the value is not used.
        #[inline(always)]
        #[track_caller]
        pub unsafe fn $name<T: WarpShuffleValue>(mask: u32, value: T, lane: u32, width: u32) -> (T, bool) {
            on! {
                gpu => {
                    let (moved, inside): (u32, u32);
                    // The segment mask is in bits 8 to 12, the clamp in bits 0 to 4 (PTX ISA, shfl.sync).
                    let segment = ((32 - width) << 8) | $clamp;
                    // SAFETY: the caller's contract is the instruction's.
                    unsafe {
                        asm!("{{", ".reg .pred p;",
                            concat!("shfl.sync.", $ptx, ".b32 {d}|p, {v}, {l}, {c}, {m};"),
                            "selp.u32 {i}, 1, 0, p;", "}}",
                            d = out(reg32) moved, i = out(reg32) inside, v = in(reg32) value.to_bits(),
                            l = in(reg32) lane, c = in(reg32) segment, m = in(reg32) mask, options(nostack));
                    }
                    (T::from_bits(moved), inside != 0)
                },
                sim => {
                    let mode = cuda_sim::device::Shuffle::$mode(lane);
                    let (moved, inside) = cuda_sim::device::shuffle(mask, value.to_bits(), mode, width);
                    (T::from_bits(moved), inside)
                },
            }
        }
    )* };
}

shuffle! {
    warp_shuffle_idx, "idx", Idx, 0x1f, "The value of lane `lane` of the segment (`shfl.sync.idx`).";
    warp_shuffle_up, "up", Up, 0, "The value of the lane `lane` places below (`shfl.sync.up`).";
    warp_shuffle_down, "down", Down, 0x1f, "The value of the lane `lane` places above (`shfl.sync.down`).";
    warp_shuffle_xor, "bfly", Xor, 0x1f, "The value of the lane whose number differs by xor with `lane` (`shfl.sync.bfly`).";
}

/// The value of lane 0, which the compiler then knows to be the same in every lane: for the index of a
/// warp that branches on its role.
///
/// # Safety
/// All 32 lanes execute this together.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn warp_uniform<T: WarpShuffleValue>(value: T) -> T {
    // SAFETY: all lanes are here, and lane 0 is one of them.
    unsafe { warp_shuffle_idx(FULL_MASK, value, 0, WARP_SIZE) }.0
}
