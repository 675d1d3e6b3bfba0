//! A main loop that leaves the tensor cores after every stage: what a stage's products sum up to is scaled and
//! added to an `f32` total by ordinary arithmetic, while the next stage's products run.
//!
//! ```text
//! even = A_0 B_0^T            four products, the first of which begins anew
//! odd  = A_1 B_1^T            d = fma(even, factor_0, d)
//! even = A_2 B_2^T            d = fma(odd,  factor_1, d)
//! ..                          ..
//! ```
//!
//! Of more sums than 64 x 128 there are registers for one [partial sum alone](super::alone).
//!
//! FP8 products keep some 14 bits of their sum in the tensor cores, so that errors grow with K; here they
//! grow over 128 elements at most. Factors that differ from stage to stage are what block scales are.

use cuda_std::float::fma;
use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, InFlight, KMajor, Product, Reads};

use super::held::Meanwhile;
use super::multiply::Consumer;
use super::slots::Slots;

/// Columns of 64 rows at most whose partial sums take turns.
const MOST_IN_TURN: u32 = 128;

/// The factors of a stage, for one thread.
pub(super) trait Factors {
    /// Those of a stage, as they are multiplied by.
    type Stage: Copy;

    /// Whether they come through slots.
    const SCALED: bool;

    /// Those of a thread whose rows of A begin at `row` and whose columns at `2 pair`.
    ///
    /// # Safety
    /// The stage's scales were waited for, and its slot is released when the result is used no more.
    unsafe fn read<const STAGES: u32>(
        slots: Slots<STAGES>,
        stage: u32,
        row_and_pair: [u32; 2],
    ) -> Self::Stage;

    /// Those of the thread's two rows.
    fn rows(stage: &Self::Stage) -> [f32; 2];

    /// Those of its columns `8j` and `8j + 1`, counted from its first, of a constant `j`.
    ///
    /// # Safety
    /// The stage's slot was not released.
    unsafe fn columns(stage: &Self::Stage, j: usize) -> [f32; 2];
}

/// All factors are 1.
pub(super) struct Unscaled;

impl Factors for Unscaled {
    type Stage = ();

    const SCALED: bool = false;

    #[inline(always)]
    unsafe fn read<const STAGES: u32>(_: Slots<STAGES>, _: u32, _: [u32; 2]) {}

    #[inline(always)]
    fn rows((): &()) -> [f32; 2] {
        [1.0; 2]
    }

    #[inline(always)]
    unsafe fn columns((): &(), _: usize) -> [f32; 2] {
        [1.0; 2]
    }
}

impl<const STAGES: u32> Consumer<STAGES> {
    /// `d = sum over stages of factor * (A B^T)`, over `k_steps` stages, at least one; each of `d` is 64 rows. Returns
    /// what the tile needs besides.
    ///
    /// # Safety
    /// As [`Consumer::multiply`]; if there are factors, a warp loads their scales.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn promote<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        F: Factors,
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
        const { assert!(M::PARTS == 0) };
        *d = core::array::from_fn(|_| Accumulator::zero());
        // SAFETY: the caller's contract.
        unsafe {
            if H == 1 && 2 * R as u32 <= MOST_IN_TURN {
                let ahead = meanwhile.ahead();
                self.promote_in_turn::<A, B, F, R>(&mut d[0], k_steps);
                ahead
            } else {
                self.promote_alone::<A, B, F, R, H>(d, k_steps);
                // There are no registers for it before.
                meanwhile.ahead()
            }
        }
    }

    /// [`promote`](Self::promote) of 64 rows, by two partial sums in turn. The loop is two stages long, so that it is known
    /// which registers hold which.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part; `d` is zero.
    #[inline(always)]
    #[track_caller]
    unsafe fn promote_in_turn<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let (mut even, mut odd) = (Accumulator::zero(), Accumulator::zero());
        // SAFETY: the caller's contract; there is a first stage.
        unsafe {
            self.relay.wait();
            let mut last = self.launch::<A, B, F, R>(&mut even);
            let mut k = 1;
            while k + 1 < k_steps {
                last = self.step::<A, B, F, R>(d, [&mut even, &mut odd], last);
                last = self.step::<A, B, F, R>(d, [&mut odd, &mut even], last);
                k += 2;
            }
            if k < k_steps {
                last = self.step::<A, B, F, R>(d, [&mut even, &mut odd], last);
                self.relay.pass();
                self.add::<0, F, R>(d, &mut odd, last);
            } else {
                self.relay.pass();
                self.add::<0, F, R>(d, &mut even, last);
            }
        }
    }

    /// The factors of a stage, of the consumer's rows from `first` on.
    ///
    /// # Safety
    /// As [`Factors::read`].
    #[inline(always)]
    #[track_caller]
    pub unsafe fn factors<F: Factors>(&self, stage: u32, first: u32) -> F::Stage {
        let [row, pair] = self.row_and_pair;
        // SAFETY: the caller's contract.
        unsafe { F::read(self.slots, stage, [row + first, pair]) }
    }

    /// Begins the next stage in `next`, and adds the last, which is in `partial`.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn step<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        d: &mut Accumulator<R>,
        [partial, next]: [&mut Accumulator<R>; 2],
        last: u32,
    ) -> u32
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let begun = self.launch::<A, B, F, R>(next);
            self.add::<1, F, R>(d, partial, last);
            begun
        }
    }

    /// Begins the next stage in `partial`, and returns its place in the ring.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn launch<A: Reads<KMajor>, B: Reads<KMajor>, F: Factors, const R: usize>(
        &mut self,
        partial: &mut Accumulator<R>,
    ) -> u32
    where
        Accumulator<R>: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe {
            if F::SCALED {
                self.slots.wait(self.place);
            }
            self.begin::<A, B, R, 1>(core::array::from_mut(partial), false)
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
        stage: u32,
    ) where
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            let factors = self.factors::<F>(stage, 0);
            wgmma::wait_group::<LATER>(&mut *partial);
            self.release(stage);
            add::<F, R>(d, partial, &factors);
            if F::SCALED {
                self.slots.release(stage);
            }
            wgmma::pin(&mut *d);
        }
    }
}

/// `d += partial * factors`: registers `4j .. 4j + 4` are two columns of a row, and of the eighth row below. A product by the
/// column's factor takes the place of the sum itself, and no other register.
///
/// # Safety
/// The contract of [`Factors::columns`]; the products of `partial` were waited for.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn add<F: Factors, const R: usize>(
    d: &mut Accumulator<R>,
    partial: &Accumulator<R>,
    stage: &F::Stage,
) {
    let rows = F::rows(stage);
    unroll!(a < 4 => {
        unroll!(b < 8 => {
            let j = 8 * a + b;
            if 4 * j < R {
                // SAFETY: the caller's contract.
                let columns = unsafe { F::columns(stage, j) };
                unroll!(c < 4 => {
                    let i = 4 * j + c;
                    d.set(i, fma(partial.get(i) * columns[c % 2], rows[c / 2], d.get(i)));
                });
            }
        });
    });
}
