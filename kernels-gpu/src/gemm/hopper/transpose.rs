//! From accumulators to C with rows and columns swapped: a tile's rows are columns of C.
//!
//! ```text
//! chunk    8 columns of the accumulator, rows of C: a slab of 8 rows of C by 64 columns, swizzled by 128 bytes
//!          (two of 32 columns for f32), which tensor copies store
//! thread   registers 4j .. 4j + 4 of an accumulator: columns c and c + 8 of C, rows 8j + 2q and the next
//!          (c = 16 warp + lane / 4, q = lane % 4)
//! ```
//!
//! Factors are loaded before the main loop, which hides the wait for them.

use core::marker::PhantomData;

use cuda_std::cvt::{f32x2_to_bf16x2, f32x2_to_f16x2};
use cuda_std::float::fma;
use cuda_std::shared::Shared;
use cuda_std::stmatrix::stmatrix_x2_trans;
use cuda_std::tma::{self, TensorMap};
use cuda_std::wgmma::Accumulator;
use cuda_std::{bulk, fence, unroll};
use half::{bf16, f16};

use super::order::{Order, Plain};
use super::result::{Corner, Place, Target};
use super::share::{CHUNK, Deal};
use super::slab::Output;
use super::tile::{ROW_BYTES, WARPGROUP_ROWS};
use crate::element::Element;
use crate::gemm::factors::Alphas;
use crate::gemm::finish::Finish;

/// Bytes of a chunk's slabs, in `f32`.
pub(super) const CHUNK_BYTES: u32 = WARPGROUP_ROWS * CHUNK * 4;

/// Bytes of a slab: rows of C in a chunk by 128 bytes of columns.
pub(super) const SLAB_BYTES: u32 = CHUNK * ROW_BYTES;

/// A type that C is made of, stored transposed.
pub(super) trait Transposed: Output {
    /// Slabs of a chunk.
    const SLABS: u32 = WARPGROUP_ROWS / Self::COLUMNS;

    /// Writes a chunk, of which the thread has `values`: of column `c` of C two neighbouring rows, and of column `c + 8`.
    ///
    /// # Safety
    /// All lanes of the warp execute this; the slabs are the warpgroup's, and nobody else uses them.
    unsafe fn write_transposed(slabs: Shared<u8>, thread: u32, values: [[f32; 2]; 2]);
}

macro_rules! sixteen_bits {
    ($($type:ty: $pack:ident;)*) => { $(
        impl Transposed for $type {
            #[inline(always)]
            #[track_caller]
            unsafe fn write_transposed(slabs: Shared<u8>, thread: u32, values: [[f32; 2]; 2]) {
                let (row, unit) = (thread % 8, thread / 32 * 2 + thread / 8 % 2);
                let [[a, b], [c, d]] = values;
                let place = slabs.add(row * ROW_BYTES + (unit ^ row) * 16);
                // SAFETY: the caller's contract.
                unsafe { stmatrix_x2_trans(place, [$pack(a, b), $pack(c, d)]) };
            }
        }
    )* };
}

sixteen_bits! {
    bf16: f32x2_to_bf16x2;
    f16: f32x2_to_f16x2;
}

impl Transposed for f32 {
    #[inline(always)]
    #[track_caller]
    unsafe fn write_transposed(slabs: Shared<u8>, thread: u32, values: [[f32; 2]; 2]) {
        let (lane, warp) = (thread % 32, thread / 32);
        let slab = slabs.add(warp / 2 * SLAB_BYTES);
        unroll!(half < 2 => {
            let column = warp % 2 * 16 + half as u32 * 8 + lane / 4;
            unroll!(i < 2 => {
                let row = 2 * (lane % 4) + i as u32;
                let on = row * ROW_BYTES + ((column / 4) ^ row) * 16 + column % 4 * 4;
                // SAFETY: the caller's contract; each lane has its own 4 bytes.
                unsafe { slab.byte_add::<f32>(on).write(values[half][i]) };
            });
        });
    }
}

/// How values go to slabs.
pub(super) trait FillTransposed<O>: Order {
    /// Writes a chunk, of which the thread has `values`: of one row of B in memory two neighbouring rows of C, and of 8 rows
    /// on.
    ///
    /// # Safety
    /// All lanes of the warp execute this; the slabs are the warpgroup's, and nobody else uses them.
    unsafe fn fill_transposed(slabs: Shared<u8>, thread: u32, values: [[f32; 2]; 2]);
}

impl<O: Transposed> FillTransposed<O> for Plain {
    #[inline(always)]
    #[track_caller]
    unsafe fn fill_transposed(slabs: Shared<u8>, thread: u32, values: [[f32; 2]; 2]) {
        // SAFETY: the caller's contract.
        unsafe { O::write_transposed(slabs, thread, values) };
    }
}

/// C, whose columns a tile's rows are, of B in the order `W`.
#[derive(Clone, Copy)]
pub(super) struct Swapped<O, W = Plain> {
    map: *const TensorMap,
    finish: Finish<O>,
    order: PhantomData<W>,
}

impl<O, W> Swapped<O, W> {
    /// C by its map, matrix after matrix in boxes of 8 rows by 128 bytes, and what is done to the sums.
    #[inline(always)]
    pub const fn new(map: *const TensorMap, finish: Finish<O>) -> Self {
        let order = PhantomData;
        Self { map, finish, order }
    }
}

/// What is done to a thread's sums.
pub(super) struct Factors<O> {
    /// The product's.
    alphas: Alphas,
    /// Those of its two rows of C, for each chunk.
    rows: [[f32; 2]; 8],
    /// Those of its two columns of C, and what is added to them.
    columns: [f32; 2],
    biases: [O; 2],
}

impl<O: Element> Factors<O> {
    /// The values of a chunk.
    #[inline(always)]
    fn finish<const R: usize>(&self, d: &Accumulator<R>, chunk: usize) -> [[f32; 2]; 2] {
        let rows = self.alphas.of_rows(self.rows[chunk]);
        let one = |half: usize, i: usize| {
            let sum = d.get(4 * chunk + 2 * half + i);
            fma(
                sum * rows[i],
                self.columns[half],
                self.biases[half].to_f32(),
            )
        };
        [[one(0, 0), one(0, 1)], [one(1, 0), one(1, 1)]]
    }
}

impl<O: Transposed, W: FillTransposed<O>> Target for Swapped<O, W> {
    type Ahead = Factors<O>;

    type Held = ();

    const HOLDS: bool = false;
    const BLOCKED: [bool; 2] = [W::BLOCKED, false];
    const DEAL: Deal = Deal::Chunks;

    #[inline(always)]
    #[track_caller]
    unsafe fn prefetch(&self) {
        // SAFETY: the caller's contract.
        unsafe { tma::prefetch(self.map) };
    }

    #[inline(always)]
    fn extents(&self) -> [u32; 2] {
        [self.finish.columns, self.finish.rows]
    }

    #[inline(always)]
    fn sides<T>(a: T, b: T) -> [T; 2] {
        [b, a]
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn ahead<const R: usize>(
        &self,
        thread: u32,
        [matrix, row, column]: Corner,
    ) -> Factors<O> {
        let finish = self.finish.of_matrix(matrix);
        let own = row + thread / 32 * 16 + thread % 32 / 4;
        let first = column + 2 * (thread % 4);
        let mut rows = [[0; 2]; 8];
        unroll!(chunk < 8 => {
            // Beyond the tile the last again, which costs no load.
            let row = first + (chunk as u32).min(R as u32 / 4 - 1) * CHUNK;
            rows[chunk] = [row, row + 1];
        });
        // SAFETY: the caller's contract.
        unsafe {
            let [columns] = finish.scales_of_columns([[own, own + 8].map(W::column)]);
            let [biases] = finish.biases([[own, own + 8].map(W::column)]);
            Factors {
                alphas: finish.alphas(),
                rows: finish.scales_of_rows(rows),
                columns,
                biases,
            }
        }
    }

    #[inline(always)]
    fn nothing() {}

    #[inline(always)]
    #[track_caller]
    unsafe fn store<const R: usize>(
        &self,
        d: &Accumulator<R>,
        ahead: &Factors<O>,
        [matrix, row, column]: Corner,
        place: Place,
    ) {
        const { assert!(R <= 32, "a slab for each chunk, of 8 at most") };
        let thread = place.warpgroup.thread;
        // SAFETY: the slabs were read by the last copies, and the barrier says so to all.
        unsafe {
            if thread == 0 {
                bulk::wait_group_read::<0>();
            }
            place.warpgroup.sync();
            unroll!(chunk < 8 => {
                if 4 * chunk < R && place.own.has(chunk as u32) {
                    let slabs = place.slabs.add(chunk as u32 * CHUNK_BYTES);
                    W::fill_transposed(slabs, thread, ahead.finish(d, chunk));
                }
            });
            fence::proxy_async_shared();
            place.warpgroup.sync();
            if thread == 0 {
                unroll!(chunk < 8 => {
                    let column = column + chunk as u32 * CHUNK;
                    if 4 * chunk < R && place.own.has(chunk as u32) && column < self.finish.rows {
                        let slabs = place.slabs.add(chunk as u32 * CHUNK_BYTES);
                        self.copy(slabs, [matrix, row, column]);
                    }
                });
                bulk::commit_group();
            }
        }
    }
}

impl<O: Transposed, W: Order> Swapped<O, W> {
    /// Stores the slabs of a chunk.
    #[inline(always)]
    #[track_caller]
    unsafe fn copy(&self, slabs: Shared<u8>, [matrix, row, column]: Corner) {
        unroll!(slab < 2 => {
            let slab = slab as u32;
            if slab < O::SLABS {
                let place = [row + slab * O::COLUMNS, column, matrix].map(|at| at as i32);
                // SAFETY: the caller's contract; what C does not have is left out.
                unsafe { tma::store(self.map, place, slabs.add(slab * SLAB_BYTES)) };
            }
        });
    }
}
