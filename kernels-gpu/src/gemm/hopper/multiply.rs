//! The consumers' main loop: a warpgroup multiplies its rows of A, 64 or twice as many, by all of B, stage by stage.

use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, Descriptor, InFlight, KMajor, Product, Reads, Swizzle};

use super::consumer::Relay;
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
    /// The consumer of this number.
    #[inline(always)]
    pub fn new(
        ring: Ring<STAGES>,
        layout: Layout,
        neighbours: Neighbours,
        [part, thread]: [u32; 2],
        slots: Slots<STAGES>,
    ) -> Self {
        let loader = match thread < neighbours.loaders() {
            true => Some(neighbours.loader(thread)),
            false => None,
        };
        let first = layout.stage(0);
        let row = part * WARPGROUP_ROWS + thread / 32 * WARP_ROWS + thread % 32 / 4;
        let a = first.add(part * WARPGROUP_ROWS * ROW_BYTES);
        Self {
            ring,
            place: Place::START,
            a: Descriptor::k_major(a, Swizzle::Bytes128),
            b: Descriptor::k_major(first.add(layout.b_offset), Swizzle::Bytes128),
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

    /// `d = A B^T` over `k_steps` stages, at least one; each of `d` is 64 rows.
    ///
    /// One group of products is always under way: a stage is handed back when the next one's products have
    /// been issued.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this, with the same `k_steps`, once for each tile that the producer
    /// loads.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn multiply<A: Reads<KMajor>, B: Reads<KMajor>, const R: usize, const H: usize>(
        &mut self,
        d: &mut [Accumulator<R>; H],
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the warpgroup is whole.
        unsafe { self.relay.wait() };
        let (mut last, mut k) = (0, 0);
        while k < k_steps {
            // SAFETY: the warpgroup is whole, and the stage is full until it is released.
            unsafe {
                let stage = self.begin::<A, B, R, H>(d, k > 0);
                wgmma::wait_group::<1>(());
                if k > 0 {
                    self.release(last);
                }
                last = stage;
            }
            k += 1;
        }
        // SAFETY: as above.
        unsafe {
            self.relay.pass();
            wgmma::wait_group::<0>(d);
            self.release(last);
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
        let on = stage * self.stage_bytes;
        // SAFETY: the warpgroup is whole, and the stage is full until it is released.
        unsafe {
            self.ring.wait_full(self.place);
            wgmma::fence();
            unroll!(step < 4 => {
                let on = on + step as u32 * STEP_BYTES;
                let (b, adds) = (self.b.advance(on), adds || step > 0);
                unroll!(half < 2 => {
                    if half < H {
                        let a = self.a.advance(on + half as u32 * WARPGROUP_ROWS * ROW_BYTES);
                        d[half].mma::<A, B, _, _>(a, b, adds);
                    }
                });
            });
            wgmma::commit_group();
        }
        self.place.advance();
        stage
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
