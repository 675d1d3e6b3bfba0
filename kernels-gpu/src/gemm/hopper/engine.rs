//! A block of the engine: who does what.

use cuda_std::warp::FULL_MASK;
use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};
use cuda_std::{cluster, pdl, registers, thread, tma, unroll, warp};

use super::consumer::{Turns, Warpgroup};
use super::held::{self, Between};
use super::load::{Operands, Producer};
use super::multiply::Consumer;
use super::neighbours::Neighbours;
use super::result::{Corner, Place, Target};
use super::ring;
use super::schedule::{Grid, Schedule, TilePlace};
use super::share::Share;
use super::slots::Loader;
use super::split::Exchange;
use super::sum::{Part, Sum};
use super::tile::{ROW_BYTES, Tile, WARPGROUP_ROWS, WARPS};
use crate::divide::divide;

/// Registers of a producer's thread, once it gave the rest to the consumers.
const PRODUCER_REGISTERS: u32 = 40;
/// Registers of a thread of one of two consumers.
const CONSUMER_REGISTERS: u32 = 232;

/// Accumulator registers of a consumer that needs fewer of them all, at most.
const FEW_SUMS: usize = 32;
/// Registers of a producer's thread where consumers have few sums: one that loads scales of a share of K takes more than 40.
const FEW_PRODUCER_REGISTERS: u32 = 56;
/// Registers of a consumer's thread there.
const FEW_CONSUMER_REGISTERS: u32 = 224;

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

    /// The first stage of K, and how many, of a block's share.
    #[inline(always)]
    fn steps<T>(&self, share: Share) -> [u32; 2] {
        share.stages(self.k.div_ceil(Self::elements::<T>()))
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
            Self::start(&gemm);
            // The same for all lanes of a warp, and ptxas is to know it.
            let warp = warp::warp_uniform(thread::thread_idx_x() / 32);
            let early = match warp {
                0 => Self::early::<A, C, S>(&gemm),
                _ => 0,
            };
            // From here on memory is read that the grids before this one may write.
            pdl::begin();
            if warp < 4 {
                match R <= FEW_SUMS {
                    true => registers::decrease::<FEW_PRODUCER_REGISTERS>(),
                    false => registers::decrease::<PRODUCER_REGISTERS>(),
                }
                Self::load::<A, C, S>(&gemm, warp, early);
                if Self::share().blocks > 1 {
                    cluster::sync();
                }
            } else {
                match R <= FEW_SUMS {
                    true => registers::increase::<FEW_CONSUMER_REGISTERS>(),
                    false => registers::increase::<CONSUMER_REGISTERS>(),
                }
                Self::clear(&gemm);
                Self::consume::<A, B, C, S>(&gemm, warp - 4);
            }
            // A block's shared memory stays until its peers have stopped writing to it.
            if cluster::blocks() > 1 {
                Self::meet();
            }
        }
    }

    /// The part of a warp that loads: the first operands, by an elected thread, and the second scales, if there are any.
    #[inline(always)]
    #[track_caller]
    unsafe fn load<T, C: Target, S: Sum>(gemm: &Gemm<C, S>, warp: u32, early: u32) {
        // SAFETY: the caller's contract.
        unsafe {
            if warp == 0 && warp::elect(FULL_MASK) {
                Self::produce::<T, C, S>(gemm, early);
            }
            if S::SCALED && warp == 1 {
                Self::scale::<T, C, S>(gemm);
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

    /// Makes the ring, and the exchanges, for all blocks that use them.
    #[inline(always)]
    #[track_caller]
    unsafe fn start<C: Target, S: Sum>(gemm: &Gemm<C, S>) {
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
                if S::SCALED {
                    Self::slots().init(4 * SHARING);
                }
                Self::ring().init(1, SHARING * Neighbours::new().loaders());
            }
            if cluster::blocks() > 1 {
                Self::meet();
            } else {
                thread::sync_threads();
            }
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

    /// The producer, at the ring's first stage, the first `early` of which have the product's B.
    #[inline(always)]
    #[track_caller]
    fn producer<C: Target, S>(
        gemm: &Gemm<C, S>,
        neighbours: Neighbours,
        early: u32,
    ) -> Producer<STAGES> {
        let layout = Self::LAYOUT.loaded(gemm.c.extents(), neighbours);
        Producer {
            operands: gemm.operands,
            ring: Self::ring(),
            place: ring::Place::START,
            layout,
            slices: [
                neighbours.of_a(layout.a_rows),
                neighbours.of_b(layout.b_rows),
            ],
            early,
        }
    }

    /// What the warp that loads operands does before it waits for the grids before this one: where rows are few and B takes the
    /// time, its elected thread begins to load B for the first tile's stages, as many as there are. Returns how many to that
    /// thread.
    #[inline(always)]
    #[track_caller]
    unsafe fn early<T, C: Target, S>(gemm: &Gemm<C, S>) -> u32 {
        // SAFETY: the whole warp executes this.
        if R > FEW_SUMS || !gemm.b_early || !unsafe { warp::elect(FULL_MASK) } {
            return 0;
        }
        let neighbours = Neighbours::new();
        let mut producer = Self::producer(gemm, neighbours, 0);
        let steps = gemm.steps::<T>(Self::share());
        match Self::schedule(gemm, neighbours).advance() {
            // SAFETY: the caller's contract.
            Some(tile) => unsafe {
                producer.early::<C>(tile, steps, Gemm::<C, S>::elements::<T>())
            },
            None => 0,
        }
    }

    /// The producer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn produce<T, C: Target, S>(gemm: &Gemm<C, S>, early: u32) {
        let neighbours = Neighbours::new();
        let mut producer = Self::producer(gemm, neighbours, early);
        let steps = gemm.steps::<T>(Self::share());
        let mut tiles = Self::schedule(gemm, neighbours);
        while let Some(tile) = tiles.advance() {
            // SAFETY: the caller's contract.
            unsafe { producer.tile::<C>(tile, steps, Gemm::<C, S>::elements::<T>()) };
        }
    }

    /// What consumers do first: rows that nobody loads are zeros.
    #[inline(always)]
    #[track_caller]
    unsafe fn clear<C: Target, S>(gemm: &Gemm<C, S>) {
        let loaded = Self::LAYOUT.loaded(gemm.c.extents(), Neighbours::new());
        // SAFETY: the caller's contract: the threads after the first warpgroup are the consumers'.
        unsafe { Self::LAYOUT.clear(loaded, STAGES, thread::thread_idx_x() - 128) };
    }

    /// The part of the warp that loads scales.
    #[inline(always)]
    #[track_caller]
    unsafe fn scale<T, C: Target, S: Sum>(gemm: &Gemm<C, S>) {
        let Some(wanted) = gemm.sum.wanted([Self::BM, Self::BN]) else {
            return;
        };
        let neighbours = Neighbours::new();
        let steps = gemm.steps::<T>(Self::share());
        let mut loader = Loader::new(Self::slots());
        let mut tiles = Self::schedule(gemm, neighbours);
        while let Some(tile) = tiles.advance() {
            // SAFETY: the caller's contract.
            unsafe { loader.part(wanted, Self::whole(tile, neighbours, steps)) };
        }
    }

    /// A consumer's part.
    #[inline(always)]
    #[track_caller]
    unsafe fn consume<A: Reads<KMajor>, B: Reads<KMajor>, C: Target, S: Sum>(
        gemm: &Gemm<C, S>,
        warp: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let (consumer, thread) = (warp / 4, thread::thread_idx_x() % 128);
        let turns = Turns::of(consumer, SHARING);
        let (warpgroup, share) = (Warpgroup { consumer, thread }, Self::share());
        let neighbours = Neighbours::new();
        let first = turns.part() * HALVES as u32;
        let at = [first, thread];
        let mut operands = Consumer::new(Self::ring(), Self::LAYOUT, neighbours, at, Self::slots());
        let exchange = Self::exchange(warp, share, C::DEAL);
        let place = Place {
            warpgroup,
            slabs: Self::slabs(consumer),
            count: Self::SLABS,
            own: exchange.own(),
        };
        let steps = gemm.steps::<A>(share);
        let [_, k_steps] = steps;
        let mut d = core::array::from_fn(|_| Accumulator::<R>::zero());
        let mut held = C::nothing();
        let mut tiles = Self::schedule(gemm, neighbours);
        let mut begins = turns.before() == 0;
        tiles.skip(turns.before());
        operands.skip(turns.before() * k_steps);
        while let Some(tile) = tiles.advance() {
            operands.relay = turns.relay(begins, tiles.is_done());
            begins = false;
            let mut part = Self::whole(tile, neighbours, steps);
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
        unroll!(part < 4 => {
            if part < Self::held::<C, S>() {
                // SAFETY: the caller's contract.
                unsafe { gemm.c.store_held::<R>(held, part, place) };
            }
        });
    }

    /// Parts of a tile that are [held](super::held).
    const fn held<C: Target, S: Sum>() -> usize {
        held::parts::<C, S>(R, SHARING, HALVES)
    }

    /// Which sums a tile is.
    #[inline(always)]
    fn whole(tile: TilePlace, neighbours: Neighbours, [first_step, k_steps]: [u32; 2]) -> Part {
        let row = tile.row * neighbours.rows + neighbours.row;
        let column = tile.column * neighbours.columns + neighbours.column;
        Part {
            row: row * Self::BM,
            column: column * Self::BN,
            first_step,
            k_steps,
        }
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
            gemm.c.store(&d[0], &ahead, corner, place);
            if HALVES > 1 {
                let [matrix, row, column] = corner;
                let corner = [matrix, row + WARPGROUP_ROWS, column];
                let ahead = gemm.c.ahead::<R>(place.warpgroup.thread, corner);
                gemm.c.store(&d[HALVES - 1], &ahead, corner, place);
            }
        }
    }
}
