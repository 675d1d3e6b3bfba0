//! How the warpgroups of a block divide its registers.
//!
//! A block is launched with as many for each thread. The producer gives what it does not need, and the consumers, which hold sums,
//! wait until they have theirs: for ever, if there are not as many.

use cuda_std::registers::{decrease, increase};

use super::tile::{CONSUMERS, THREADS};

/// Registers of a producer's thread, once it gave the rest to the consumers.
const PRODUCER: u32 = 40;
/// Registers of a thread of one of two consumers.
const CONSUMER: u32 = 232;

/// Accumulator registers of a consumer that needs fewer of them all, at most.
pub(super) const FEW_SUMS: usize = 32;
/// Registers of a producer's thread where consumers have few sums: one that loads scales of a share of K takes more than 40.
const FEW_PRODUCER: u32 = 56;
/// Registers of a consumer's thread there.
const FEW_CONSUMER: u32 = 224;

/// Registers of a multiprocessor.
const ALL: u32 = 65536;
/// Those that a block is launched with: each thread's are a multiple of eight.
const LAUNCHED: u32 = ALL / THREADS / 8 * 8 * THREADS;

/// Whether a block has so many for each thread of its producer and its consumers.
const fn are_there(producer: u32, consumer: u32) -> bool {
    128 * (producer + CONSUMERS * consumer) <= LAUNCHED
}

const _: () = assert!(are_there(PRODUCER, CONSUMER) && are_there(FEW_PRODUCER, FEW_CONSUMER));

/// Gives what a producer does not need, where consumers have `R` accumulator registers a thread.
///
/// # Safety
/// All threads of the warpgroup execute this, once.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn give<const R: usize>() {
    // SAFETY: the caller's contract.
    unsafe {
        match R <= FEW_SUMS {
            true => decrease::<FEW_PRODUCER>(),
            false => decrease::<PRODUCER>(),
        }
    }
}

/// Takes what a consumer of `R` accumulator registers a thread needs.
///
/// # Safety
/// As [`give`].
#[inline(always)]
#[track_caller]
pub(super) unsafe fn take<const R: usize>() {
    // SAFETY: the caller's contract.
    unsafe {
        match R <= FEW_SUMS {
            true => increase::<FEW_CONSUMER>(),
            false => increase::<CONSUMER>(),
        }
    }
}
