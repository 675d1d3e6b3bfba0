//! From accumulators to C with an epilogue: through shared memory in `f32`, from which each thread takes neighbours of a row.
//!
//! ```text
//! piece    a warp's 16 rows of 32 columns, a slab of `f32`
//! thread   writes its registers of a piece, then has four columns of rows r, r + 4, r + 8, r + 12  (r = lane / 8)
//! ```
//!
//! So residuals are read, and C is written, 32 columns of a row at a time, and what is done to values is there once, not once for
//! each register.

use cuda_std::unroll;
use cuda_std::warp::{self, FULL_MASK};
use cuda_std::wgmma::Accumulator;

use super::columns::Same;
use super::finished::{FOUR, Finished};
use super::order::Plain;
use super::result::{Corner, Place, Target};
use super::share::Deal;
use super::slab::{Fill, Slab};
use super::tile::{ROW_BYTES, WARP_ROWS, WARPGROUP_ROWS};
use crate::gemm::stored::Stored;
use crate::pack::Words4;

/// Columns of a piece.
const COLUMNS: usize = ROW_BYTES as usize / size_of::<f32>();

/// Registers of one.
const REGISTERS: usize = COLUMNS / 2;

/// Units of four columns of one.
const UNITS: u32 = (COLUMNS / FOUR) as u32;

/// A thread's rows of one, from its first on.
const ROWS: [u32; FOUR] = [0, 4, 8, 12];

/// Pieces of an accumulator.
const fn pieces<const R: usize>() -> usize {
    R.div_ceil(REGISTERS)
}

/// The first column of a piece of a tile. Where pieces do not divide a tile, the last begins in the one before, whose columns it
/// stores again.
#[inline(always)]
const fn first<const R: usize>(piece: usize) -> usize {
    let (first, last) = (piece * COLUMNS, 2 * R - COLUMNS);
    if first < last { first } else { last }
}

/// C, whose rows a tile's rows are.
#[derive(Clone, Copy)]
pub(super) struct Staged<O: Stored>(Finished<O>);

impl<O: Stored> Staged<O> {
    /// C, and what is done to the sums.
    #[inline(always)]
    pub const fn new(c: Finished<O>) -> Self {
        Self(c)
    }

    /// Writes piece `index` of accumulators, counted through all, to a slab.
    ///
    /// # Safety
    /// All lanes of the warp execute this, with the same index; the slab is the warp's, and nobody reads it.
    #[inline(always)]
    #[track_caller]
    unsafe fn stage<const R: usize, const HALVES: usize>(
        d: &[Accumulator<R>; HALVES],
        index: usize,
        slab: Slab,
        lane: u32,
    ) {
        const { assert!(HALVES * pieces::<R>() <= 8, "as many as are unrolled") };
        unroll!(i < 8 => {
            if i < HALVES * pieces::<R>() && i == index {
                let (half, first) = (i / pieces::<R>(), first::<R>(i % pieces::<R>()) / 8);
                // SAFETY: the caller's contract.
                unsafe { <Plain as Fill<f32>>::fill(slab, lane, first, &d[half], [1.0; 2], &Same) };
            }
        });
    }
}

/// Four values of a slab.
///
/// # Safety
/// They were written, and nobody writes them.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn four(slab: Slab, row: u32, unit: u32) -> [f32; FOUR] {
    // SAFETY: the caller's contract.
    let Words4(words) = unsafe { slab.unit(row, unit).byte_add::<Words4>(0).read() };
    words.map(f32::from_bits)
}

impl<O: Stored> Target for Staged<O> {
    type Ahead = ();
    type Held = ();

    const HOLDS: bool = false;
    const BLOCKED: [bool; 2] = [false; 2];
    const DEAL: Deal = Deal::Warps;

    #[inline(always)]
    unsafe fn prefetch(&self) {}

    #[inline(always)]
    fn extents(&self) -> [u32; 2] {
        [self.0.finish.rows, self.0.finish.columns]
    }

    #[inline(always)]
    fn sides<T>(a: T, b: T) -> [T; 2] {
        [a, b]
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn ahead<const R: usize>(&self, thread: u32, corner: Corner) {
        let part = [WARPGROUP_ROWS as usize, 2 * R];
        // SAFETY: the caller's contract.
        unsafe { self.0.prefetch(corner, part, thread) };
    }

    #[inline(always)]
    fn nothing() {}

    #[inline(always)]
    #[track_caller]
    unsafe fn store<const R: usize>(
        &self,
        d: &Accumulator<R>,
        ahead: &(),
        corner: Corner,
        place: Place,
    ) {
        // SAFETY: the caller's contract.
        unsafe { self.store_halves(core::array::from_ref(d), ahead, corner, place) };
    }

    /// One loop over the pieces of both halves, in which what is done to values is there once.
    #[inline(always)]
    #[track_caller]
    unsafe fn store_halves<const R: usize, const HALVES: usize>(
        &self,
        d: &[Accumulator<R>; HALVES],
        (): &(),
        [matrix, row, column]: Corner,
        place: Place,
    ) {
        if place.own.count() == 0 {
            return;
        }
        let (warp, lane) = (place.warpgroup.thread / 32, warp::lane_id());
        let slab = Slab {
            at: place.slabs.add(warp * WARP_ROWS * ROW_BYTES),
            row_bytes: ROW_BYTES,
        };
        let (own, unit) = (lane / UNITS, lane % UNITS);
        if HALVES > 1 {
            let lower = [matrix, row + WARPGROUP_ROWS, column];
            // SAFETY: the caller's contract.
            unsafe { Self::ahead::<R>(self, place.warpgroup.thread, lower) };
        }
        let mut half = 0;
        while half < HALVES {
            let row = row + half as u32 * WARPGROUP_ROWS + warp * WARP_ROWS + own;
            // SAFETY: the caller's contract.
            let rows = unsafe { self.0.rows(matrix, ROWS.map(|on| row + on)) };
            let mut piece = 0;
            while piece < pieces::<R>() {
                let column = column + first::<R>(piece) as u32 + unit * FOUR as u32;
                // SAFETY: the caller's contract; the warp meets between those who write and those who read.
                unsafe {
                    let columns = self.0.columns(matrix, column);
                    let residuals = self.0.residuals(&rows, &columns);
                    Self::stage(d, half * pieces::<R>() + piece, slab, lane);
                    warp::sync_warp(FULL_MASK);
                    let sums = ROWS.map(|on| four(slab, own + on, unit));
                    warp::sync_warp(FULL_MASK);
                    self.0.store(&rows, &columns, &residuals, &sums);
                }
                piece += 1;
            }
            half += 1;
        }
    }
}
