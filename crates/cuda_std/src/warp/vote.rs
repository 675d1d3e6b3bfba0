//! Votes, matches and election.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

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

macro_rules! votes {
    ($($name:ident, $ptx:literal, $sim:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// # Safety
        /// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub unsafe fn $name(mask: u32, predicate: bool) -> bool {
            on! {
                gpu => {
                    let holds: u32;
                    // SAFETY: the caller's contract is the instruction's.
                    unsafe {
                        asm!("{{", ".reg .pred p;", "setp.ne.u32 p, {p}, 0;", concat!($ptx, " p, p, {m};"),
                            "selp.u32 {h}, 1, 0, p;", "}}",
                            p = in(reg32) predicate as u32, h = out(reg32) holds, m = in(reg32) mask,
                            options(nostack));
                    }
                    holds != 0
                },
                sim => cuda_sim::device::$sim(mask, predicate),
            }
        }
    )* };
}

votes! {
    warp_vote_any, "vote.sync.any.pred", vote_any,
        "Whether the predicate of any lane of `mask` holds (`vote.sync.any`).";
    warp_vote_all, "vote.sync.all.pred", vote_all,
        "Whether the predicates of all lanes of `mask` hold (`vote.sync.all`).";
}

/// The lanes of `mask` that have this lane's value (`match.any.sync.b32`, sm_70).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn warp_match_any_32(mask: u32, value: u32) -> u32 {
    on! {
        gpu => {
            let lanes: u32;
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("match.any.sync.b32 {l}, {v}, {m};",
                    l = out(reg32) lanes, v = in(reg32) value, m = in(reg32) mask, options(nostack));
            }
            lanes
        },
        sim => cuda_sim::device::match_any(mask, value),
    }
}

/// `mask` and true if its lanes all have the same value, else 0 and false (`match.all.sync.b32`, sm_70).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn warp_match_all_32(mask: u32, value: u32) -> (u32, bool) {
    on! {
        gpu => {
            let (lanes, all): (u32, u32);
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("{{", ".reg .pred p;", "match.all.sync.b32 {l}|p, {v}, {m};",
                    "selp.u32 {a}, 1, 0, p;", "}}",
                    l = out(reg32) lanes, a = out(reg32) all, v = in(reg32) value, m = in(reg32) mask,
                    options(nostack));
            }
            (lanes, all != 0)
        },
        sim => cuda_sim::device::match_all(mask, value),
    }
}

/// True in one lane of `mask`, the same one whenever the mask is the same (`elect.sync`, sm_90).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
#[must_use]
pub unsafe fn elect(mask: u32) -> bool {
    on! {
        gpu => {
            let elected: u32;
            // SAFETY: the caller's contract is the instruction's.
            unsafe {
                asm!("{{", ".reg .pred p;", "elect.sync _|p, {m};", "selp.u32 {e}, 1, 0, p;", "}}",
                    e = out(reg32) elected, m = in(reg32) mask, options(nostack));
            }
            elected != 0
        },
        sim => cuda_sim::device::elect(mask),
    }
}

/// The lanes that execute this together (`activemask.b32`). Nothing says which do: no other collective
/// may rely on it.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn activemask() -> u32 {
    on! {
        gpu => {
            let lanes: u32;
            // SAFETY: no preconditions.
            unsafe { asm!("activemask.b32 {0};", out(reg32) lanes, options(nostack)) };
            lanes
        },
        sim => cuda_sim::device::active_mask(),
    }
}
