//! What happens between the stages of a tile: nothing, or what the stages of a block summed up to is scaled and added
//! to a total, as `hopper::promote` does on Hopper.

use cuda_std::float::fma;
use cuda_std::unroll;

use super::layout::BLOCK_K;
use super::scales::{BLOCK, Scales};
use super::tile::Accumulators;

/// Stages of a block.
const STEPS: u32 = BLOCK / BLOCK_K;

/// What happens to a tile's sums.
pub(super) trait Fold<const MT: usize, const NT: usize> {
    /// After stage `step`.
    ///
    /// # Safety
    /// What this points to is readable.
    unsafe fn after(&mut self, step: u32, sums: &mut Accumulators<MT, NT>);

    /// After all stages, of which there were `steps`.
    ///
    /// # Safety
    /// As [`after`](Self::after).
    unsafe fn end(&mut self, steps: u32, sums: &mut Accumulators<MT, NT>);
}

/// Nothing.
#[derive(Clone, Copy)]
pub(super) struct Whole;

impl<const MT: usize, const NT: usize> Fold<MT, NT> for Whole {
    #[inline(always)]
    unsafe fn after(&mut self, _: u32, _: &mut Accumulators<MT, NT>) {}

    #[inline(always)]
    unsafe fn end(&mut self, _: u32, _: &mut Accumulators<MT, NT>) {}
}

/// Blocks have scales.
pub(super) struct Blocks<const MT: usize, const NT: usize> {
    pub a: Scales,
    pub b: Scales,
    /// The row and column of C of the thread's first sum.
    pub own: [u32; 2],
    /// Zero, to begin with.
    pub totals: Accumulators<MT, NT>,
}

impl<const MT: usize, const NT: usize> Blocks<MT, NT> {
    /// The block's sums go into the total.
    #[inline(always)]
    unsafe fn fold(&mut self, block: u32, sums: &mut Accumulators<MT, NT>) {
        let [row, column] = self.own;
        unroll!(mt < MT => {
            unroll!(nt < NT => {
                unroll!(i < 4 => {
                    let row = self.a.row(row + 16 * mt as u32 + 8 * (i as u32 / 2));
                    let column = self.b.row(column + 8 * nt as u32 + i as u32 % 2);
                    // SAFETY: the caller's contract.
                    let factor = unsafe { self.a.block(row, block) * self.b.block(column, block) };
                    self.totals[mt][nt][i] = fma(sums[mt][nt][i], factor, self.totals[mt][nt][i]);
                    sums[mt][nt][i] = 0.0;
                });
            });
        });
    }
}

impl<const MT: usize, const NT: usize> Fold<MT, NT> for Blocks<MT, NT> {
    #[inline(always)]
    unsafe fn after(&mut self, step: u32, sums: &mut Accumulators<MT, NT>) {
        if step % STEPS == STEPS - 1 {
            // SAFETY: the caller's contract.
            unsafe { self.fold(step / STEPS, sums) };
        }
    }

    #[inline(always)]
    unsafe fn end(&mut self, steps: u32, sums: &mut Accumulators<MT, NT>) {
        if !steps.is_multiple_of(STEPS) {
            // SAFETY: the caller's contract.
            unsafe { self.fold(steps / STEPS, sums) };
        }
        *sums = self.totals;
    }
}
