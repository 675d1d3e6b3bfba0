//! K shared by the blocks of a cluster, for products of few tiles: each block sums a part of K, then they exchange sums
//! through distributed shared memory.
//!
//! ```text
//! chunk    8 columns of a warpgroup's part: registers 4j .. 4j + 4 of its 128 threads, 2 KiB
//! owner    of chunk j: block j % blocks of the cluster, which adds up what the others send, and stores it
//!
//!          block 0              block 1
//! chunk 0  sum ◀─────────────── part
//! chunk 1  part ──────────────▶ sum
//! ```
//!
//! The order of the additions is that of the blocks' ranks: the same from run to run. A block sends its parts by bulk
//! copies, which complete their bytes on the owner's barrier, so that nothing waits for a fence of the GPU.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::Shared;
use cuda_std::wgmma::Accumulator;
use cuda_std::{bulk, cluster, fence, unroll};

use super::consumer::Warpgroup;
use crate::pack::Words4;

/// Columns of a chunk.
pub(super) const CHUNK: u32 = 8;

/// Bytes of a chunk: four registers of 128 threads.
pub(super) const CHUNK_BYTES: u32 = 4 * 4 * 128;

/// The part of K that a block sums, and the chunks of the sum that it owns.
#[derive(Clone, Copy)]
pub(super) struct Share {
    /// The block's rank among those that share K.
    rank: u32,
    /// How many these are: 1, 2, 4 or 8.
    blocks: u32,
}

impl Share {
    /// All of K, and of the sum.
    pub const ALL: Self = Self { rank: 0, blocks: 1 };

    /// This block's, where those of its cluster share K.
    #[inline(always)]
    #[track_caller]
    pub fn of_cluster() -> Self {
        Self {
            rank: cluster::block_rank(),
            blocks: cluster::blocks(),
        }
    }

    /// The first of its stages, and how many there are, of all stages of K.
    #[inline(always)]
    pub fn stages(self, all: u32) -> [u32; 2] {
        let begin = |rank: u32| self.per_block(all * rank);
        let first = begin(self.rank);
        [first, begin(self.rank + 1) - first]
    }

    /// Whether a chunk is this block's to finish.
    #[inline(always)]
    pub const fn owns(self, chunk: u32) -> bool {
        self.owner(chunk) == self.rank
    }

    /// The rank of the block that finishes a chunk.
    #[inline(always)]
    const fn owner(self, chunk: u32) -> u32 {
        chunk & (self.blocks - 1)
    }

    /// How many blocks own some of `chunks`: those of the first ranks.
    #[inline(always)]
    const fn owners(self, chunks: u32) -> u32 {
        if self.blocks < chunks {
            self.blocks
        } else {
            chunks
        }
    }

    /// How many other blocks own some of `chunks`: one at least, where K is shared and there are two chunks.
    #[inline(always)]
    const fn other_owners(self, chunks: u32) -> u32 {
        let owners = self.owners(chunks);
        owners - (self.rank < owners) as u32
    }

    /// How many of `chunks` the block owns.
    #[inline(always)]
    fn owned(self, chunks: u32) -> u32 {
        self.per_block(chunks + self.blocks - 1 - self.rank)
    }

    /// Where in the owner's memory what this block sends of a chunk goes, in chunks: those of the first that it owns,
    /// one from each other block, then those of the next.
    #[inline(always)]
    fn place(self, chunk: u32) -> u32 {
        let before = if self.rank < self.owner(chunk) {
            self.rank
        } else {
            self.rank - 1
        };
        self.first_place(chunk) + before
    }

    /// Where in the owner's memory that of the first other block is.
    #[inline(always)]
    fn first_place(self, chunk: u32) -> u32 {
        self.per_block(chunk) * (self.blocks - 1)
    }

    /// `count / blocks`, a power of two.
    #[inline(always)]
    const fn per_block(self, count: u32) -> u32 {
        count >> self.blocks.trailing_zeros()
    }
}

/// Chunks that a warpgroup of a block receives at most, of `chunks` and of at most `blocks` that share K.
pub(super) const fn received(chunks: u32, blocks: u32) -> u32 {
    let (mut most, mut sharing) = (0, 2);
    while sharing <= blocks {
        let received = chunks.div_ceil(sharing) * (sharing - 1);
        if received > most {
            most = received;
        }
        sharing *= 2;
    }
    most
}

/// A warpgroup's exchange with those of the same number in the other blocks.
pub(super) struct Exchange {
    pub share: Share,
    /// Chunks of the part.
    pub chunks: u32,
    /// Where chunks are sent from: a place for each.
    pub outgoing: Shared<u8>,
    /// Where chunks arrive.
    pub incoming: Shared<u8>,
    /// Complete when all chunks have arrived.
    pub arrived: Mbarrier,
    /// Complete when all other owners have read what this block sent. Not before it was sent, so that a round does not
    /// end while a thread still waits for the one before: who receives nothing says nothing.
    pub read: Mbarrier,
    pub round: u32,
}

impl Exchange {
    /// Makes the barriers. A barrier of the cluster must follow.
    ///
    /// # Safety
    /// One thread of the block executes this, once.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn init(&self) {
        // SAFETY: the barriers lie in the plan of shared memory, and nobody uses them yet.
        unsafe {
            self.arrived.init(1);
            self.read.init(self.share.other_owners(self.chunks).max(1));
        }
    }

    /// The chunks of `d` that this block owns become the sums of all blocks' parts.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this, in all blocks of the cluster for the same tiles, after a barrier of
    /// the cluster that followed [`Exchange::init`]; no block exits before all are done. The products of `d` were
    /// waited for.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn sum<const R: usize>(&mut self, d: &mut Accumulator<R>, warpgroup: Warpgroup) {
        let share = self.share;
        if share.blocks == 1 {
            return;
        }
        // SAFETY: the caller's contract. What was sent before was read, so that its place is free.
        unsafe {
            self.read.wait_cluster(self.round ^ 1);
            self.stage(d, warpgroup);
            if warpgroup.thread == 0 {
                self.send::<R>();
            }
            if share.rank < share.owners(self.chunks) {
                self.arrived.wait_cluster(self.round);
                self.add(d, warpgroup);
                warpgroup.sync();
                if warpgroup.thread < share.blocks && warpgroup.thread != share.rank {
                    self.read.remote(warpgroup.thread).arrive_after_reading();
                }
            }
        }
        self.round ^= 1;
    }

    /// Writes the chunks of others to where they are sent from.
    #[inline(always)]
    #[track_caller]
    unsafe fn stage<const R: usize>(&self, d: &Accumulator<R>, warpgroup: Warpgroup) {
        unroll!(chunk < 8 => {
            let j = chunk as u32;
            if 4 * chunk < R && !self.share.owns(j) {
                let i = 4 * chunk;
                let words = [d.get(i), d.get(i + 1), d.get(i + 2), d.get(i + 3)].map(f32::to_bits);
                let place = self.outgoing.byte_add::<Words4>(j * CHUNK_BYTES).add(warpgroup.thread);
                // SAFETY: the chunk's place is free, and each thread has its own 16 bytes of it.
                unsafe { place.write(Words4(words)) };
            }
        });
        fence::proxy_async_shared();
        // SAFETY: the caller's contract.
        unsafe { warpgroup.sync() };
    }

    /// Sends what was staged, and says how much is to arrive.
    #[inline(always)]
    #[track_caller]
    unsafe fn send<const R: usize>(&self) {
        let share = self.share;
        let bytes = share.owned(self.chunks) * (share.blocks - 1) * CHUNK_BYTES;
        // SAFETY: one thread, once a round; the places that chunks are sent to are free, since their owner said so.
        unsafe {
            if bytes > 0 {
                self.arrived.arrive_expect_tx(bytes);
            }
            unroll!(chunk < 8 => {
                let j = chunk as u32;
                if 4 * chunk < R && !share.owns(j) {
                    let owner = share.owner(j);
                    let to = self.incoming.add(share.place(j) * CHUNK_BYTES).remote(owner);
                    let from = self.outgoing.add(j * CHUNK_BYTES);
                    bulk::copy_to_block(to, from, CHUNK_BYTES, self.arrived.remote(owner));
                }
            });
        }
    }

    /// Adds what has arrived.
    #[inline(always)]
    #[track_caller]
    unsafe fn add<const R: usize>(&self, d: &mut Accumulator<R>, warpgroup: Warpgroup) {
        unroll!(chunk < 8 => {
            let j = chunk as u32;
            if 4 * chunk < R && self.share.owns(j) {
                let first = self.share.first_place(j) * CHUNK_BYTES;
                let mut place = self.incoming.byte_add::<Words4>(first).add(warpgroup.thread);
                let mut other = 1;
                while other < self.share.blocks {
                    // SAFETY: it has arrived, and each thread reads its own 16 bytes of it.
                    let Words4(words) = unsafe { place.read() };
                    unroll!(i < 4 => {
                        d.set(4 * chunk + i, d.get(4 * chunk + i) + f32::from_bits(words[i]));
                    });
                    place = place.byte_add(CHUNK_BYTES);
                    other += 1;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Share, received};

    fn shares(blocks: u32) -> impl Iterator<Item = Share> + Clone {
        (0..blocks).map(move |rank| Share { rank, blocks })
    }

    #[test]
    fn stages_are_dealt_out_in_order() {
        for (all, blocks) in [(1, 1), (2, 2), (7, 4), (8, 8), (9, 8), (112, 8)] {
            let mut next = 0;
            for share in shares(blocks) {
                let [first, count] = share.stages(all);
                assert_eq!(first, next);
                assert!(count >= 1);
                next += count;
            }
            assert_eq!(next, all, "{blocks} blocks");
        }
    }

    #[test]
    fn every_chunk_has_one_owner_and_places_of_its_own() {
        for (chunks, blocks) in [(2, 2), (2, 8), (3, 4), (4, 8), (8, 2), (8, 4), (8, 8)] {
            let owned: u32 = shares(blocks).map(|share| share.owned(chunks)).sum();
            assert_eq!(owned, chunks);
            for owner in shares(blocks) {
                let owners = owner.owners(chunks);
                assert_eq!(owner.rank < owners, owner.owned(chunks) > 0);
                let others = shares(blocks).filter(|share| share.rank != owner.rank);
                let other_owners = others.filter(|share| share.owned(chunks) > 0).count();
                assert_eq!(other_owners, owner.other_owners(chunks) as usize);
                let own = (0..chunks).filter(|chunk| owner.owns(*chunk));
                let others = shares(blocks).filter(|share| share.rank != owner.rank);
                let all = own.flat_map(|chunk| others.clone().map(move |share| share.place(chunk)));
                let mut places: Vec<_> = all.collect();
                places.sort_unstable();
                let count = owner.owned(chunks) * (blocks - 1);
                assert!(places.into_iter().eq(0..count));
                assert!(count <= received(chunks, 8));
            }
        }
    }
}
