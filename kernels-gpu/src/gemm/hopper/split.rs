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
use cuda_std::{bulk, fence, unroll, warp};

use super::share::{Owned, PIECE_BYTES, Pieces, Share};
use crate::pack::Words4;

/// A warp's exchange with those of the same number in the other blocks.
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    /// Whose pieces are whose, and where they lie.
    pub pieces: Pieces,
    /// Memory of [`Pieces::exchange_bytes`], at the same place in every block.
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
        self.pieces.owned_by(self.pieces.share.rank)
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

    /// Where the warp's chunks are sent from.
    #[inline(always)]
    fn outgoing(self) -> Shared<u8> {
        self.memory.add(self.pieces.outgoing())
    }

    /// Where [chunks arrive](Pieces::incoming) in the memory of any block.
    #[inline(always)]
    fn incoming(self, from_to: [u32; 2], count: u32) -> Shared<u8> {
        self.memory.add(self.pieces.incoming(from_to, count))
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
        let Share { rank, blocks, .. } = self.pieces.share;
        let own = self.own().count();
        // SAFETY: one thread, once; the places that pieces are sent to are free, and nobody else sends to them.
        unsafe {
            if own > 0 {
                self.arrived
                    .arrive_expect_tx(own * (blocks - 1) * PIECE_BYTES);
            }
            let mut other = 1;
            while other < blocks {
                let to = self.pieces.share.after(other);
                let owned = self.pieces.owned_by(to);
                if owned.count() > 0 {
                    let block = self.pieces.share.block(to);
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
        let (own, rank) = (self.own(), self.pieces.share.rank);
        let mut other = 0;
        // The places of the other blocks follow each other: the first is that of the lowest other rank.
        let lowest = (rank == 0) as u32;
        let mut place = self.incoming([lowest, rank], own.count());
        while other + 1 < self.pieces.share.blocks {
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
