//! One output tile: a pipeline of asynchronous loads under a loop of `ldmatrix` and `mma`.
//!
//! ```text
//! stage s of K:   load(s + 2) | wait(s), barrier | ldmatrix + mma (s)
//! ```
//!
//! The barrier of stage s does two things: it shows everybody's loads of s to everybody, and it says that
//! everybody is done with s - 1, whose memory the loads of s + 2 then overwrite.

use cuda_std::cp_async;
use cuda_std::ldmatrix::ldmatrix_x4;
use cuda_std::mma::MmaElement;
use cuda_std::shared::{self, Shared};
use cuda_std::thread;
use cuda_std::unroll;

use super::chunk::Chunks;
use super::finish::Finish;
use super::fold::Fold;
use super::layout::{BLOCK_K, ROW_BYTES, STAGES, TileShape};
use super::load::{Loader, Operand};
use super::stored::Stored;

/// What a warp accumulates: `MT x NT` mma tiles, 4 elements of each a lane.
pub(super) type Accumulators<const MT: usize, const NT: usize> = [[[f32; 4]; NT]; MT];

/// What becomes of values that are finished, before they are rounded; `D` is the type of what is added.
pub(super) trait Last<D>: Copy {
    /// What becomes of two neighbours of a row, of the first alone unless C has `both`.
    ///
    /// # Safety
    /// What it points to is readable for elements that C has, of which these are.
    unsafe fn apply(&self, place: [u32; 2], values: [f32; 2], both: bool) -> [f32; 2];
}

/// They stay what they are.
#[derive(Clone, Copy)]
pub(super) struct Unchanged;

impl Unchanged {
    /// This instead.
    #[inline(always)]
    pub fn but<L>(self, last: L) -> L {
        last
    }
}

impl<D> Last<D> for Unchanged {
    #[inline(always)]
    unsafe fn apply(&self, _: [u32; 2], values: [f32; 2], _: bool) -> [f32; 2] {
        values
    }
}

/// Where the tile goes.
#[derive(Clone, Copy)]
pub(super) struct Output<O: Stored, L = Unchanged> {
    pub c: *mut O,
    /// Elements from one row of C to the next.
    pub ldc: u64,
    /// The tile's first row and column.
    pub row: u32,
    pub column: u32,
    /// The first row and column past the matrix (or the group).
    pub row_end: u32,
    pub column_end: u32,
    /// What is done to the sums.
    pub finish: Finish<O::Addend>,
    /// And to what they become by that.
    pub last: L,
}

impl<const MT: usize, const NT: usize, const WARPS_M: u32, const WARPS_N: u32>
    TileShape<MT, NT, WARPS_M, WARPS_N>
{
    /// Computes the tile.
    ///
    /// # Safety
    /// - The whole block of `THREADS` threads calls this, with `SHARED_BYTES` of dynamic shared memory.
    /// - Each row not null has `k` elements, as the operand's chunks want them; what `fold` points to is readable.
    /// - The part of `output` inside its ends is writable.
    #[inline(always)]
    pub(super) unsafe fn compute<T, M: MmaElement, C: Chunks<T, Element = M>, O: Stored>(
        a: Operand<C, impl Fn(u32) -> *const T>,
        b: Operand<C, impl Fn(u32) -> *const T>,
        k: u32,
        fold: impl Fold<MT, NT>,
        output: Output<O, impl Last<O::Addend>>,
    ) {
        const { Self::CHECKED };
        let mut accumulators = [[[0.0; 4]; NT]; MT];
        // SAFETY: the caller's contract.
        unsafe {
            Self::accumulate(&mut accumulators, a, b, k, fold);
            Self::store(&accumulators, output);
        }
    }

    /// The row and column of the tile that a thread's first accumulator is of.
    #[inline(always)]
    pub(super) fn own() -> [u32; 2] {
        let (lane, warp) = (thread::thread_idx_x() % 32, thread::thread_idx_x() / 32);
        let row = warp / WARPS_N * (16 * MT as u32) + lane / 4;
        let column = warp % WARPS_N * (8 * NT as u32) + lane % 4 * 2;
        [row, column]
    }

    /// `accumulators += A * B^T` over all of K.
    ///
    /// # Safety
    /// As [`Self::compute`].
    #[inline(always)]
    unsafe fn accumulate<T, M: MmaElement, C: Chunks<T, Element = M>>(
        accumulators: &mut Accumulators<MT, NT>,
        a: Operand<C, impl Fn(u32) -> *const T>,
        b: Operand<C, impl Fn(u32) -> *const T>,
        k: u32,
        mut fold: impl Fold<MT, NT>,
    ) {
        let stages = shared::dynamic_shared_mem::<u8>();
        let thread = thread::thread_idx_x();
        let a = Loader::new(Self::BM, Self::THREADS, thread, a);
        let b = Loader::new(Self::BN, Self::THREADS, thread, b);
        let load = |step: u32| {
            let stage = stages.byte_add::<u8>(step % STAGES * Self::STAGE_BYTES);
            // SAFETY: the stage is free: every warp is past the barrier after it was last read.
            unsafe {
                a.load(Self::BM, Self::THREADS, stage, step * BLOCK_K, k);
                let stage = stage.byte_add(Self::B_OFFSET);
                b.load(Self::BN, Self::THREADS, stage, step * BLOCK_K, k);
            }
        };
        let steps = k.div_ceil(BLOCK_K);
        let mut step = 0;
        while step < STAGES - 1 {
            if step < steps {
                load(step);
            }
            cp_async::commit_group();
            step += 1;
        }
        step = 0;
        while step < steps {
            cp_async::wait_group::<{ STAGES - 2 }>();
            thread::sync_threads();
            if step + STAGES - 1 < steps {
                load(step + STAGES - 1);
            }
            cp_async::commit_group();
            let stage = stages.byte_add(step % STAGES * Self::STAGE_BYTES);
            // SAFETY: the stage has landed for every thread; the caller's contract.
            unsafe {
                Self::multiply::<M>(accumulators, stage);
                fold.after(step, accumulators);
            }
            step += 1;
        }
        // SAFETY: the caller's contract.
        unsafe { fold.end(steps, accumulators) };
    }

    /// One stage: for each 16 of its K, the warp's fragments and then all their products.
    ///
    /// # Safety
    /// All threads call this together, and the stage has landed.
    #[inline(always)]
    unsafe fn multiply<T: MmaElement>(accumulators: &mut Accumulators<MT, NT>, stage: Shared<u8>) {
        let (lane, warp) = (thread::thread_idx_x() % 32, thread::thread_idx_x() / 32);
        // The row that each lane addresses for ldmatrix, and the half of the 16 elements (see `mma`).
        let a_lane = (lane % 16) * ROW_BYTES + lane / 16 * 16;
        let b_lane = (lane % 8 + lane / 16 * 8) * ROW_BYTES + lane / 8 % 2 * 16;
        let a_rows = stage.byte_add::<u8>(warp / WARPS_N * (16 * MT as u32) * ROW_BYTES + a_lane);
        let b_rows = stage
            .byte_add::<u8>(Self::B_OFFSET + warp % WARPS_N * (8 * NT as u32) * ROW_BYTES + b_lane);
        unroll!(slice < (BLOCK_K / 16) as usize => {
            let mut a = [[0; 4]; MT];
            let mut b = [[0; 2]; NT];
            unroll!(mt < MT => {
                // SAFETY: rows of the stage, 16-byte aligned.
                a[mt] = unsafe { ldmatrix_x4(a_rows.byte_add((16 * mt as u32) * ROW_BYTES + 32 * slice as u32)) };
            });
            unroll!(pair < NT / 2 => {
                // SAFETY: as above; two mma tiles of B at once.
                let [b0, b1, b2, b3] =
                    unsafe { ldmatrix_x4(b_rows.byte_add((16 * pair as u32) * ROW_BYTES + 32 * slice as u32)) };
                b[2 * pair] = [b0, b1];
                b[2 * pair + 1] = [b2, b3];
            });
            unroll!(mt < MT => {
                unroll!(nt < NT => {
                    // SAFETY: the whole warp is here.
                    unsafe { T::mma_m16n8k16(a[mt], b[nt], &mut accumulators[mt][nt]) };
                });
            });
        });
    }

    /// Finishes and rounds the sums, and stores those inside the matrix.
    ///
    /// # Safety
    /// The part of `output` inside its ends is writable; the pointers of its `finish` are null or valid.
    #[inline(always)]
    unsafe fn store<O: Stored, L: Last<O::Addend>>(
        accumulators: &Accumulators<MT, NT>,
        output: Output<O, L>,
    ) {
        let [row, column] = Self::own();
        let (row, column) = (output.row + row, output.column + column);
        let (mut rows, mut columns) = ([[0; 2]; MT], [[0; 2]; NT]);
        unroll!(mt < MT => { rows[mt] = [0, 8].map(|on| row + 16 * mt as u32 + on); });
        unroll!(nt < NT => { columns[nt] = [0, 1].map(|on| column + 8 * nt as u32 + on); });
        // SAFETY: the caller's contract.
        let (factors, pairs) = unsafe {
            (
                output.finish.factors_of_rows(rows),
                output.finish.pairs(columns),
            )
        };
        let paired =
            output.ldc.is_multiple_of(2) && (output.c as usize).is_multiple_of(2 * size_of::<O>());
        unroll!(mt < MT => {
            unroll!(nt < NT => {
                let sums = accumulators[mt][nt];
                unroll!(half < 2 => {
                    let values = [0, 1].map(|i| sums[2 * half + i] * factors[mt][half]);
                    let place = [rows[mt][half], columns[nt][0]];
                    // SAFETY: the caller's contract.
                    unsafe { store_pair(output, paired, place, pairs[nt].finish(values)) };
                });
            });
        });
    }
}

/// Stores two neighbours of one row, as far as they are inside the output; as one if `paired`.
///
/// # Safety
/// The part of `output` inside its ends is writable, and aligned to a pair if `paired`.
#[inline(always)]
unsafe fn store_pair<O: Stored, L: Last<O::Addend>>(
    output: Output<O, L>,
    paired: bool,
    [row, column]: [u32; 2],
    values: [f32; 2],
) {
    if row >= output.row_end || column >= output.column_end {
        return;
    }
    let both = column + 1 < output.column_end;
    let offset = row as usize * output.ldc as usize + column as usize;
    // SAFETY: the row and column are inside the output.
    unsafe {
        let values = output.last.apply([row, column], values, both);
        let c = output.c.add(offset);
        if both && paired {
            *c.cast::<O::Pair>() = O::pair(values);
        } else {
            *c = O::one(values[0]);
            if both {
                *c.add(1) = O::one(values[1]);
            }
        }
    }
}
