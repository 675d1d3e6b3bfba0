//! A main loop that leaves the tensor cores after every stage: what a stage's products sum up to is scaled and
//! added to an `f32` total by ordinary arithmetic, while the next stage's products run, where
//! registers are left for two partial sums.
//!
//! ```text
//! even = A_0 B_0^T            four products, the first of which begins anew
//! odd  = A_1 B_1^T            d = fma(even, factor_0, d)
//! even = A_2 B_2^T            d = fma(odd,  factor_1, d)
//! ..                          ..
//! ```
//!
//! FP8 products keep some 14 bits of their sum in the tensor cores, so that errors grow with K; here they
//! grow over 128 elements at most. Factors that differ from stage to stage are what block scales are.

use cuda_std::float::fma;
use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, InFlight, KMajor, Product, Reads};

use super::deal::Dealer;
use super::multiply::Consumer;
use super::tile::MOST_PROMOTED;

/// The factors of a tile, for one thread.
pub(super) trait Factors {
    /// Those of a stage, as the thread loads them.
    type Loaded: Copy;
    /// Those of a stage, as they are multiplied by.
    type Stage;

    /// Whether they leave registers for two partial sums.
    const ALTERNATES: bool = true;

    /// Loads those of a stage, while the products of the one before run.
    ///
    /// # Safety
    /// The tile and the stage are the product's, and its scales are readable.
    unsafe fn load(&self, step: u32) -> Self::Loaded;

    /// Deals those of a stage out to the threads that need them; they have them until the next but one are dealt out.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this together, stage by stage.
    unsafe fn deal(dealer: &mut Dealer, loaded: Self::Loaded) -> Self::Stage;

    /// Those of registers `4j .. 4j + 4` (two columns of a row, and of the eighth row below), of a constant `j`.
    ///
    /// # Safety
    /// The next but one were not dealt out.
    unsafe fn quad(stage: &Self::Stage, j: usize) -> [f32; 4];
}

/// All factors are 1.
#[derive(Clone, Copy)]
pub(super) struct Unscaled;

impl Factors for Unscaled {
    type Loaded = ();
    type Stage = ();

    #[inline(always)]
    unsafe fn load(&self, _: u32) {}

    #[inline(always)]
    unsafe fn deal(_: &mut Dealer, (): ()) {}

    #[inline(always)]
    unsafe fn quad((): &(), _: usize) -> [f32; 4] {
        [1.0; 4]
    }
}

/// A stage whose products are under way.
#[derive(Clone, Copy)]
struct Begun<L> {
    /// Its place in the ring.
    place: u32,
    factors: L,
}

impl<const STAGES: u32> Consumer<STAGES> {
    /// `d = sum over stages of factor * (A B^T)`, over `k_steps` stages.
    ///
    /// # Safety
    /// As [`Consumer::multiply`]; the factors' contract.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn promote<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        factors: &F,
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        const { assert!(2 * R as u32 <= MOST_PROMOTED) };
        *d = Accumulator::zero();
        // SAFETY: the caller's contract.
        unsafe {
            self.relay.wait();
            match F::ALTERNATES {
                true => self.alternate::<A, B, F, R>(d, factors, k_steps),
                false => self.repeat::<A, B, F, R>(d, factors, k_steps),
            }
        }
    }

    /// The sum by two partial ones in turn. The loop is two stages long, so that it is known which registers hold which.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn alternate<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        factors: &F,
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let (mut even, mut odd) = (Accumulator::zero(), Accumulator::zero());
        // SAFETY: the caller's contract; there is a first stage.
        unsafe {
            let mut last = self.launch::<A, B, F, R>(&mut even, factors, 0);
            let mut k = 1;
            while k + 1 < k_steps {
                last = self.step::<A, B, F, R>(d, [&mut even, &mut odd], last, factors, k);
                last = self.step::<A, B, F, R>(d, [&mut odd, &mut even], last, factors, k + 1);
                k += 2;
            }
            if k < k_steps {
                last = self.step::<A, B, F, R>(d, [&mut even, &mut odd], last, factors, k);
                self.relay.pass();
                self.add::<0, F, R>(d, &mut odd, last);
            } else {
                self.relay.pass();
                self.add::<0, F, R>(d, &mut even, last);
            }
        }
    }

    /// The sum by one partial one: while a consumer adds, the other's products run.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn repeat<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        factors: &F,
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let mut partial = Accumulator::zero();
        // SAFETY: the caller's contract; after the last stage its own factors are loaded again.
        unsafe {
            let mut next = factors.load(0);
            let mut k = 0;
            while k < k_steps {
                k += 1;
                let place = self.begin::<A, B, R>(&mut partial, false);
                if k == k_steps {
                    self.relay.pass();
                }
                let stage = Begun {
                    place,
                    factors: next,
                };
                next = factors.load(k.min(k_steps - 1));
                self.add::<0, F, R>(d, &mut partial, stage);
            }
        }
    }

    /// Begins stage `k` in `next`, and adds the last, which is in `partial`.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn step<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        [partial, next]: [&mut Accumulator<R>; 2],
        last: Begun<F::Loaded>,
        factors: &F,
        k: u32,
    ) -> Begun<F::Loaded>
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let begun = self.launch::<A, B, F, R>(next, factors, k);
            self.add::<1, F, R>(d, partial, last);
            begun
        }
    }

    /// Begins stage `k` in `partial`.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn launch<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        partial: &mut Accumulator<R>,
        factors: &F,
        k: u32,
    ) -> Begun<F::Loaded>
    where
        Accumulator<R>: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let factors = factors.load(k);
            let place = self.begin::<A, B, R>(partial, false);
            Begun { place, factors }
        }
    }

    /// `d += partial * factors`, when the stage is done that is in `partial`; `LATER` are under way besides.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn add<const LATER: u32, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        partial: &mut Accumulator<R>,
        stage: Begun<F::Loaded>,
    ) where
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let factors = F::deal(&mut self.dealer, stage.factors);
            wgmma::wait_group::<LATER>(&mut *partial);
            self.release(stage.place);
            add::<F, R>(d, partial, &factors);
            wgmma::pin(&mut *d);
        }
    }
}

/// `d += partial * factors`.
///
/// # Safety
/// The contract of [`Factors::quad`]; the products of `partial` were waited for.
#[inline(always)]
#[track_caller]
unsafe fn add<F: Factors, const R: usize>(
    d: &mut Accumulator<R>,
    partial: &Accumulator<R>,
    stage: &F::Stage,
) {
    unroll!(a < 4 => {
        unroll!(b < 8 => {
            let j = 8 * a + b;
            if 4 * j < R {
                // SAFETY: the caller's contract.
                let factors = unsafe { F::quad(stage, j) };
                unroll!(c < 4 => {
                    let i = 4 * j + c;
                    d.set(i, fma(partial.get(i), factors[c], d.get(i)));
                });
            }
        });
    });
}
