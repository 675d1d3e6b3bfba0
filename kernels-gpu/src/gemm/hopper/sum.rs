//! How the products of a tile become one sum: the choice between the main loops.
//!
//! | sum | loop | for |
//! |---|---|---|
//! | [`Fast`] | `multiply`: the tensor cores add over all of K | bf16, f16; FP8 where their precision does |
//! | [`Promoted`] | `promote`: in `f32` over stages | FP8, more precisely |
//! | [`BlockScaled`](super::scales::BlockScaled) | `promote` with factors | FP8 with scales of blocks |

use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};

use super::held::Meanwhile;
use super::multiply::Consumer;
use super::promote::Unscaled;
use super::slots::Wanted;

/// The consumer's part of a tile.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// The row of C that its first row is.
    pub row: u32,
    /// The column of C that its first column is.
    pub column: u32,
    /// The first stage of K that is summed.
    pub first_step: u32,
    /// Stages that are summed, at least one.
    pub k_steps: u32,
}

/// A way to sum.
pub(super) trait Sum: Copy {
    /// Whether stages have scales, which come through [slots](super::slots).
    const SCALED: bool = false;

    /// Whether it leaves registers for [what is held](super::held) of a tile.
    const HOLDS: bool = false;

    /// The scales that a tile of so many rows of A and of B wants.
    #[inline(always)]
    fn wanted(&self, _rows: [u32; 2]) -> Option<[Wanted; 2]> {
        None
    }

    /// `d` becomes the sums of a part, 64 rows each, and something is done meanwhile.
    ///
    /// # Safety
    /// As [`Consumer::multiply`]; what the sum itself points to is readable.
    unsafe fn part<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        const R: usize,
        const H: usize,
        const STAGES: u32,
        M: Meanwhile,
    >(
        &self,
        consumer: &mut Consumer<STAGES>,
        d: &mut [Accumulator<R>; H],
        part: Part,
        meanwhile: &M,
    ) -> M::Ahead
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight;
}

/// In the tensor cores.
#[derive(Clone, Copy)]
pub(super) struct Fast;

impl Sum for Fast {
    const HOLDS: bool = true;

    #[inline(always)]
    #[track_caller]
    unsafe fn part<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        const R: usize,
        const H: usize,
        const STAGES: u32,
        M: Meanwhile,
    >(
        &self,
        consumer: &mut Consumer<STAGES>,
        d: &mut [Accumulator<R>; H],
        part: Part,
        meanwhile: &M,
    ) -> M::Ahead
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe { consumer.multiply::<A, B, R, H, M>(d, part.k_steps, meanwhile) }
    }
}

/// In `f32`, stage by stage.
#[derive(Clone, Copy)]
pub(super) struct Promoted;

impl Sum for Promoted {
    #[inline(always)]
    #[track_caller]
    unsafe fn part<
        A: Reads<KMajor>,
        B: Reads<KMajor>,
        const R: usize,
        const H: usize,
        const STAGES: u32,
        M: Meanwhile,
    >(
        &self,
        consumer: &mut Consumer<STAGES>,
        d: &mut [Accumulator<R>; H],
        part: Part,
        meanwhile: &M,
    ) -> M::Ahead
    where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        // SAFETY: the caller's contract.
        unsafe { consumer.promote::<A, B, Unscaled, R, H, M>(d, part.k_steps, meanwhile) }
    }
}
