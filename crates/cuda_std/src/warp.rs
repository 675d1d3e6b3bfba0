//! What the 32 threads of a warp do together.
//!
//! Every function takes a mask of lanes. All lanes in it must execute the call, with the same mask, and
//! the calling lane must be among them.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

/// The mask of all lanes.
pub const FULL_MASK: u32 = u32::MAX;

/// Threads of a warp.
pub const WARP_SIZE: u32 = 32;

/// `%laneid`: the thread's place in its warp, 0 to 31.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn lane_id() -> u32 {
    on! {
        gpu => {
            let lane: u32;
            // SAFETY: reading a special register has no preconditions.
            unsafe { asm!("mov.u32 {0}, %laneid;", out(reg32) lane, options(pure, nomem, nostack)) };
            lane
        },
        sim => cuda_sim::device::lane_id(),
    }
}

/// Waits for the lanes of `mask`; what they wrote before is visible to them after (`bar.warp.sync`).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
pub unsafe fn sync_warp(mask: u32) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("bar.warp.sync {0};", in(reg32) mask, options(nostack)) },
        sim => cuda_sim::device::warp_sync(mask),
    }
}

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

/// One bit a lane: whether its predicate holds (`vote.sync.ballot`).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn warp_vote_ballot(mask: u32, predicate: bool) -> u32 {
    on! {
        gpu => {
            let ballot: u32;
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("{{", ".reg .pred p;", "setp.ne.u32 p, {p}, 0;", "vote.sync.ballot.b32 {b}, p, {m};", "}}",
                    p = in(reg32) predicate as u32, b = out(reg32) ballot, m = in(reg32) mask, options(nostack));
            }
            ballot
        },
        sim => cuda_sim::device::vote_ballot(mask, predicate),
    }
}

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
