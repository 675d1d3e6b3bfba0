//! A block of the engine: who does what.

use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};
use cuda_std::{cluster, registers, thread, tma, warp};

use super::consumer::{Turns, Warpgroup};
use super::load::{Operands, Producer};
use super::multiply::Consumer;
use super::neighbours::Neighbours;
use super::result::{Place, Target};
use super::ring;
use super::schedule::{Grid, Schedule};
use super::split::Share;
use super::sum::{Part, Sum};
use super::tile::{ROW_BYTES, Tile, WARPGROUP_ROWS, WARPS};
use crate::divide::divide;

/// Registers of a producer's thread, once it gave the rest to the consumers.
const PRODUCER_REGISTERS: u32 = 40;
/// Registers of a thread of one of two consumers.
const CONSUMER_REGISTERS: u32 = 232;

/// A batch of matrix products.
pub(super) struct Gemm<C, S> {
    /// The engine's, as [`Target::operands`] says.
    pub operands: Operands,
    pub c: C,
    /// How products are summed.
    pub sum: S,
    /// Elements of K.
    pub k: u32,
    /// Products.
    pub matrices: u32,
}

impl<C, S> Gemm<C, S> {
    /// Elements of K in a stage.
    const fn elements<T>() -> u32 {
        ROW_BYTES / size_of::<T>() as u32
    }

    /// The first stage of K, and how many, of a block's share.
    #[inline(always)]
    fn steps<T>(&self, share: Share) -> [u32; 2] {
        share.stages(self.k.div_ceil(Self::elements::<T>()))
    }
}

impl<const R: usize, const SHARING: u32, const STAGES: u32, const SPLIT: u32>
    Tile<R, SHARING, STAGES, SPLIT>
{
    /// Computes this block's tiles of a batch of products.
    ///
    /// # Safety
    /// - The [clusters](Tile#clusters) that the tile says, of blocks of [`Tile::THREADS`] threads with
    ///   [`Tile::SHARED_BYTES`] of dynamic shared memory, which the kernel's launch bounds allow.
    /// - The maps are of A, B and C, in the boxes that [`Operands`] and the target say, swizzled by 128 bytes; K is
    ///   not zero. Nobody else uses C.
    #[inline(always)]
    pub(super) unsafe fn compute<A: Reads<KMajor>, B: Reads<KMajor>, C: Target, S: Sum>(
        gemm: Gemm<C, S>,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        const { Self::CHECKED };
        const { assert!(SPLIT == 1 || Self::holds(C::DEAL)) };
        const { assert!(size_of::<A>() == size_of::<B>()) };
        // SAFETY: the caller's contract.
        unsafe {
            Self::start(&gemm);
            // The same for all lanes of a warp, and ptxas is to know it.
            let warpgroup = warp::warp_uniform(thread::thread_idx_x() / 128);
            if warpgroup == 0 {
                registers::decrease::<PRODUCER_REGISTERS>();
                if thread::thread_idx_x() == 0 {
                    Self::produce::<A, C, S>(&gemm);
                }
                if Self::share().blocks > 1 {
                    cluster::sync();
                }
            } else {
                registers::increase::<CONSUMER_REGISTERS>();
                Self::consume::<A, B, C, S>(&gemm, warpgroup - 1);
            }
            // A block's shared memory stays until its peers have stopped writing to it.
            cluster::sync();
        }
    }

    /// Makes the ring, and the exchanges, for all blocks that use them.
    #[inline(always)]
    #[track_caller]
    unsafe fn start<C: Target, S>(gemm: &Gemm<C, S>) {
        // SAFETY: the caller's contract.
        unsafe {
            if thread::thread_idx_x() == 0 {
                tma::prefetch(gemm.operands.a);
                tma::prefetch(gemm.operands.b);
                tma::prefetch(gemm.c.map());
                if SPLIT > 1 {
                    let mut warp = 0;
                    while warp < WARPS {
                        Self::exchange(warp, Share::ALL, C::DEAL).init();
                        warp += 1;
                    }
                }
                Self::ring().init(SHARING, Neighbours::new().loaders());
            }
            cluster::sync();
        }
    }

    /// The tiles of this block, in units of its cluster's.
    #[inline(always)]
    #[track_caller]
    fn schedule<C: Target, S>(gemm: &Gemm<C, S>, neighbours: Neighbours) -> Schedule {
        let tiles =
            |extent: u32, of: u32, blocks: u32| divide(extent + of * blocks - 1, of * blocks).0;
        let [rows, columns] = gemm.c.extents();
        Schedule::new(Grid {
            matrices: gemm.matrices,
            rows: tiles(rows, Self::BM, neighbours.rows),
            columns: tiles(columns, Self::BN, neighbours.columns),
        })
    }

    /// The block's share of K.
    #[inline(always)]
    #[track_caller]
    fn share() -> Share {
        if SPLIT == 1 {
            Share::ALL
        } else {
            Share::of_cluster()
        }
    }

    /// The producer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn produce<T, C: Target, S>(gemm: &Gemm<C, S>) {
        let neighbours = Neighbours::new();
        let mut producer = Producer {
            operands: gemm.operands,
            ring: Self::ring(),
            place: ring::Place::START,
            layout: Self::LAYOUT,
            slices: [neighbours.of_a(Self::BM), neighbours.of_b(Self::BN)],
        };
        let steps = gemm.steps::<T>(Self::share());
        let mut tiles = Self::schedule(gemm, neighbours);
        while let Some(tile) = tiles.advance() {
            // SAFETY: the caller's contract.
            unsafe { producer.tile::<C>(tile, steps, Gemm::<C, S>::elements::<T>()) };
        }
    }

    /// A consumer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn consume<A: Reads<KMajor>, B: Reads<KMajor>, C: Target, S: Sum>(
        gemm: &Gemm<C, S>,
        consumer: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let thread = thread::thread_idx_x() % 128;
        let turns = Turns::of(consumer, SHARING);
        let (warpgroup, share) = (Warpgroup { consumer, thread }, Self::share());
        let (neighbours, dealer) = (Neighbours::new(), Self::dealer(warpgroup));
        let mut operands = Consumer::new(
            Self::ring(),
            Self::LAYOUT,
            turns.part(),
            (neighbours, dealer),
        );
        // SAFETY: the warp is whole. Known to be the same in all lanes, what it owns is no branch that they may part at, after
        // which ptxas would compute descriptors lane by lane.
        let warp = unsafe { warp::warp_uniform(4 * consumer + thread / 32) };
        let exchange = Self::exchange(warp, share, C::DEAL);
        let place = Place {
            warpgroup,
            slabs: Self::slabs(consumer),
            count: Self::SLABS,
            own: exchange.own(),
        };
        let [first_step, k_steps] = gemm.steps::<A>(share);
        let mut d = Accumulator::<R>::zero();
        let mut tiles = Self::schedule(gemm, neighbours);
        let mut first = turns.before() == 0;
        tiles.skip(turns.before());
        operands.skip(turns.before() * k_steps);
        while let Some(tile) = tiles.advance() {
            operands.relay = turns.relay(first, tiles.is_done());
            first = false;
            let row = tile.row * neighbours.rows + neighbours.row;
            let row = row * Self::BM + turns.part() * WARPGROUP_ROWS;
            let column = (tile.column * neighbours.columns + neighbours.column) * Self::BN;
            let part = Part {
                row,
                column,
                first_step,
                k_steps,
            };
            let corner = [tile.matrix, row, column];
            // SAFETY: the caller's contract.
            unsafe {
                let ahead = gemm.c.ahead::<R>(thread, corner);
                gemm.sum
                    .part::<A, B, R, STAGES>(&mut operands, &mut d, part);
                if share.blocks > 1 {
                    // All that loads and products did with the ring is done.
                    cluster::sync();
                    exchange.sum(&mut d);
                }
                gemm.c.store(&d, &ahead, corner, place);
            }
            tiles.skip(turns.between());
            operands.skip(turns.between() * k_steps);
        }
        place.wait();
    }
}
