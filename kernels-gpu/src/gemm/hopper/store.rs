//! From accumulators to C: through [slabs](super::slab) in shared memory, which tensor copies store.
//!
//! Every warp stores its own slabs, and waits for no other. A tensor copy leaves out what C does not have, and goes on
//! while the next slab is written.

use core::marker::PhantomData;

use cuda_std::tma::{self, TensorMap};
use cuda_std::warp::{self, FULL_MASK};
use cuda_std::wgmma::{Accumulator, InFlight};
use cuda_std::{bulk, fence, unroll};

use super::columns::{ByColumn, Dealt, Same};
use super::held::{Words, finish};
use super::order::Plain;
use super::result::{Corner, Place, Target};
use super::share::Deal;
use super::slab::{Fill, Output, Slab, write_words};
use super::tile::{SLAB_BYTES, WARP_ROWS, slab_columns};
use crate::gemm::factors::Alphas;
use crate::gemm::finish::Finish;

/// C, whose rows a tile's rows are, of B in the order `W`.
#[derive(Clone, Copy)]
pub(super) struct Straight<O, W = Plain> {
    map: *const TensorMap,
    finish: Finish<O>,
    order: PhantomData<W>,
}

impl<O, W> Straight<O, W> {
    /// C by its map, matrix after matrix in boxes of a warp's rows by 128 bytes, and what is done to the sums.
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
    /// Those of its two rows.
    rows: [f32; 2],
    /// What is done to columns, if anything.
    columns: Option<Dealt<O>>,
}

impl<O: Output, W: Fill<O>> Target for Straight<O, W> {
    type Ahead = Factors<O>;
    type Held = Words;

    const HOLDS: bool = O::PER_WORD == 2 && W::BY_WORDS;
    const BLOCKED: [bool; 2] = [false, W::BLOCKED];
    const DEAL: Deal = Deal::Warps;

    #[inline(always)]
    #[track_caller]
    unsafe fn prefetch(&self) {
        // SAFETY: the caller's contract.
        unsafe { tma::prefetch(self.map) };
    }

    #[inline(always)]
    fn extents(&self) -> [u32; 2] {
        [self.finish.rows, self.finish.columns]
    }

    #[inline(always)]
    fn sides<T>(a: T, b: T) -> [T; 2] {
        [a, b]
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn ahead<const R: usize>(
        &self,
        thread: u32,
        [matrix, row, column]: Corner,
    ) -> Factors<O> {
        let finish = self.finish.of_matrix(matrix);
        let own = row + thread / 32 * WARP_ROWS + thread % 32 / 4;
        // SAFETY: the caller's contract.
        unsafe {
            let [rows] = finish.scales_of_rows([[own, own + 8]]);
            let columns = match finish.changes_columns() {
                true => Some(Dealt::of::<W>(&finish, column)),
                false => None,
            };
            Factors {
                alphas: finish.alphas(),
                rows,
                columns,
            }
        }
    }

    #[inline(always)]
    fn nothing() -> Words {
        Words::NONE
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn hold<const R: usize>(
        &self,
        d: &mut Accumulator<R>,
        ahead: &Factors<O>,
        corner: Corner,
        place: Place,
    ) -> Words
    where
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let rows = ahead.alphas.of_rows(ahead.rows);
        // SAFETY: the caller's contract.
        unsafe { finish(d, rows, ahead.columns.as_ref()) };
        Words::of::<O, R>(d, corner, place)
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn store_held<const R: usize>(&self, held: &Words, index: usize, place: Place) {
        if !held.any {
            return;
        }
        let first = Self::first::<R>(index as u32);
        // SAFETY: the caller's contract.
        unsafe {
            self.slab::<R>(index, first, held.corner, place, |slab, lane| {
                unroll!(two < 4 => {
                    write_words(slab, lane, 2 * two as u32, held.four(first as usize / 16 + two));
                });
            });
        }
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn store<const R: usize>(
        &self,
        d: &Accumulator<R>,
        ahead: &Factors<O>,
        corner: Corner,
        place: Place,
    ) {
        if place.own.count() == 0 {
            return;
        }
        let rows = ahead.alphas.of_rows(ahead.rows);
        // SAFETY: the caller's contract. One choice for all columns: one for each would take longer than all sums.
        unsafe {
            match &ahead.columns {
                Some(columns) => self.part(d, rows, &columns.pairs(), corner, place),
                None => self.part(d, rows, &Same, corner, place),
            }
        }
    }
}

impl<O: Output, W: Fill<O>> Straight<O, W> {
    /// Columns of a slab.
    const fn slab_columns<const R: usize>() -> usize {
        slab_columns(2 * R as u32, size_of::<O>() as u32) as usize
    }

    /// The first column of a slab. Where slabs do not divide a tile, the last begins in the one before, whose columns it
    /// stores again.
    #[inline(always)]
    const fn first<const R: usize>(index: u32) -> u32 {
        let (all, columns) = (
            2 * R as u32,
            slab_columns(2 * R as u32, size_of::<O>() as u32),
        );
        let first = index * columns;
        if first + columns > all {
            all - columns
        } else {
            first
        }
    }

    /// Stores an accumulator.
    #[inline(always)]
    #[track_caller]
    unsafe fn part<const R: usize, C: ByColumn>(
        &self,
        d: &Accumulator<R>,
        rows: [f32; 2],
        columns: &C,
        corner: Corner,
        place: Place,
    ) {
        unroll!(index < 8 => {
            if index * Self::slab_columns::<R>() < 2 * R {
                let first = Self::first::<R>(index as u32);
                // SAFETY: the caller's contract.
                unsafe {
                    self.slab::<R>(index, first, corner, place, |slab, lane| {
                        W::fill(slab, lane, first as usize / 8, d, rows, columns);
                    });
                }
            }
        });
    }

    /// Stores a slab, the `index`-th of an accumulator, from its column `first` on, when `fill` has filled it.
    ///
    /// # Safety
    /// As [`Target::store`]; `fill` writes the warp's part of the slab, and nothing else.
    #[inline(always)]
    #[track_caller]
    unsafe fn slab<const R: usize>(
        &self,
        index: usize,
        first: u32,
        [matrix, row, column]: Corner,
        place: Place,
        fill: impl FnOnce(Slab, u32),
    ) {
        // Asked for here, so that no place in a slab is known, and kept, while sums are.
        let (warp, lane) = (place.warpgroup.thread / 32, warp::lane_id());
        let (row, column) = (row + warp * WARP_ROWS, column + first);
        let row_bytes = (Self::slab_columns::<R>() * size_of::<O>()) as u32;
        let slabs = place.slabs.add(warp * WARP_ROWS * row_bytes);
        let at = slabs.add(index as u32 % place.count * SLAB_BYTES);
        // SAFETY: the copy that read the slab is waited for by the lane that began it.
        unsafe {
            if lane == 0 {
                wait_for_slabs(index == 0 || place.count == 1);
            }
            warp::sync_warp(FULL_MASK);
            fill(Slab { at, row_bytes }, lane);
            fence::proxy_async_shared();
            warp::sync_warp(FULL_MASK);
            if lane == 0 {
                tma::store(self.map, [column, row, matrix].map(|at| at as i32), at);
                bulk::commit_group();
            }
        }
    }
}

/// Waits until this thread's copies have read their slabs: all, or all but the last.
#[inline(always)]
#[track_caller]
fn wait_for_slabs(all: bool) {
    match all {
        true => bulk::wait_group_read::<0>(),
        false => bulk::wait_group_read::<1>(),
    }
}
