//! [Promotion](super::promote) by one partial sum alone, where there are no registers for two: while a consumer adds it, the
//! tensor cores compute the other's products.
//!
//! ```text
//! partial = A_0 B_0^T         d = fma(partial, factor_0, d)
//!                             partial = A_1 B_1^T         d = fma(partial, factor_1, d)
//! the other consumer's:       partial = A_0 B_0^T         d = fma(partial, factor_0, d)    ..
//! ```

use cuda_std::wgmma::{self, Accumulator, InFlight, KMajor, Product, Reads};

use super::multiply::Consumer;
use super::promote::{Factors, add};
use super::tile::WARPGROUP_ROWS;

impl<const STAGES: u32> Consumer<STAGES> {
    /// [`promote`](Self::promote) of 64 rows or of twice as many, by one partial sum of 64 for all.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part; `d` is zero.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn promote_alone<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        F: Factors,
        const R: usize,
        const H: usize,
    >(
        &mut self,
        d: &mut [Accumulator<R>; H],
        k_steps: u32,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        const { assert!(H == 1 || H == 2) };
        let mut partial = Accumulator::zero();
        // SAFETY: the caller's contract; there is a first stage.
        unsafe {
            let mut at = self.ready::<F>();
            let mut k = 1;
            while k < k_steps {
                at = self.add_stage::<A, B, F, R, H, false>(d, &mut partial, at);
                k += 1;
            }
            self.add_stage::<A, B, F, R, H, true>(d, &mut partial, at);
        }
    }

    /// Adds a stage, of which the factors of the first 64 rows are given. Returns the next, unless it is the last.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part; the stage is full.
    #[inline(always)]
    #[track_caller]
    unsafe fn add_stage<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        F: Factors,
        const R: usize,
        const H: usize,
        const LAST: bool,
    >(
        &mut self,
        d: &mut [Accumulator<R>; H],
        partial: &mut Accumulator<R>,
        (stage, mut factors): (u32, F::Stage),
    ) -> (u32, F::Stage)
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe {
            self.issue::<A, B, R, 1>(core::array::from_mut(partial), stage, 0, false);
            if H > 1 {
                wgmma::wait_group::<0>(&mut *partial);
                let lower = self.factors::<F>(stage, WARPGROUP_ROWS);
                add::<F, R>(&mut d[0], partial, &factors);
                wgmma::pin(&mut d[0]);
                self.issue::<A, B, R, 1>(core::array::from_mut(partial), stage, 1, false);
                factors = lower;
            }
            let next = if LAST {
                (stage, factors)
            } else {
                self.ready::<F>()
            };
            wgmma::wait_group::<0>(&mut *partial);
            self.release(stage);
            add::<F, R>(&mut d[H - 1], partial, &factors);
            if F::SCALED {
                self.slots.release(stage);
            }
            wgmma::pin(&mut d[H - 1]);
            next
        }
    }

    /// Waits for the next stage and its scales. Returns its place in the ring, and the factors of the consumer's first rows.
    ///
    /// # Safety
    /// As [`Consumer::promote`], of which this is a part.
    #[inline(always)]
    #[track_caller]
    unsafe fn ready<F: Factors>(&mut self) -> (u32, F::Stage) {
        // SAFETY: the caller's contract.
        unsafe {
            if F::SCALED {
                self.slots.wait(self.place);
            }
            let stage = self.full();
            (stage, self.factors::<F>(stage, 0))
        }
    }
}
