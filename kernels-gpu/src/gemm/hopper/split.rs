//! K shared by the blocks of a cluster, for products of few tiles: each block sums a part of K, then they exchange sums
//! through distributed shared memory.
//!
//! ```text
//! piece    a warp's part of a chunk, 8 columns: registers 4j .. 4j + 4 of its 32 threads, 512 bytes
//! owner    of a piece: the block that adds up what the others send, and stores it
//!
//!          block 0              block 1
//! piece 0  sum ◀─────────────── part
//! piece 1  part ──────────────▶ sum
//! ```
//!
//! A cluster computes one tile, so that the ring is free for the exchange once all its blocks have summed. The order of the
//! additions is that of the blocks' ranks, the owner's own part first: the same from run to run. A warp sends by bulk copies,
//! which complete their bytes on a barrier of the owner's warp, so that nothing waits for a fence of the GPU.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::Shared;
use cuda_std::wgmma::Accumulator;
use cuda_std::{bulk, cluster, fence, unroll, warp};

use crate::divide::divide;
use crate::pack::Words4;

/// Columns of a chunk.
pub(super) const CHUNK: u32 = 8;

/// Bytes of a piece: four registers of 32 threads.
const PIECE_BYTES: u32 = 4 * 4 * 32;

/// How a tile is dealt out to the blocks that share K.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deal {
    /// Warp by warp: rows of the tile stay whole.
    Warps,
    /// Chunk by chunk, in all warps the same: columns of the tile stay whole.
    Chunks,
}

/// The chunks of a warp that a block owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    begin: u32,
    end: u32,
}

impl Owned {
    /// Whether a chunk is among them.
    #[inline(always)]
    pub const fn has(self, chunk: u32) -> bool {
        self.begin <= chunk && chunk < self.end
    }

    /// How many there are.
    #[inline(always)]
    pub const fn count(self) -> u32 {
        self.end - self.begin
    }
}

/// The part of K that a block sums.
#[derive(Clone, Copy)]
pub(super) struct Share {
    /// The block's rank among those that share K.
    rank: u32,
    /// How many these are.
    pub blocks: u32,
    /// The rank in the cluster of the first of them, and from one to the next.
    first: u32,
    step: u32,
}

impl Share {
    /// All of K.
    pub const ALL: Self = Self {
        rank: 0,
        blocks: 1,
        first: 0,
        step: 0,
    };

    /// This block's, where those of its cluster in its third dimension share K.
    #[inline(always)]
    #[track_caller]
    pub fn of_cluster() -> Self {
        let (rank, step) = (cluster::block_idx_z(), cluster::dim_x() * cluster::dim_y());
        Self {
            rank,
            blocks: cluster::dim_z(),
            first: cluster::block_rank() - rank * step,
            step,
        }
    }

    /// The first of its stages, and how many there are, of all stages of K.
    #[inline(always)]
    pub fn stages(self, all: u32) -> [u32; 2] {
        let Owned { begin, end } = self.part(self.rank, all);
        [begin, end - begin]
    }

    /// The rank in the cluster of the block of a rank among those that share K.
    #[inline(always)]
    const fn block(self, rank: u32) -> u32 {
        self.first + rank * self.step
    }

    /// What the block of a rank has of `all`, dealt out evenly and in order.
    #[inline(always)]
    fn part(self, rank: u32, all: u32) -> Owned {
        Owned {
            begin: divide(all * rank, self.blocks).0,
            end: divide(all * (rank + 1), self.blocks).0,
        }
    }
}

/// Bytes of shared memory that the exchange of `warps` of `chunks` each takes, of at most `blocks` that share K.
pub(super) const fn exchange_bytes(deal: Deal, warps: u32, chunks: u32, blocks: u32) -> u32 {
    let (mut most, mut sharing) = (0, 2);
    while sharing <= blocks {
        let received = match deal {
            Deal::Warps => warps.div_ceil(sharing) * chunks,
            Deal::Chunks => warps * chunks.div_ceil(sharing),
        };
        let pieces = received * (sharing - 1) + warps * chunks;
        if pieces > most {
            most = pieces;
        }
        sharing += 1;
    }
    most * PIECE_BYTES
}

/// A warp's exchange with those of the same number in the other blocks.
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    pub share: Share,
    pub deal: Deal,
    /// The warp among the block's that compute, and how many these are.
    pub warp: u32,
    pub warps: u32,
    /// Chunks of a warp.
    pub chunks: u32,
    /// Memory of [`exchange_bytes`], at the same place in every block.
    pub memory: Shared<u8>,
    /// Complete when all pieces of the warp have arrived.
    pub arrived: Mbarrier,
}

impl Exchange {
    /// Makes the barrier. A barrier of the cluster must follow.
    ///
    /// # Safety
    /// One thread of the block executes this for each warp, once.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn init(self) {
        // SAFETY: the barrier lies in the plan of shared memory, and nobody uses it yet.
        unsafe { self.arrived.init(1) };
    }

    /// What this block owns of the warp's part of the tile.
    #[inline(always)]
    pub fn own(self) -> Owned {
        self.owned_by(self.share.rank)
    }

    /// What of `d` this block owns becomes the sum of all blocks' parts.
    ///
    /// # Safety
    /// The whole warp executes this once, in all blocks of the cluster, after a barrier of the cluster that followed
    /// [`Exchange::init`], and one that followed all that they did with the memory; no block exits before all are done. The
    /// products of `d` were waited for.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn sum<const R: usize>(self, d: &mut Accumulator<R>) {
        // SAFETY: the caller's contract.
        unsafe {
            self.stage(d);
            if warp::lane_id() == 0 {
                self.send();
            }
            if self.own().count() > 0 {
                self.arrived.wait_cluster(0);
                self.add(d);
            }
        }
    }

    /// What the block of a rank owns of the warp's part of the tile.
    #[inline(always)]
    fn owned_by(self, rank: u32) -> Owned {
        let Self {
            share,
            warp,
            chunks,
            ..
        } = self;
        match self.deal {
            Deal::Chunks => share.part(rank, chunks),
            Deal::Warps => {
                let (_, owner) = divide(warp, share.blocks);
                let end = if owner == rank { chunks } else { 0 };
                Owned { begin: 0, end }
            }
        }
    }

    /// Where the warp's chunks are sent from.
    #[inline(always)]
    fn outgoing(self) -> Shared<u8> {
        self.memory.add(self.warp * self.chunks * PIECE_BYTES)
    }

    /// Where in the memory of the block of rank `to`, which owns `count` chunks of the warp, those of the block of rank `from`
    /// arrive.
    #[inline(always)]
    fn incoming(self, [from, to]: [u32; 2], count: u32) -> Shared<u8> {
        let Self {
            share,
            warp,
            warps,
            chunks,
            ..
        } = self;
        let (before, most) = match self.deal {
            Deal::Warps => (divide(warp, share.blocks).0, chunks),
            Deal::Chunks => (warp, divide(chunks + share.blocks - 1, share.blocks).0),
        };
        let sender = from - (from > to) as u32;
        let pieces = warps * chunks + before * (share.blocks - 1) * most + sender * count;
        self.memory.add(pieces * PIECE_BYTES)
    }

    /// Writes the chunks of others to where they are sent from.
    #[inline(always)]
    #[track_caller]
    unsafe fn stage<const R: usize>(self, d: &Accumulator<R>) {
        let own = self.own();
        let place = self.outgoing().byte_add::<Words4>(0).add(warp::lane_id());
        unroll!(a < 4 => {
            unroll!(b < 8 => {
                let chunk = 8 * a + b;
                if 4 * chunk < R && !own.has(chunk as u32) {
                    let i = 4 * chunk;
                    let words = [d.get(i), d.get(i + 1), d.get(i + 2), d.get(i + 3)].map(f32::to_bits);
                    // SAFETY: the memory is free, and each thread has its own 16 bytes of a piece.
                    unsafe { place.byte_add::<Words4>(chunk as u32 * PIECE_BYTES).write(Words4(words)) };
                }
            });
        });
        fence::proxy_async_shared();
        // SAFETY: the whole warp is here.
        unsafe { warp::sync_warp(warp::FULL_MASK) };
    }

    /// Sends what was staged, and says how much is to arrive.
    #[inline(always)]
    #[track_caller]
    unsafe fn send(self) {
        let Share { rank, blocks, .. } = self.share;
        let own = self.own().count();
        // SAFETY: one thread, once; the places that pieces are sent to are free, and nobody else sends to them.
        unsafe {
            if own > 0 {
                self.arrived
                    .arrive_expect_tx(own * (blocks - 1) * PIECE_BYTES);
            }
            let mut other = 1;
            while other < blocks {
                let to = divide(rank + other, blocks).1;
                let owned = self.owned_by(to);
                if owned.count() > 0 {
                    let block = self.share.block(to);
                    let place = self.incoming([rank, to], owned.count()).remote(block);
                    let from = self.outgoing().add(owned.begin * PIECE_BYTES);
                    let bytes = owned.count() * PIECE_BYTES;
                    bulk::copy_to_block(place, from, bytes, self.arrived.remote(block));
                }
                other += 1;
            }
        }
    }

    /// Adds what has arrived.
    #[inline(always)]
    #[track_caller]
    unsafe fn add<const R: usize>(self, d: &mut Accumulator<R>) {
        let (own, rank) = (self.own(), self.share.rank);
        let mut other = 0;
        // The places of the other blocks follow each other: the first is that of the lowest other rank.
        let lowest = (rank == 0) as u32;
        let mut place = self.incoming([lowest, rank], own.count());
        while other + 1 < self.share.blocks {
            let mut piece = place.byte_add::<Words4>(0).add(warp::lane_id());
            unroll!(a < 4 => {
                unroll!(b < 8 => {
                    let chunk = 8 * a + b;
                    if 4 * chunk < R && own.has(chunk as u32) {
                        // SAFETY: it has arrived, and each thread reads its own 16 bytes of it.
                        let Words4(words) = unsafe { piece.read() };
                        unroll!(i < 4 => {
                            d.set(4 * chunk + i, d.get(4 * chunk + i) + f32::from_bits(words[i]));
                        });
                        piece = piece.byte_add(PIECE_BYTES);
                    }
                });
            });
            place = place.add(own.count() * PIECE_BYTES);
            other += 1;
        }
    }
}
