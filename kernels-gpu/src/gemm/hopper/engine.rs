//! A block of the engine: who does what.

use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};
use cuda_std::{cluster, registers, thread, tma, warp};

use super::consumer::{Turns, Warpgroup};
use super::load::{Operands, Producer};
use super::multiply::Consumer;
use super::result::{Place, Target};
use super::ring;
use super::schedule::{Grid, Schedule};
use super::split::Share;
use super::sum::{Part, Sum};
use super::tile::{CONSUMERS, ROW_BYTES, Tile, WARPGROUP_ROWS};

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

impl<const R: usize, const SHARING: u32, const STAGES: u32, const CLUSTER: u32, const SPLIT: u32>
    Tile<R, SHARING, STAGES, CLUSTER, SPLIT>
{
    /// Whether the blocks of a cluster compute tiles together.
    const TOGETHER: bool = CLUSTER * SPLIT > 1;

    /// Computes this block's tiles of a batch of products.
    ///
    /// # Safety
    /// - A grid of one dimension, of clusters of `CLUSTER` blocks of [`Tile::THREADS`] threads with
    ///   [`Tile::SHARED_BYTES`] of dynamic shared memory, which the kernel's launch bounds allow; where blocks may
    ///   share K, of clusters of a power of two up to `SPLIT`, of at most as many blocks as K has stages.
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
            } else {
                registers::increase::<CONSUMER_REGISTERS>();
                Self::consume::<A, B, C, S>(&gemm, warpgroup - 1);
            }
            if Self::TOGETHER {
                // A block's shared memory stays until its peers have stopped writing to it.
                cluster::sync();
            }
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
                    let mut consumer = 0;
                    while consumer < CONSUMERS {
                        Self::exchange(consumer, Self::share()).init();
                        consumer += 1;
                    }
                }
                Self::ring().init(SHARING);
            }
            if Self::TOGETHER {
                cluster::sync();
            } else {
                thread::sync_threads();
            }
        }
    }

    /// The tiles of this block, in units of its cluster's.
    #[inline(always)]
    #[track_caller]
    fn schedule<C: Target, S>(gemm: &Gemm<C, S>) -> Schedule {
        let [rows, columns] = gemm.c.extents();
        let grid = Grid {
            matrices: gemm.matrices,
            rows: rows.div_ceil(Self::BM * CLUSTER),
            columns: columns.div_ceil(Self::BN),
        };
        Schedule::new(grid, Self::TOGETHER)
    }

    /// The block's rank among those that share B.
    #[inline(always)]
    #[track_caller]
    fn rank() -> u32 {
        if CLUSTER == 1 {
            0
        } else {
            cluster::block_rank()
        }
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
        let mut producer = Producer {
            operands: gemm.operands,
            ring: Self::ring(),
            place: ring::Place::START,
            layout: Self::LAYOUT,
            rank: Self::rank(),
        };
        let steps = gemm.steps::<T>(Self::share());
        let mut tiles = Self::schedule(gemm);
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
        let mut operands = Consumer::new(Self::ring(), Self::LAYOUT, turns.part(), thread);
        let (warpgroup, share) = (Warpgroup { consumer, thread }, Self::share());
        let slabs = Self::slabs(consumer);
        let place = Place {
            warpgroup,
            slabs,
            count: Self::SLABS,
            share,
        };
        let mut exchange = Self::exchange(consumer, share);
        let [first_step, k_steps] = gemm.steps::<A>(share);
        let rank = Self::rank();
        let mut d = Accumulator::<R>::zero();
        let mut tiles = Self::schedule(gemm);
        let mut first = turns.before() == 0;
        tiles.skip(turns.before());
        operands.skip(turns.before() * k_steps);
        while let Some(tile) = tiles.advance() {
            operands.relay = turns.relay(first, tiles.is_done());
            first = false;
            let row = (tile.row * CLUSTER + rank) * Self::BM + turns.part() * WARPGROUP_ROWS;
            let column = tile.column * Self::BN;
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
                    .part::<A, B, R, STAGES, CLUSTER>(&mut operands, &mut d, part);
                if SPLIT > 1 {
                    exchange.sum(&mut d, warpgroup);
                }
                gemm.c.store(&d, &ahead, corner, place);
            }
            tiles.skip(turns.between());
            operands.skip(turns.between() * k_steps);
        }
        place.wait();
    }
}
