//! The consumers' main loop: a warpgroup multiplies its rows of A, 64 or twice as many, by all of B, stage by stage.

use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, Descriptor, InFlight, KMajor, Product, Reads, Swizzle};

use super::consumer::Relay;
use super::held::{MOST_PARTS, Meanwhile};
use super::neighbours::Neighbours;
use super::ring::{Place, Ring};
use super::slots::Slots;
use super::tile::{Layout, ROW_BYTES, WARP_ROWS, WARPGROUP_ROWS};

/// Bytes of K that one product takes.
const STEP_BYTES: u32 = 32;

/// A warpgroup's view of the ring, and where it stands.
pub(super) struct Consumer<const STAGES: u32> {
    ring: Ring<STAGES>,
    pub place: Place<STAGES>,
    /// Its rows of A in the first stage.
    a: Descriptor<KMajor>,
    /// All of B in the first stage.
    b: Descriptor<KMajor>,
    stage_bytes: u32,
    /// The block that the thread hands stages back to, if there is one for it.
    loader: Option<u32>,
    /// Where scales come from, if there are any.
    pub slots: Slots<STAGES>,
    /// The first of the thread's two rows of A in a tile, and half the first of its columns.
    pub row_and_pair: [u32; 2],
    /// How the ring comes and goes.
    pub relay: Relay,
}

impl<const STAGES: u32> Consumer<STAGES> {
    /// That of the `first` 64 of a tile's rows, and those after it that it computes.
    #[inline(always)]
    pub fn new(
        ring: Ring<STAGES>,
        layout: Layout,
        neighbours: Neighbours,
        [first, thread]: [u32; 2],
        slots: Slots<STAGES>,
    ) -> Self {
        let loader = match thread < neighbours.loaders() {
            true => Some(neighbours.loader(thread)),
            false => None,
        };
        let memory = layout.stage(0);
        let row = first * WARPGROUP_ROWS + thread / 32 * WARP_ROWS + thread % 32 / 4;
        let a = memory.add(first * WARPGROUP_ROWS * ROW_BYTES);
        Self {
            ring,
            place: Place::START,
            a: Descriptor::k_major(a, Swizzle::Bytes128),
            b: Descriptor::k_major(memory.add(layout.b_offset), Swizzle::Bytes128),
            stage_bytes: layout.stage_bytes,
            loader,
            slots,
            row_and_pair: [row, thread % 4],
            relay: Relay::NONE,
        }
    }

    /// Leaves out stages that are another consumer's.
    #[inline(always)]
    pub fn skip(&mut self, stages: u32) {
        self.place.skip(stages);
    }

    /// `d = A B^T` over `k_steps` stages, at least one; each of `d` is 64 rows. While the products of the first stages run, what
    /// there is to do meanwhile is done.
    ///
    /// One group of products is always under way: a stage is handed back when the next one's products have
    /// been issued.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this, with the same `k_steps`, once for each tile that the producer
    /// loads; the contract of [`Meanwhile`].
    #[inline(always)]
    #[track_caller]
    pub unsafe fn multiply<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        const R: usize,
        const H: usize,
        M: Meanwhile,
    >(
        &mut self,
        d: &mut [Accumulator<R>; H],
        k_steps: u32,
        meanwhile: &M,
    ) -> M::Ahead
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        const { assert!(M::PARTS <= MOST_PARTS) };
        let (mut last, mut k) = (0, 0);
        // SAFETY: the warpgroup is whole, and a stage is full until it is released.
        unsafe {
            let loaded = match M::PARTS {
                0 => Some(meanwhile.ahead()),
                _ => None,
            };
            self.relay.wait();
            unroll!(part < M::PARTS => {
                let runs = k < k_steps;
                let stage = if runs { self.begin::<A, B, R, H>(d, part > 0) } else { last };
                meanwhile.store(part);
                if runs {
                    self.settle(part > 0, last);
                    (last, k) = (stage, k + 1);
                }
            });
            let ahead = match loaded {
                Some(ahead) => ahead,
                None => meanwhile.ahead(),
            };
            while k < k_steps {
                let stage = self.begin::<A, B, R, H>(d, k > 0);
                self.settle(k > 0, last);
                (last, k) = (stage, k + 1);
            }
            self.relay.pass();
            wgmma::wait_group::<0>(d);
            self.release(last);
            ahead
        }
    }

    /// Waits for the products of all stages but the last begun, and hands back the one before that, if there is one.
    ///
    /// # Safety
    /// As [`Consumer::multiply`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn settle(&self, any: bool, before: u32) {
        // SAFETY: the caller's contract.
        unsafe {
            wgmma::wait_group::<1>(());
            if any {
                self.release(before);
            }
        }
    }

    /// Waits for the next stage and begins its products, a group: `d += A B^T`, or `d = A B^T` unless `adds`. Returns the
    /// stage's place in the ring, and goes on to the next.
    ///
    /// # Safety
    /// As [`Consumer::multiply`]; what is in `d` was settled, or left to products.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn begin<A: Reads<KMajor>, B: Reads<KMajor>, const R: usize, const H: usize>(
        &mut self,
        d: &mut [Accumulator<R>; H],
        adds: bool,
    ) -> u32
    where
        Accumulator<R>: Product<A, B>,
    {
        let stage = self.place.stage;
        // SAFETY: the warpgroup is whole, and the stage is full until it is released.
        unsafe {
            self.ring.wait_full(self.place);
            self.issue::<A, B, R, H>(d, stage, 0, adds);
        }
        self.place.advance();
        stage
    }

    /// Waits for the next stage, and begins no products of it. Returns its place in the ring, and goes on to the next.
    ///
    /// # Safety
    /// As [`Consumer::multiply`].
    #[inline(always)]
    #[track_caller]
    pub unsafe fn full(&mut self) -> u32 {
        let stage = self.place.stage;
        // SAFETY: the barriers were made.
        unsafe { self.ring.wait_full(self.place) };
        self.place.advance();
        stage
    }

    /// Begins a full stage's products, a group, of the rows from the `first` 64 of the consumer's on.
    ///
    /// # Safety
    /// As [`Consumer::begin`]; the stage is full, and not released.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn issue<A: Reads<KMajor>, B: Reads<KMajor>, const R: usize, const H: usize>(
        &self,
        d: &mut [Accumulator<R>; H],
        stage: u32,
        first: u32,
        adds: bool,
    ) where
        Accumulator<R>: Product<A, B>,
    {
        let on = stage * self.stage_bytes;
        // SAFETY: the caller's contract.
        unsafe {
            wgmma::fence();
            unroll!(step < 4 => {
                let on = on + step as u32 * STEP_BYTES;
                let (b, adds) = (self.b.advance(on), adds || step > 0);
                unroll!(half < 2 => {
                    if half < H {
                        let rows = (first + half as u32) * WARPGROUP_ROWS;
                        let a = self.a.advance(on + rows * ROW_BYTES);
                        d[half].mma::<A, B, _, _>(a, b, adds);
                    }
                });
            });
            wgmma::commit_group();
        }
    }

    /// Hands a stage back, whose products were waited for.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this, once a stage.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn release(&self, stage: u32) {
        if let Some(loader) = self.loader {
            // SAFETY: the caller's contract.
            unsafe { self.ring.release(stage, loader) };
        }
    }
}
