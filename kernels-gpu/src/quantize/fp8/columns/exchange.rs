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

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{self, Shared};
use cuda_std::{bulk, cluster, fence, thread, unroll};

use crate::element::Element;
use crate::octet::{OCTET, Octet, RawOctet};
use crate::pack::Words4;
use crate::quantize::fp8::strip::{COLUMN_BYTES, clear, of_octet, raise};

/// Blocks of a cluster at most.
pub const MOST_BLOCKS: u32 = 8;

/// The largest magnitudes of the block's rows.
const OWN: u32 = 0;

/// What the columns are multiplied by.
const MULTIPLIERS: u32 = OWN + COLUMN_BYTES;

/// The largest magnitudes of each block's rows.
const ARRIVED: u32 = MULTIPLIERS + COLUMN_BYTES;

/// The barrier on which they arrive.
const BARRIER: u32 = ARRIVED + MOST_BLOCKS * COLUMN_BYTES;

/// Bytes of dynamic shared memory.
pub const ONCE_BYTES: u32 = BARRIER + Mbarrier::BYTES;

/// The part of the plan of shared memory that starts there.
#[inline(always)]
#[track_caller]
fn part<T>(offset: u32) -> Shared<T> {
    shared::dynamic_shared_mem::<u8>().byte_add(offset)
}

/// The barrier on which magnitudes arrive.
#[inline(always)]
#[track_caller]
fn arrived() -> Mbarrier {
    Mbarrier::at(part(BARRIER))
}

/// Columns of the strip.
#[inline(always)]
#[track_caller]
fn columns() -> u32 {
    thread::block_dim_x() * OCTET as u32
}

/// A block of the cluster that has a strip.
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    /// The cluster's place in the grid.
    pub cluster: u32,
    /// The block's place in the cluster.
    pub rank: u32,
    /// Blocks of the cluster.
    pub blocks: u32,
}

impl Exchange {
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

    /// Bytes of the columns' magnitudes: a multiple of 16.
    #[inline(always)]
    #[track_caller]
    fn bytes() -> u32 {
        columns() * size_of::<f32>() as u32
    }

    /// Makes the magnitudes zeros, and the barrier.
    ///
    /// # Safety
    /// The whole cluster executes this, once and before it executes the others.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn start(self) {
        // SAFETY: one thread makes the barrier, in the plan of shared memory, which nobody uses yet.
        unsafe {
            clear(part(OWN));
            if thread::thread_idx_x() + thread::thread_idx_y() == 0 {
                arrived().init(1);
                fence::mbarrier_init();
                arrived().arrive_expect_tx(self.blocks * Self::bytes());
            }
        }
        thread::sync_threads();
        if self.blocks > 1 {
            // SAFETY: the whole cluster is here. The barrier was shown to it.
            unsafe { cluster::arrive_relaxed() };
        }
    }

    /// What the thread's octet is multiplied by, of the largest magnitudes of the thread's rows; `of(column, largest)` is what
    /// a column of the strip is multiplied by, and is called once in a block.
    ///
    /// # Safety
    /// The whole cluster executes this, once and after [`Exchange::start`]; [`Exchange::end`] follows.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn multipliers<T: Element>(
        self,
        largest: &RawOctet,
        of: impl Fn(u32, f32) -> f32,
    ) -> Octet {
        // SAFETY: the whole block is here, and the whole cluster; each thread writes columns of its own.
        unsafe {
            raise::<T>(part(OWN), largest);
            self.send();
            let mut column =
                thread::thread_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
            while column < columns() {
                part::<f32>(MULTIPLIERS)
                    .add(column)
                    .write(of(column, self.largest(column)));
                column += thread::block_dim_x() * thread::block_dim_y();
            }
        }
        thread::sync_threads();
        if self.blocks > 1 {
            // SAFETY: the whole cluster comes here. The block has what was sent to it.
            unsafe { cluster::arrive_relaxed() };
        }
        let words = of_octet(part::<f32>(MULTIPLIERS)).byte_add::<Words4>(0);
        // SAFETY: written before the barrier.
        let [Words4(low), Words4(high)] = unsafe { [words.read(), words.add(1).read()] };
        let [a, b, c, d] = low.map(f32::from_bits);
        let [e, f, g, h] = high.map(f32::from_bits);
        [a, b, c, d, e, f, g, h]
    }

    /// Sends the block's magnitudes to all blocks, itself among them.
    #[inline(always)]
    #[track_caller]
    unsafe fn send(self) {
        if self.blocks == 1 {
            return thread::sync_threads();
        }
        fence::proxy_async_shared();
        thread::sync_threads();
        // SAFETY: the whole cluster has started, and made its barriers, when this returns.
        unsafe { cluster::wait() };
        let to = thread::thread_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
        if to < self.blocks {
            let place = part::<u8>(ARRIVED)
                .add(self.rank * Self::bytes())
                .remote(to);
            let own = part::<u8>(OWN);
            // SAFETY: nobody writes the magnitudes any more, whose place in the block is this block's. The block stays until
            // all have received theirs.
            unsafe { bulk::copy_to_block(place, own, Self::bytes(), arrived().remote(to)) };
        }
    }

    /// The largest magnitude of a column.
    #[inline(always)]
    #[track_caller]
    unsafe fn largest(self, column: u32) -> f32 {
        if self.blocks == 1 {
            // SAFETY: written before the barrier.
            return unsafe { part::<f32>(OWN).add(column).read() };
        }
        // SAFETY: the barrier's only phase.
        unsafe { arrived().wait_cluster(0) };
        let mut largest = 0.0f32;
        unroll!(rank < 8 => {
            // The last block's come again, so that all loads are under way at once.
            let place = (rank as u32).min(self.blocks - 1) * columns() + column;
            // SAFETY: it has arrived.
            largest = largest.max(unsafe { part::<f32>(ARRIVED).add(place).read() });
        });
        largest
    }

    /// Waits until all blocks have received what this one sent.
    ///
    /// # Safety
    /// The whole cluster executes this, once and last.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn end(self) {
        if self.blocks > 1 {
            // SAFETY: the caller's contract.
            unsafe { cluster::wait() };
        }
    }
}
