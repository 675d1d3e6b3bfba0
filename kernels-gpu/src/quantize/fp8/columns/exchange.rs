//! The largest magnitudes of a strip's columns over the blocks of a cluster, through distributed shared memory.
//!
//! ```text
//!            block 0            block 1
//! own        of its rows        of its rows          a float a column
//! arrived    own of block 0     own of block 0       by bulk copies, which complete their bytes on the receiver's barrier
//!            own of block 1     own of block 1
//! ```
//!
//! Nothing waits for a fence of the GPU, which would wait for its memory.
//!
//! # Rounds
//! A cluster has a round for each of its strips. Own, arrived and barriers are there twice, for even and for odd rounds. When a
//! block has read what arrived in a round it says so to all blocks, and a block that has heard it from all of them knows
//! that its copies of that round have landed and that it may send the next but one. It looks for that a round later, when it
//! has been heard long since, and then makes its own zeros again.
//!
//! A barrier's next phase is made to wait for its bytes right after the last one: before any of them is sent, as this block
//! has not yet said that it has read the last ones.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::{bulk, cluster, fence, thread, unroll};

use super::slots::{SLOTS, column_bytes, columns, thread};
use crate::element::Element;
use crate::octet::{Octet, RawOctet};
use crate::pack::Words4;
use crate::quantize::fp8::strip::{clear, of_octet, raise};

/// All threads of a block.
pub(super) const ALL: u32 = 0;

/// A block of the cluster that has a strip, whose first `THREADS` threads have octets, whole warps of them, or [`ALL`]. It has
/// [`EXCHANGE_BYTES`] of dynamic shared memory from `AT` on.
#[derive(Clone, Copy)]
pub(super) struct Exchange<const AT: u32, const THREADS: u32> {
    /// The cluster's place in the grid.
    pub cluster: u32,
    /// The block's place in the cluster.
    pub rank: u32,
    /// Blocks of the cluster.
    pub blocks: u32,
}

impl<const AT: u32, const THREADS: u32> Exchange<AT, THREADS> {
    /// That of this block.
    #[inline(always)]
    #[track_caller]
    pub fn of_cluster() -> Self {
        let blocks = cluster::blocks();
        Self {
            cluster: match blocks {
                1 => thread::block_idx_x(),
                _ => cluster::idx_x(),
            },
            rank: cluster::block_rank(),
            blocks,
        }
    }

    /// Waits for a round's phase of one of its barriers; that before the first has completed.
    #[inline(always)]
    #[track_caller]
    unsafe fn wait(self, barrier: Mbarrier, round: u32) {
        // SAFETY: a barrier that was made, whose phases are every other round.
        unsafe { barrier.wait_cluster(round / SLOTS % 2) };
    }

    /// Waits until all threads that have octets are here.
    #[inline(always)]
    #[track_caller]
    unsafe fn meet(self) {
        match THREADS {
            ALL => thread::sync_threads(),
            // SAFETY: the caller's contract: whole warps, and nobody else.
            _ => unsafe { thread::barrier_sync::<1>(THREADS) },
        }
    }

    /// How many there are.
    #[inline(always)]
    #[track_caller]
    fn threads(self) -> u32 {
        match THREADS {
            ALL => thread::block_dim_x() * thread::block_dim_y(),
            _ => THREADS,
        }
    }

    /// Makes the magnitudes zeros, and the barriers.
    ///
    /// # Safety
    /// The whole cluster executes this, once and before it executes the others.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn start(self) {
        // SAFETY: one thread makes the barriers, in the plan of shared memory, which nobody uses yet.
        unsafe {
            clear(self.own(0));
            clear(self.own(1));
            if thread() == 0 {
                unroll!(slot < 2 => {
                    self.arrived(slot as u32).init(1);
                    self.read(slot as u32).init(self.blocks);
                });
                fence::mbarrier_init();
                self.expect(0);
                self.expect(1);
            }
        }
        thread::sync_threads();
        if self.blocks > 1 {
            // SAFETY: the whole cluster is here. The barriers were shown to it.
            unsafe { cluster::arrive_relaxed() };
        }
    }

    /// Makes a round's barrier wait for what all blocks send, this one among them.
    ///
    /// # Safety
    /// One thread executes this, before any of it can arrive.
    #[inline(always)]
    #[track_caller]
    unsafe fn expect(self, round: u32) {
        let bytes = self.blocks * column_bytes();
        // SAFETY: the barrier was made, for one arrival.
        unsafe { self.arrived(round).arrive_expect_tx(bytes) };
    }

    /// Waits until all blocks have made their barriers.
    ///
    /// # Safety
    /// The whole cluster executes this, once and after [`Exchange::start`].
    #[inline(always)]
    #[track_caller]
    pub unsafe fn join(self) {
        if self.blocks > 1 {
            // SAFETY: the caller's contract.
            unsafe { cluster::wait() };
        }
    }

    /// What the thread's octet is multiplied by, of the largest magnitudes of the thread's rows; `of(column, largest)` is what
    /// a column of the strip is multiplied by, and is called once in a block.
    ///
    /// # Safety
    /// All threads that have octets execute this, in the whole cluster, after [`Exchange::join`] and for round 0, 1, 2, ..
    #[inline(always)]
    #[track_caller]
    pub unsafe fn multipliers<T: Element>(
        self,
        round: u32,
        largest: &RawOctet,
        of: impl Fn(u32, f32) -> f32,
    ) -> Octet {
        let multipliers = self.multiplier();
        // SAFETY: all threads are here, in the whole cluster; each writes columns of its own. Nobody reads the multipliers of
        // the round before any more, since `send` is a barrier.
        unsafe {
            raise::<T>(self.own(round), largest);
            self.send(round);
            let mut column = thread();
            while column < columns() {
                let largest = self.largest(round, column);
                multipliers.add(column).write(of(column, largest));
                self.clear_last(round, column);
                column += self.threads();
            }
            self.meet();
            self.say_read(round);
        }
        let words = of_octet(multipliers).byte_add::<Words4>(0);
        // SAFETY: written before the barrier.
        let [Words4(low), Words4(high)] = unsafe { [words.read(), words.add(1).read()] };
        let [a, b, c, d] = low.map(f32::from_bits);
        let [e, f, g, h] = high.map(f32::from_bits);
        [a, b, c, d, e, f, g, h]
    }

    /// Sends the block's magnitudes to all blocks, itself among them, once all threads have raised them.
    #[inline(always)]
    #[track_caller]
    unsafe fn send(self, round: u32) {
        if self.blocks > 1 {
            fence::proxy_async_shared();
        }
        // SAFETY: the caller's contract.
        unsafe { self.meet() };
        // One thread, block after block: of a copy by several lanes ptxas makes one by all warps, under a predicate that only
        // theirs have set.
        if self.blocks > 1 && thread() == 0 {
            let mut to = 0;
            while to < self.blocks {
                // SAFETY: the caller's contract.
                unsafe { self.copy(round, to) };
                to += 1;
            }
        }
    }

    /// Copies the block's magnitudes to a block.
    ///
    /// # Safety
    /// One thread executes this, when all have raised them, for each block.
    #[inline(always)]
    #[track_caller]
    unsafe fn copy(self, round: u32, to: u32) {
        let place = self.all::<u8>(round).add(self.rank * column_bytes());
        let (own, arrived) = (self.own::<u8>(round), self.arrived(round).remote(to));
        // SAFETY: nobody writes the magnitudes any more. Their place in the block is this block's, and free, as this thread
        // has seen in the round before. The block stays until all have read theirs.
        unsafe { bulk::copy_to_block(place.remote(to), own, column_bytes(), arrived) };
    }

    /// The largest magnitude of a column.
    #[inline(always)]
    #[track_caller]
    unsafe fn largest(self, round: u32, column: u32) -> f32 {
        if self.blocks == 1 {
            // SAFETY: written before the barrier.
            return unsafe { self.own::<f32>(round).add(column).read() };
        }
        // SAFETY: the barrier was made. Nothing of the next but one round is sent before this block has read this one.
        unsafe {
            self.wait(self.arrived(round), round);
            if column == 0 {
                self.expect(round + SLOTS);
            }
        }
        let mut largest = 0.0f32;
        unroll!(rank < 8 => {
            // The last block's come again, so that all loads are under way at once.
            let place = (rank as u32).min(self.blocks - 1) * columns() + column;
            // SAFETY: it has arrived.
            largest = largest.max(unsafe { self.all::<f32>(round).add(place).read() });
        });
        largest
    }

    /// Makes a column of the last round's own zero again, for the next one, when its copies have landed.
    #[inline(always)]
    #[track_caller]
    unsafe fn clear_last(self, round: u32, column: u32) {
        let last = round.wrapping_sub(1);
        // SAFETY: this thread's column, which nothing reads any more.
        unsafe {
            if self.blocks > 1 {
                self.wait(self.read(last), last);
            }
            self.own::<u32>(last).add(column).write(0);
        }
    }

    /// Says to all blocks that this one has read what arrived in a round, as all its threads have.
    #[inline(always)]
    #[track_caller]
    unsafe fn say_read(self, round: u32) {
        let to = thread();
        if self.blocks > 1 && to < self.blocks {
            // SAFETY: a barrier that waits for this block, which does not exit before it has heard all of them.
            unsafe { self.read(round).remote(to).arrive_after_reading() };
        }
    }

    /// Waits until all blocks have read what this one sent in `rounds` rounds: neither does it send anything any more, nor do
    /// they, or say anything to it.
    ///
    /// # Safety
    /// The threads that have octets execute this, once and last.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn end(self, rounds: u32) {
        if self.blocks > 1 && thread() == 0 {
            let last = rounds.wrapping_sub(1);
            // SAFETY: the barrier was made.
            unsafe { self.wait(self.read(last), last) };
        }
    }
}
