//! Scales of blocks: a stage of FP8 is 128 elements of K, and so is a block.
//!
//! ```text
//! A   a scale for 128 elements of a row
//! B   a scale for 128 elements of a row (a column of C), or for 128 x 128
//!
//! C[i, j] = sum over s of  a_scales[i, s] * b_scales[j, s] * (A_s B_s^T)[i, j]
//! ```
//!
//! They come through [slots](super::slots) of shared memory. A thread has two rows of its part, and two columns in eight. Where
//! rows and columns are swapped, the engine's A is the product's B, whose rows may share scales.

use cuda_std::shared::Shared;
use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};

use super::held::Meanwhile;
use super::multiply::Consumer;
use super::promote::Factors;
use super::slots::{Slots, Wanted};
use super::sum::{Part, Sum};
use crate::gemm::scales::{BLOCK, Scales};
use crate::pack::Words2;

/// FP8 scaled by blocks; `EACH` row of B by itself, or 128 together.
#[derive(Clone, Copy)]
pub(super) struct BlockScaled<const EACH: bool> {
    pub a: Scales,
    pub b: Scales,
}

impl<const EACH: bool> Sum for BlockScaled<EACH> {
    const SCALED: bool = true;

    #[inline(always)]
    fn wanted(&self, [a_rows, b_rows]: [u32; 2]) -> Option<[Wanted; 2]> {
        let a = Wanted {
            scales: self.a,
            count: a_rows,
        };
        let b = Wanted {
            scales: self.b,
            count: if EACH { b_rows } else { 1 },
        };
        Some([a, b])
    }

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
        const {
            assert!(
                EACH || 2 * R as u32 <= BLOCK,
                "a tile has one column of 128 x 128 scales"
            )
        };
        // SAFETY: the caller's contract.
        unsafe {
            if EACH {
                consumer.promote::<A, B, Each, R, H, M>(d, part.k_steps, meanwhile)
            } else {
                consumer.promote::<A, B, Together, R, H, M>(d, part.k_steps, meanwhile)
            }
        }
    }
}

/// The factors of a thread's two rows; not an array, which LLVM would pack into a word as soon as both are loaded.
#[derive(Clone, Copy)]
pub(super) struct RowFactors {
    first: f32,
    second: f32,
}

impl RowFactors {
    /// Those of a stage.
    ///
    /// # Safety
    /// As [`Slots::rows`].
    #[inline(always)]
    #[track_caller]
    unsafe fn read<const STAGES: u32>(slots: Slots<STAGES>, stage: u32, row: u32) -> Self {
        // SAFETY: the caller's contract.
        let [first, second] = unsafe { slots.rows(stage, row) };
        Self { first, second }
    }

    /// Both.
    #[inline(always)]
    const fn both(&self) -> [f32; 2] {
        [self.first, self.second]
    }
}

/// One scale of B for all columns.
struct Together;

impl Factors for Together {
    const SCALED: bool = true;

    /// Factors of rows.
    type Stage = RowFactors;

    #[inline(always)]
    #[track_caller]
    unsafe fn read<const STAGES: u32>(
        slots: Slots<STAGES>,
        stage: u32,
        [row, _]: [u32; 2],
    ) -> RowFactors {
        // SAFETY: the caller's contract.
        unsafe {
            let tile = slots.columns(stage).byte_add::<f32>(0).read();
            let RowFactors { first, second } = RowFactors::read(slots, stage, row);
            RowFactors {
                first: first * tile,
                second: second * tile,
            }
        }
    }

    #[inline(always)]
    fn rows(stage: &RowFactors) -> [f32; 2] {
        stage.both()
    }

    #[inline(always)]
    unsafe fn columns(_: &RowFactors, _: usize) -> [f32; 2] {
        [1.0; 2]
    }
}

/// A scale of B for each column.
struct Each;

impl Factors for Each {
    const SCALED: bool = true;

    /// Factors of rows, and where those of columns `2q` and `2q + 1` are.
    type Stage = (RowFactors, Shared<Words2>);

    #[inline(always)]
    #[track_caller]
    unsafe fn read<const STAGES: u32>(
        slots: Slots<STAGES>,
        stage: u32,
        [row, pair]: [u32; 2],
    ) -> Self::Stage {
        // SAFETY: the caller's contract.
        let rows = unsafe { RowFactors::read(slots, stage, row) };
        (rows, slots.columns(stage).add(pair))
    }

    #[inline(always)]
    fn rows((rows, _): &Self::Stage) -> [f32; 2] {
        rows.both()
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn columns(&(_, columns): &Self::Stage, j: usize) -> [f32; 2] {
        // SAFETY: the caller's contract.
        let Words2(pair) = unsafe { columns.add(4 * j as u32).read() };
        pair.map(f32::from_bits)
    }
}
