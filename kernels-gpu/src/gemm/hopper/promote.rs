//! A main loop that leaves the tensor cores after every stage: what a stage's products sum up to is scaled and
//! added to an `f32` total by ordinary arithmetic.
//!
//! ```text
//! partial = A_s B_s^T            four products, the first of which begins anew
//! d       = fma(partial, factor_s, d)
//! ```
//!
//! FP8 products keep some 14 bits of their sum in the tensor cores, so that errors grow with K; here they
//! grow over 128 elements at most. Factors that differ from stage to stage are what block scales are. While one
//! consumer adds, the other's products run.

use cuda_std::float::fma;
use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, InFlight, KMajor, Product, Reads};

use super::multiply::Consumer;

/// The factors of a tile, for one thread.
pub(super) trait Factors {
    /// Those of a stage, as they were loaded.
    type Stage: Copy;

    /// Loads those of a stage, while the products of the one before run.
    ///
    /// # Safety
    /// The tile and the stage are the product's, and its scales are readable.
    unsafe fn load(&self, step: u32) -> Self::Stage;

    /// Those of registers `4j .. 4j + 4` (two columns of a row, and of the eighth row below), of a constant `j`.
    ///
    /// # Safety
    /// All lanes of the warp execute this.
    unsafe fn quad(stage: &Self::Stage, j: usize) -> [f32; 4];
}

/// All factors are 1.
#[derive(Clone, Copy)]
pub(super) struct Unscaled;

impl Factors for Unscaled {
    type Stage = ();

    #[inline(always)]
    unsafe fn load(&self, _: u32) {}

    #[inline(always)]
    unsafe fn quad((): &(), _: usize) -> [f32; 4] {
        [1.0; 4]
    }
}

impl<const STAGES: u32, const CLUSTER: u32> Consumer<STAGES, CLUSTER> {
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
        *d = Accumulator::zero();
        let mut partial = Accumulator::zero();
        // SAFETY: there is a first stage, and the warpgroup is whole.
        let mut next = unsafe {
            let first = factors.load(0);
            self.relay.wait();
            first
        };
        let mut k = 0;
        while k < k_steps {
            let scale = next;
            k += 1;
            // SAFETY: the caller's contract; after the last stage its own factors are loaded again.
            unsafe {
                let stage = self.begin::<A, B, R>(&mut partial, false);
                if k == k_steps {
                    self.relay.pass();
                }
                next = factors.load(k.min(k_steps - 1));
                wgmma::wait_group::<0>(&mut partial);
                self.release(stage);
                add::<F, R>(d, &partial, &scale);
            }
        }
    }
}

/// `d += partial * factors`.
///
/// # Safety
/// All lanes of the warp execute this; the products of `partial` were waited for.
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
