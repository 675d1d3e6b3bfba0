//! Where an exchange has what in shared memory.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};
use cuda_std::thread;

use super::exchange::Exchange;
use crate::octet::OCTET;
use crate::quantize::fp8::strip::COLUMN_BYTES;

/// Blocks of a cluster at most.
pub const MOST_BLOCKS: u32 = 8;

/// Rounds that what is there of each round is shared by.
pub(super) const SLOTS: u32 = 2;

/// The largest magnitudes of the block's rows, for even and odd rounds.
const OWN: u32 = 0;

/// What the columns are multiplied by.
const MULTIPLIERS: u32 = OWN + SLOTS * COLUMN_BYTES;

/// The largest magnitudes of each block's rows, for even and odd rounds.
const ARRIVED: u32 = MULTIPLIERS + COLUMN_BYTES;

/// The barriers on which they arrive, and those that tell that all blocks have read them.
const BARRIERS: u32 = ARRIVED + SLOTS * MOST_BLOCKS * COLUMN_BYTES;

/// Bytes of shared memory that an exchange takes: a multiple of 16.
pub const EXCHANGE_BYTES: u32 = BARRIERS + 2 * SLOTS * Mbarrier::BYTES;

/// Columns of the strip.
#[inline(always)]
#[track_caller]
pub(super) fn columns() -> u32 {
    thread::block_dim_x() * OCTET as u32
}

/// Bytes of the columns' magnitudes: a multiple of 16.
#[inline(always)]
#[track_caller]
pub(super) fn column_bytes() -> u32 {
    columns() * size_of::<f32>() as u32
}

/// The thread's number in its block.
#[inline(always)]
#[track_caller]
pub(super) fn thread() -> u32 {
    thread::thread_idx_y() * thread::block_dim_x() + thread::thread_idx_x()
}

impl<const AT: u32, const THREADS: u32> Exchange<AT, THREADS> {
    /// The part of the plan of shared memory that starts there.
    #[inline(always)]
    #[track_caller]
    fn part<T>(self, offset: u32) -> Shared<T> {
        dynamic_shared_mem::<u8>().byte_add(AT + offset)
    }

    /// What the columns are multiplied by.
    #[inline(always)]
    #[track_caller]
    pub(super) fn multiplier(self) -> Shared<f32> {
        self.part(MULTIPLIERS)
    }

    /// The block's own magnitudes in a round.
    #[inline(always)]
    #[track_caller]
    pub(super) fn own<T>(self, round: u32) -> Shared<T> {
        self.part(OWN + round % SLOTS * COLUMN_BYTES)
    }

    /// All blocks' magnitudes in a round.
    #[inline(always)]
    #[track_caller]
    pub(super) fn all<T>(self, round: u32) -> Shared<T> {
        self.part(ARRIVED + round % SLOTS * MOST_BLOCKS * COLUMN_BYTES)
    }

    /// The barrier on which they arrive.
    #[inline(always)]
    #[track_caller]
    pub(super) fn arrived(self, round: u32) -> Mbarrier {
        Mbarrier::at(self.part(BARRIERS)).add(round % SLOTS)
    }

    /// The barrier that tells that all blocks have read what this one sent.
    #[inline(always)]
    #[track_caller]
    pub(super) fn read(self, round: u32) -> Mbarrier {
        Mbarrier::at(self.part(BARRIERS)).add(SLOTS + round % SLOTS)
    }
}
