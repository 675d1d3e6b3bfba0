//! Scales of blocks: a stage of FP8 is 128 elements of K, and so is a block.
//!
//! ```text
//! A   a scale for 128 elements of a row
//! B   a scale for 128 elements of a row (a column of C), or for 128 x 128
//!
//! C[i, j] = sum over s of  a_scales[i, s] * b_scales[j, s] * (A_s B_s^T)[i, j]
//! ```
//!
//! A thread has two rows of its part, and loads their factors from global memory, a stage ahead; and that of one column, where
//! each has its own. Where rows and columns are swapped, the engine's A is the product's B, whose rows may share scales.

use cuda_std::wgmma::{Accumulator, InFlight, KMajor, Product, Reads};

use super::deal::{Dealer, Hand};
use super::multiply::Consumer;
use super::promote::Factors;
use super::sum::{Part, Sum};
use crate::gemm::scales::{BLOCK, Scales};

/// FP8 scaled by blocks; `EACH` row of B by itself, or 128 together.
#[derive(Clone, Copy)]
pub(super) struct BlockScaled<const EACH: bool> {
    pub a: Scales,
    /// Rows of A that share a scale.
    pub a_shared: u32,
    pub b: Scales,
}

impl<const EACH: bool> Sum for BlockScaled<EACH>
where
    Self: PartFactors,
{
    #[inline(always)]
    #[track_caller]
    unsafe fn part<A: Reads<KMajor>, B: Reads<KMajor>, const R: usize, const STAGES: u32>(
        &self,
        consumer: &mut Consumer<STAGES>,
        d: &mut Accumulator<R>,
        part: Part,
    ) where
        Accumulator<R>: Product<A, B>,
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        const {
            assert!(
                2 * R as u32 <= BLOCK,
                "a tile has one column of 128 x 128 scales"
            )
        };
        let factors = self.factors(&consumer.dealer, part);
        // SAFETY: the caller's contract.
        unsafe { consumer.promote::<A, B, _, R>(d, &factors, part.k_steps) }
    }
}

/// Where a thread's factors of a part come from.
trait PartFactors {
    type Of: Factors;
    fn factors(&self, dealer: &Dealer, part: Part) -> Self::Of;
}

/// The scales of a row, of which `shared` share one, from the part's first stage on.
#[inline(always)]
fn start(scales: Scales, row: u32, shared: u32, part: Part) -> *const f32 {
    let on = u64::from(part.first_step) * u64::from(scales.block_step);
    scales.row(row, shared).wrapping_add(on as usize)
}

/// The factors of a thread's two rows; not an array, which LLVM would pack into a word as soon as both are loaded.
#[derive(Clone, Copy)]
struct RowFactors {
    first: f32,
    second: f32,
}

/// The scales of a thread's two rows of A.
#[derive(Clone, Copy)]
struct Rows {
    scales: Scales,
    rows: [*const f32; 2],
}

impl Rows {
    #[inline(always)]
    fn of((scales, shared): (Scales, u32), thread: u32, part: Part) -> Self {
        let first = part.row + thread / 32 * 16 + thread % 32 / 4;
        let row = |row: u32| start(scales, row, shared, part);
        Self {
            scales,
            rows: [row(first), row(first + 8)],
        }
    }

    #[inline(always)]
    unsafe fn block(&self, step: u32) -> RowFactors {
        let [first, second] = self.rows;
        // SAFETY: the caller's contract.
        let (first, second) = unsafe {
            (
                self.scales.block(first, step),
                self.scales.block(second, step),
            )
        };
        RowFactors { first, second }
    }
}

/// One scale of B for all columns.
struct Together {
    a: Rows,
    b: Scales,
    tile: *const f32,
}

impl PartFactors for BlockScaled<false> {
    type Of = Together;

    #[inline(always)]
    fn factors(&self, dealer: &Dealer, part: Part) -> Together {
        Together {
            a: Rows::of((self.a, self.a_shared), dealer.thread(), part),
            b: self.b,
            tile: start(self.b, part.column, BLOCK, part),
        }
    }
}

impl Factors for Together {
    /// Factors of rows, and of all columns: multiplied when they are used, since that waits for them.
    type Loaded = (RowFactors, f32);
    /// Factors of rows.
    type Stage = RowFactors;

    #[inline(always)]
    unsafe fn load(&self, step: u32) -> Self::Loaded {
        // SAFETY: the caller's contract.
        unsafe { (self.a.block(step), self.b.block(self.tile, step)) }
    }

    #[inline(always)]
    unsafe fn deal(_: &mut Dealer, (rows, tile): Self::Loaded) -> RowFactors {
        RowFactors {
            first: rows.first * tile,
            second: rows.second * tile,
        }
    }

    #[inline(always)]
    unsafe fn quad(&RowFactors { first, second }: &RowFactors, _: usize) -> [f32; 4] {
        [first, first, second, second]
    }
}

/// A scale of B for each column, which one thread loads.
struct Each {
    a: Rows,
    b: Scales,
    column: *const f32,
}

impl PartFactors for BlockScaled<true> {
    type Of = Each;

    #[inline(always)]
    fn factors(&self, dealer: &Dealer, part: Part) -> Each {
        Each {
            a: Rows::of((self.a, self.a_shared), dealer.thread(), part),
            b: self.b,
            column: start(self.b, part.column + dealer.column(), 1, part),
        }
    }
}

impl Factors for Each {
    /// Factors of rows, and that of the column that this thread loads.
    type Loaded = (RowFactors, f32);
    /// Factors of rows, and those of columns that were dealt out.
    type Stage = (RowFactors, Hand);

    const ALTERNATES: bool = false;

    #[inline(always)]
    unsafe fn load(&self, step: u32) -> Self::Loaded {
        // SAFETY: the caller's contract.
        unsafe { (self.a.block(step), self.b.block(self.column, step)) }
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn deal(dealer: &mut Dealer, (rows, column): Self::Loaded) -> Self::Stage {
        // SAFETY: the caller's contract.
        (rows, unsafe { dealer.deal(column) })
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn quad(&(rows, columns): &Self::Stage, j: usize) -> [f32; 4] {
        let RowFactors { first, second } = rows;
        // SAFETY: the caller's contract.
        let [left, right] = unsafe { columns.pair(j) };
        [first * left, first * right, second * left, second * right]
    }
}
