//! A block of the engine: who does what.

use cuda_std::warp::FULL_MASK;
use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};
use cuda_std::{cluster, pdl, thread, tma, unroll, warp};

use super::consumer::{Turns, Warpgroup};
use super::held::{self, Between};
use super::load::{Operands, Producer};
use super::multiply::Consumer;
use super::neighbours::Neighbours;
use super::registers::{self, FEW_SUMS};
use super::result::{Corner, Place, Target};
use super::ring;
use super::share::Share;
use super::slots::Loader;
use super::split::Exchange;
use super::sum::{Part, Sum};
use super::tile::{ROW_BYTES, Tile, WARPGROUP_ROWS};
use super::work::Work;

/// A batch of matrix products.
pub(super) struct Gemm<C, S> {
    /// The engine's, as [`Target::sides`] says.
    pub operands: Operands,
    pub c: C,
    /// How products are summed.
    pub sum: S,
    /// Elements of K.
    pub k: u32,
    /// Products.
    pub matrices: u32,
    /// Whether the product's B may be read while grids before this one run: none of them writes it.
    pub b_early: bool,
}

impl<C, S> Gemm<C, S> {
    /// Elements of K in a stage.
    const fn elements<T>() -> u32 {
        ROW_BYTES / size_of::<T>() as u32
    }

    /// Stages of K.
    #[inline(always)]
    const fn stages<T>(&self) -> u32 {
        self.k.div_ceil(Self::elements::<T>())
    }
}

impl<const R: usize, const SHARING: u32, const STAGES: u32, const SPLIT: u32, const HALVES: usize>
    Tile<R, SHARING, STAGES, SPLIT, HALVES>
{
    /// Computes this block's tiles of a batch of products.
    ///
    /// # Safety
    /// - The [clusters](Tile#clusters) that the tile says, of blocks of [`Tile::THREADS`] threads with
    ///   [`Tile::SHARED_BYTES`] of dynamic shared memory ([`Tile::SCALED_SHARED_BYTES`] where stages have scales), which the
    ///   kernel's launch bounds allow.
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
        const { assert!(!S::SCALED || Self::HAS_SLOTS) };
        const { assert!(SPLIT == 1 || Self::holds(C::DEAL)) };
        const { assert!(size_of::<A>() == size_of::<B>()) };
        // SAFETY: the caller's contract.
        unsafe {
            // The same for all lanes of a warp, and ptxas is to know it.
            let warp = warp::warp_uniform(thread::thread_idx_x() / 32);
            Self::start(&gemm, warp);
            let work = Self::work::<A, C, S>(&gemm);
            if warp < 4 {
                registers::give::<R>();
                Self::load::<A, C, S>(&gemm, work, warp);
                if work.share.blocks > 1 {
                    cluster::sync();
                }
            } else {
                registers::take::<R>();
                Self::ready();
                Self::clear(&gemm, work);
                pdl::wait();
                let warp = warp - 4;
                if work.share.blocks > 1 && warp >= Self::SHARING_WARPS {
                    // There is one tile, which is the other consumer's.
                    cluster::sync();
                } else {
                    Self::consume::<A, B, C, S>(&gemm, work, warp);
                }
            }
            // A block's shared memory stays until its peers have stopped writing to it.
            if cluster::blocks() > 1 {
                Self::meet();
            }
        }
    }

    /// A barrier of the cluster that shows barriers which were made, and nothing else: to show what was written would
    /// be a fence of the GPU.
    ///
    /// # Safety
    /// All threads of the cluster execute this.
    #[inline(always)]
    #[track_caller]
    unsafe fn meet() {
        // SAFETY: the caller's contract.
        unsafe {
            cluster::arrive_relaxed();
            cluster::wait();
        }
    }

    /// Makes the ring, and the exchanges, for all blocks that use them, which are [ready](Self::ready) later: meanwhile there is
    /// something to work out. Lets the grids after this one be launched.
    #[inline(always)]
    #[track_caller]
    unsafe fn start<C: Target, S: Sum>(gemm: &Gemm<C, S>, warp: u32) {
        pdl::launch_dependents();
        // SAFETY: the caller's contract. The first warp has more to work out.
        unsafe {
            if warp == 1 && warp::elect(FULL_MASK) {
                tma::prefetch(gemm.operands.a);
                tma::prefetch(gemm.operands.b);
                gemm.c.prefetch();
                if SPLIT > 1 {
                    let mut warp = 0;
                    while warp < Self::SHARING_WARPS {
                        Self::exchange(warp, Share::ALL, C::DEAL).init();
                        warp += 1;
                    }
                }
                if S::SCALED {
                    Self::slots().init(4 * SHARING);
                }
                Self::ring().init(1, SHARING * Neighbours::new().loaders());
            }
            if cluster::blocks() > 1 {
                cluster::arrive_relaxed();
            }
        }
    }

    /// Waits until all that [`start`](Self::start) makes is made.
    ///
    /// # Safety
    /// All threads of the cluster execute this, once, after it.
    #[inline(always)]
    #[track_caller]
    unsafe fn ready() {
        // SAFETY: the caller's contract.
        unsafe {
            if cluster::blocks() > 1 {
                cluster::wait();
            } else {
                thread::sync_threads();
            }
        }
    }

    /// What there is to do.
    #[inline(always)]
    #[track_caller]
    fn work<T, C: Target, S>(gemm: &Gemm<C, S>) -> Work {
        let share = if SPLIT == 1 {
            Share::ALL
        } else {
            Share::of_cluster()
        };
        let stages = gemm.stages::<T>();
        Work::new(
            &gemm.c,
            gemm.matrices,
            [Self::BM, Self::BN],
            (stages, share),
        )
    }

    /// The part of the first warpgroup: of its warps the first loads operands, by an elected thread, and the second scales, if
    /// there are any.
    #[inline(always)]
    #[track_caller]
    unsafe fn load<T, C: Target, S: Sum>(gemm: &Gemm<C, S>, work: Work, warp: u32) {
        let mut tiles = work.tiles;
        let (mut producer, first) = (Self::producer(gemm, &work), tiles.advance());
        // SAFETY: the caller's contract; the whole warp is here.
        unsafe {
            Self::ready();
            if warp == 0 && warp::elect(FULL_MASK) {
                let elements = Gemm::<C, S>::elements::<T>();
                let mut next = first;
                if let (true, Some(tile)) = (R <= FEW_SUMS && gemm.b_early, first) {
                    pdl::of_constants(|| producer.early::<C>(tile, work.steps, elements));
                }
                // From here on memory is read that the grids before this one may write.
                pdl::wait();
                while let Some(tile) = next {
                    producer.tile::<C>(tile, work.steps, elements);
                    next = tiles.advance();
                }
            }
            if S::SCALED && warp == 1 {
                pdl::wait();
                Self::scale(gemm, work);
            }
        }
    }

    /// The producer, at the ring's first stage.
    #[inline(always)]
    #[track_caller]
    fn producer<C: Target, S>(gemm: &Gemm<C, S>, work: &Work) -> Producer<STAGES> {
        let layout = Self::LAYOUT.loaded(gemm.c.extents(), work.neighbours);
        Producer {
            operands: gemm.operands,
            ring: Self::ring(),
            place: ring::Place::START,
            layout,
            slices: [
                work.neighbours.of_a(layout.a_rows),
                work.neighbours.of_b(layout.b_rows),
            ],
            early: 0,
        }
    }

    /// What consumers do first: rows that nobody loads are zeros.
    #[inline(always)]
    #[track_caller]
    unsafe fn clear<C: Target, S>(gemm: &Gemm<C, S>, work: Work) {
        let loaded = Self::LAYOUT.loaded(gemm.c.extents(), work.neighbours);
        // SAFETY: the caller's contract: the threads after the first warpgroup are the consumers'.
        unsafe { Self::LAYOUT.clear(loaded, STAGES, thread::thread_idx_x() - 128) };
    }

    /// The part of the warp that loads scales.
    #[inline(always)]
    #[track_caller]
    unsafe fn scale<C: Target, S: Sum>(gemm: &Gemm<C, S>, work: Work) {
        let Some(wanted) = gemm.sum.wanted([Self::BM, Self::BN]) else {
            return;
        };
        let mut loader = Loader::new(Self::slots());
        let mut tiles = work.tiles;
        while let Some(tile) = tiles.advance() {
            // SAFETY: the caller's contract.
            unsafe { loader.part(wanted, work.part(tile)) };
        }
    }

    /// A consumer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn consume<A: Reads<KMajor>, B: Reads<KMajor>, C: Target, S: Sum>(
        gemm: &Gemm<C, S>,
        work: Work,
        warp: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let (consumer, thread) = (warp / 4, thread::thread_idx_x() % 128);
        let turns = Turns::of(consumer, SHARING);
        let warpgroup = Warpgroup { consumer, thread };
        let first = turns.part() * HALVES as u32;
        let at = [first, thread];
        let mut operands = Consumer::new(
            Self::ring(),
            Self::LAYOUT,
            work.neighbours,
            at,
            Self::slots(),
        );
        let exchange = Self::exchange(warp % Self::SHARING_WARPS, work.share, C::DEAL);
        let place = Place {
            warpgroup,
            slabs: Self::slabs(consumer),
            count: Self::SLABS,
            own: exchange.own(),
        };
        let [_, k_steps] = work.steps;
        let mut d = core::array::from_fn(|_| Accumulator::<R>::zero());
        let mut held = C::nothing();
        let mut tiles = work.tiles;
        let mut begins = turns.before() == 0;
        tiles.skip(turns.before());
        operands.skip(turns.before() * k_steps);
        while let Some(tile) = tiles.advance() {
            operands.relay = turns.relay(begins, tiles.is_done());
            begins = false;
            let mut part = work.part(tile);
            part.row += first * WARPGROUP_ROWS;
            let corner = [tile.matrix, part.row, part.column];
            let (sums, parts) = ((&mut d, &mut held), (part, corner, place));
            // SAFETY: the caller's contract.
            unsafe { Self::tile::<A, B, C, S>(gemm, &mut operands, sums, parts, exchange) };
            tiles.skip(turns.between());
            operands.skip(turns.between() * k_steps);
        }
        // SAFETY: the caller's contract.
        unsafe { Self::flush(gemm, &held, place) };
        place.wait();
    }

    /// Stores what is held of the last tile.
    #[inline(always)]
    #[track_caller]
    unsafe fn flush<C: Target, S: Sum>(gemm: &Gemm<C, S>, held: &C::Held, place: Place) {
        unroll!(part < const { Self::held::<C, S>() } => {
            // SAFETY: the caller's contract.
            unsafe { gemm.c.store_held::<R>(held, part, place) };
        });
    }

    /// Parts of a tile that are [held](super::held).
    const fn held<C: Target, S: Sum>() -> usize {
        held::parts::<C, S>(R, SHARING, HALVES)
    }

    /// Computes a part of a tile, and stores, or holds, what of it is the block's own.
    #[inline(always)]
    #[track_caller]
    unsafe fn tile<A: Reads<KMajor>, B: Reads<KMajor>, C: Target, S: Sum>(
        gemm: &Gemm<C, S>,
        operands: &mut Consumer<STAGES>,
        (d, held): (&mut [Accumulator<R>; HALVES], &mut C::Held),
        (part, corner, place): (Part, Corner, Place),
        exchange: Exchange,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let between = Between::<C, S, R, SHARING, HALVES> {
                gemm,
                held,
                corner,
                place,
            };
            let ahead = gemm
                .sum
                .part::<A, B, R, HALVES, STAGES, _>(operands, d, part, &between);
            if exchange.pieces.share.blocks > 1 {
                // All that loads and products did with the ring is done.
                cluster::sync();
                exchange.sum(&mut d[0]);
            }
            if Self::held::<C, S>() > 0 {
                *held = gemm.c.hold(&mut d[0], &ahead, corner, place);
                return;
            }
            gemm.c.store_halves(d, &ahead, corner, place);
        }
    }
}
