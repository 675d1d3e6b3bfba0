//! How the warpgroups of a block divide its registers.
//!
//! All threads of a block are launched with as many as each other. The producer gives what it does not need, and the consumers,
//! which hold sums, wait until they have theirs: for ever, if the block has not as many.

use cuda_std::registers::{decrease, increase};

/// Registers of a producer's thread, once it gave the rest to the consumers.
const PRODUCER: u32 = 40;
/// Registers of a thread of one of two consumers.
const CONSUMER: u32 = 232;

/// Accumulator registers of a consumer that needs fewer of them all, at most.
pub(super) const FEW_SUMS: usize = 40;
/// Registers of a producer's thread where consumers have few sums: one that loads scales of a share of K takes more than 40.
const FEW_PRODUCER: u32 = 56;
/// Registers of a consumer's thread there.
const FEW_CONSUMER: u32 = 224;

/// That a block has so many, by what it is launched with: the compiler of the host asks.
#[cfg(not(target_arch = "nvptx64"))]
const _: () = {
    use super::tile::{CONSUMERS, THREADS};
    use cuda_std::launch::LaunchBounds;

    let bounds = LaunchBounds {
        max_threads: THREADS,
        min_blocks: 1,
    };
    let launched = (1 + CONSUMERS) * bounds.registers();
    assert!(PRODUCER + CONSUMERS * CONSUMER <= launched);
    assert!(FEW_PRODUCER + CONSUMERS * FEW_CONSUMER <= launched);
};

/// Gives what a producer does not need, where consumers have `R` accumulator registers a thread.
///
/// # Safety
/// All threads of the warpgroup execute this, once.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn give<const R: usize>() {
    // SAFETY: the whole warpgroup is here, for the first time, and was launched with more.
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
    // SAFETY: the whole warpgroup is here, for the first time, and was launched with fewer; the block has them, as asserted.
    unsafe {
        match R <= FEW_SUMS {
            true => increase::<FEW_CONSUMER>(),
            false => increase::<CONSUMER>(),
        }
    }
}
