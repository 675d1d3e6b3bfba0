//! Which block has what, where several share a tile's K: stages of K to sum, pieces of the tile to own, and where pieces lie
//! that are exchanged.
//!
//! ```text
//! memory   [ outgoing: of each warp all its chunks, but its own are left out ]
//!          [ incoming: of each warp, from each other block what this one owns, in the order of ranks ]
//! ```

use cuda_std::{cluster, thread};

use crate::divide::divide;

/// Columns of a chunk.
pub(super) const CHUNK: u32 = 8;

/// Bytes of a piece, a warp's part of a chunk: four registers of 32 threads.
pub(super) const PIECE_BYTES: u32 = 4 * 4 * 32;

/// How a tile is dealt out to the blocks that share K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deal {
    /// Warp by warp: rows of the tile stay whole.
    Warps,
    /// Chunk by chunk, in all warps the same: columns of the tile stay whole.
    Chunks,
}

/// What a block has of what is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owned {
    pub begin: u32,
    end: u32,
}

impl Owned {
    /// Whether a chunk is among them.
    #[inline(always)]
    pub const fn has(self, chunk: u32) -> bool {
        self.begin <= chunk && chunk < self.end
    }

    /// A number, or the last of them if it is beyond; there are some.
    #[inline(always)]
    pub const fn within(self, number: u32) -> u32 {
        if number < self.end {
            number
        } else {
            self.end - 1
        }
    }

    /// How many there are.
    #[inline(always)]
    pub const fn count(self) -> u32 {
        self.end - self.begin
    }
}

/// Something dealt out to blocks, in order, and as evenly as it goes: the first have one more. A division, so one is made for all
/// that is asked of it.
#[derive(Clone, Copy)]
struct Dealt {
    /// What every block has at least, and how many have more.
    each: u32,
    more: u32,
}

impl Dealt {
    #[inline(always)]
    fn new(all: u32, blocks: u32) -> Self {
        let (each, more) = divide(all, blocks);
        Self { each, more }
    }

    /// What the block of a rank has.
    #[inline(always)]
    fn to(self, rank: u32) -> Owned {
        let begin = rank * self.each + rank.min(self.more);
        let end = begin + self.each + (rank < self.more) as u32;
        Owned { begin, end }
    }

    /// What a block has at most.
    #[inline(always)]
    const fn most(self) -> u32 {
        self.each + (self.more > 0) as u32
    }
}

/// The part of K that a block sums.
#[derive(Clone, Copy)]
pub(super) struct Share {
    /// The block's rank among those that share K.
    pub rank: u32,
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
        let (rank, step) = (thread::block_idx_z(), cluster::dim_x() * cluster::dim_y());
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
        let Owned { begin, end } = Dealt::new(all, self.blocks).to(self.rank);
        [begin, end - begin]
    }

    /// The rank in the cluster of the block of a rank among those that share K.
    #[inline(always)]
    pub const fn block(self, rank: u32) -> u32 {
        self.first + rank * self.step
    }

    /// The rank that is so many after this one, after the last the first again.
    #[inline(always)]
    pub const fn after(self, ranks: u32) -> u32 {
        let rank = self.rank + ranks;
        if rank < self.blocks {
            rank
        } else {
            rank - self.blocks
        }
    }
}

/// A warp's pieces of a tile, and those of the same number in the other blocks.
#[derive(Clone, Copy)]
pub(super) struct Pieces {
    pub share: Share,
    deal: Deal,
    /// The warps before this one, or each warp's chunks.
    dealt: Dealt,
    /// The warp among the block's that compute, and how many these are.
    warp: u32,
    warps: u32,
    /// Chunks of a warp.
    chunks: u32,
}

impl Pieces {
    /// Those of a warp, of so many of so many chunks.
    #[inline(always)]
    pub fn new(share: Share, deal: Deal, [warp, warps]: [u32; 2], chunks: u32) -> Self {
        let all = match deal {
            Deal::Warps => warp,
            Deal::Chunks => chunks,
        };
        Self {
            share,
            deal,
            dealt: Dealt::new(all, share.blocks),
            warp,
            warps,
            chunks,
        }
    }

    /// Bytes of shared memory that the exchange of `warps` of `chunks` each takes, of at most `blocks` that share K.
    pub const fn exchange_bytes(deal: Deal, warps: u32, chunks: u32, blocks: u32) -> u32 {
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

    /// What the block of a rank owns of the warp's part of the tile.
    #[inline(always)]
    pub fn owned_by(self, rank: u32) -> Owned {
        match self.deal {
            Deal::Chunks => self.dealt.to(rank),
            Deal::Warps => {
                let owner = self.dealt.more;
                let end = if owner == rank { self.chunks } else { 0 };
                Owned { begin: 0, end }
            }
        }
    }

    /// Where in the block's memory the warp's chunks are sent from.
    #[inline(always)]
    pub const fn outgoing(self) -> u32 {
        self.warp * self.chunks * PIECE_BYTES
    }

    /// Where in the memory of the block of rank `to`, which owns `count` chunks of the warp, those of the block of rank `from`
    /// arrive.
    #[inline(always)]
    pub fn incoming(self, [from, to]: [u32; 2], count: u32) -> u32 {
        let Self {
            share,
            warp,
            warps,
            chunks,
            ..
        } = self;
        let (before, most) = match self.deal {
            Deal::Warps => (self.dealt.each, chunks),
            Deal::Chunks => (warp, self.dealt.most()),
        };
        let sender = from - (from > to) as u32;
        let pieces = warps * chunks + before * (share.blocks - 1) * most + sender * count;
        pieces * PIECE_BYTES
    }
}

#[cfg(test)]
mod tests {
    use core::ops::Range;

    use super::{Deal, PIECE_BYTES, Pieces, Share};

    fn share(rank: u32, blocks: u32) -> Share {
        Share {
            rank,
            blocks,
            ..Share::ALL
        }
    }

    /// The pieces of every warp of block 0, for each split, way to deal out, and size of tile.
    fn exchanges() -> impl Iterator<Item = Vec<Pieces>> {
        let splits =
            (2..=8).flat_map(|blocks| [Deal::Warps, Deal::Chunks].map(|deal| (blocks, deal)));
        let cases = splits.flat_map(|split| [4, 8].map(|warps| (split, warps)));
        let cases = cases.flat_map(|case| [1, 2, 4, 8, 12, 16, 18].map(|chunks| (case, chunks)));
        cases.map(|(((blocks, deal), warps), chunks)| {
            let pieces = |warp| Pieces::new(share(0, blocks), deal, [warp, warps], chunks);
            (0..warps).map(pieces).collect()
        })
    }

    /// Where pieces of a warp arrive in the memory of the block of a rank, from each of the others in order.
    fn arrivals(pieces: Pieces, to: u32) -> impl Iterator<Item = Range<u32>> {
        let count = pieces.owned_by(to).count();
        let others = (0..pieces.share.blocks).filter(move |from| *from != to && count > 0);
        others.map(move |from| {
            let begin = pieces.incoming([from, to], count);
            begin..begin + count * PIECE_BYTES
        })
    }

    #[test]
    fn every_stage_is_summed_once_and_in_order() {
        for (blocks, all) in (1..=8).flat_map(|blocks| (0..50).map(move |all| (blocks, all))) {
            let parts = (0..blocks).map(|rank| share(rank, blocks).stages(all));
            let dealt = parts
                .clone()
                .flat_map(|[first, count]| first..first + count);
            assert!(dealt.eq(0..all), "{all} stages of {blocks} blocks");
            for [_, count] in parts {
                assert!(count.abs_diff(all / blocks) <= 1, "{count} of {all}");
            }
        }
    }

    #[test]
    fn every_piece_has_one_owner() {
        for pieces in exchanges().flatten() {
            for chunk in 0..pieces.chunks {
                let owners = 0..pieces.share.blocks;
                let owners = owners.filter(|rank| pieces.owned_by(*rank).has(chunk));
                assert_eq!(owners.count(), 1, "chunk {chunk}");
            }
        }
    }

    #[test]
    fn places_do_not_overlap() {
        for warps in exchanges() {
            for to in 0..warps[0].share.blocks {
                let mut places: Vec<_> = warps.iter().flat_map(|p| arrivals(*p, to)).collect();
                places.extend(warps.iter().map(|pieces| {
                    let begin = pieces.outgoing();
                    begin..begin + pieces.chunks * PIECE_BYTES
                }));
                places.sort_unstable_by_key(|place| place.start);
                assert!(places.is_sorted_by(|a, b| a.end <= b.start), "{places:?}");
            }
        }
    }

    #[test]
    fn the_memory_is_as_much_as_the_largest_split_needs() {
        for warps in exchanges() {
            let (most, Pieces { deal, chunks, .. }) = (warps[0].share.blocks, warps[0]);
            let end = |blocks| {
                let pieces = warps.iter().map(move |of| {
                    Pieces::new(share(0, blocks), deal, [of.warp, of.warps], chunks)
                });
                let places = pieces.flat_map(|p| (0..blocks).flat_map(move |to| arrivals(p, to)));
                places.map(|place| place.end).max()
            };
            let bytes = Pieces::exchange_bytes(deal, warps.len() as u32, chunks, most);
            assert_eq!((2..=most).filter_map(end).max(), Some(bytes), "{deal:?}");
        }
    }

    #[test]
    fn arrivals_of_a_warp_follow_each_other() {
        for pieces in exchanges().flatten() {
            for to in 0..pieces.share.blocks {
                let places: Vec<_> = arrivals(pieces, to).collect();
                assert!(places.is_sorted_by(|a, b| a.end == b.start), "{places:?}");
            }
        }
    }
}
