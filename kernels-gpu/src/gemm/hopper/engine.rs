//! A block of the engine: who does what.

use cuda_std::tma::TensorMap;
use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};
use cuda_std::{cluster, registers, thread, tma, warp};

use super::load::{Operands, Producer};
use super::multiply::Consumer;
use super::ring::Place;
use super::schedule::{Grid, Schedule};
use super::store::{Output, Store};
use super::sum::{Part, Sum};
use super::tile::{ROW_BYTES, Tile, WARPGROUP_ROWS};
use crate::gemm::finish::Finish;

/// Registers of a producer's thread, once it gave the rest to the consumers.
const PRODUCER_REGISTERS: u32 = 40;
/// Registers of a thread of one of two consumers.
const CONSUMER_REGISTERS: u32 = 232;

/// A batch of matrix products.
pub(super) struct Gemm<O, S> {
    pub operands: Operands,
    /// C, matrix after matrix, in boxes of 64 rows by 128 bytes.
    pub c: *const TensorMap,
    /// How products are summed.
    pub sum: S,
    pub finish: Finish<O>,
    /// Elements of K.
    pub k: u32,
    /// Products.
    pub matrices: u32,
}

impl<O, S> Gemm<O, S> {
    /// Elements of K in a stage, and stages that K takes.
    #[inline(always)]
    fn steps<T>(&self) -> (u32, u32) {
        let elements = ROW_BYTES / size_of::<T>() as u32;
        (elements, self.k.div_ceil(elements))
    }
}

impl<const R: usize, const CONSUMERS: u32, const STAGES: u32, const CLUSTER: u32>
    Tile<R, CONSUMERS, STAGES, CLUSTER>
{
    /// Computes this block's tiles of a batch of products.
    ///
    /// # Safety
    /// - A grid of one dimension, of clusters of `CLUSTER` blocks of [`Tile::THREADS`] threads with
    ///   [`Tile::SHARED_BYTES`] of dynamic shared memory, which the kernel's launch bounds allow.
    /// - The maps are of A, B and C, in the boxes that [`Operands`] and [`Gemm`] say, swizzled by 128 bytes; K is
    ///   not zero. Nobody else uses C.
    #[inline(always)]
    pub(super) unsafe fn compute<A: Reads<KMajor>, B: Reads<KMajor>, O: Output, S: Sum>(
        gemm: Gemm<O, S>,
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
                    Self::produce::<A, O, S>(&gemm);
                }
            } else {
                registers::increase::<CONSUMER_REGISTERS>();
                Self::consume::<A, B, O, S>(&gemm, warpgroup - 1);
            }
            if CLUSTER > 1 {
                // A block's shared memory stays until its peer has stopped writing to it.
                cluster::sync();
            }
        }
    }

    /// Makes the ring, for all blocks that use it.
    #[inline(always)]
    #[track_caller]
    unsafe fn start<O, S>(gemm: &Gemm<O, S>) {
        // SAFETY: the caller's contract.
        unsafe {
            if thread::thread_idx_x() == 0 {
                tma::prefetch(gemm.operands.a);
                tma::prefetch(gemm.operands.b);
                tma::prefetch(gemm.c);
                Self::ring().init(CONSUMERS);
            }
            if CLUSTER == 1 {
                thread::sync_threads();
            } else {
                cluster::sync();
            }
        }
    }

    /// The tiles of this block's cluster, in units of a cluster's.
    #[inline(always)]
    #[track_caller]
    fn schedule<O, S>(gemm: &Gemm<O, S>) -> Schedule {
        Schedule::new::<CLUSTER>(Grid {
            matrices: gemm.matrices,
            rows: gemm.finish.rows.div_ceil(Self::BM * CLUSTER),
            columns: gemm.finish.columns.div_ceil(Self::BN),
        })
    }

    /// The block's rank in its cluster.
    #[inline(always)]
    #[track_caller]
    fn rank() -> u32 {
        if CLUSTER == 1 {
            0
        } else {
            cluster::block_rank()
        }
    }

    /// The producer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn produce<T, O, S>(gemm: &Gemm<O, S>) {
        let mut producer = Producer {
            operands: gemm.operands,
            ring: Self::ring(),
            place: Place::START,
            layout: Self::LAYOUT,
            rank: Self::rank(),
        };
        let (elements, steps) = gemm.steps::<T>();
        let mut tiles = Self::schedule(gemm);
        while let Some(tile) = tiles.advance() {
            // SAFETY: the caller's contract.
            unsafe { producer.tile(tile, steps, elements) };
        }
    }

    /// A consumer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn consume<A: Reads<KMajor>, B: Reads<KMajor>, O: Output, S: Sum>(
        gemm: &Gemm<O, S>,
        consumer: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let thread = thread::thread_idx_x() % 128;
        let mut operands = Consumer::new(Self::ring(), Self::LAYOUT, consumer, thread);
        let store = Store {
            map: gemm.c,
            finish: gemm.finish,
            slabs: Self::slabs(consumer),
            consumer,
            thread,
        };
        let (_, k_steps) = gemm.steps::<A>();
        let rank = Self::rank();
        let mut d = Accumulator::<R>::zero();
        let mut tiles = Self::schedule(gemm);
        while let Some(tile) = tiles.advance() {
            let row = (tile.row * CLUSTER + rank) * Self::BM + consumer * WARPGROUP_ROWS;
            let column = tile.column * Self::BN;
            let part = Part {
                row,
                column,
                k_steps,
            };
            // SAFETY: the caller's contract.
            unsafe {
                gemm.sum
                    .part::<A, B, R, STAGES, CLUSTER>(&mut operands, &mut d, part);
                store.accumulator(&d, [tile.matrix, row, column]);
            }
        }
        store.wait();
    }
}
