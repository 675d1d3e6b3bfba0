//! C of a tile, held in registers until the products of the next tile's first stages run: while a warpgroup stores, its tensor
//! cores compute.
//!
//! ```text
//! tile t     products ──────────────▶ round, pack
//! tile t + 1                          products of stage 0 │ stage 1 │ stage 2 │ stage 3 │ ..
//!                                     store slab 0 of t   │ slab 1  │ slab 2  │ slab 3  │ load factors of t + 1
//! ```

use cuda_std::unroll;
use cuda_std::wgmma::{self, Accumulator, InFlight};

use super::columns::{ByColumn, Dealt};
use super::engine::Gemm;
use super::result::{Corner, Place, Target};
use super::sum::Sum;
use crate::element::Element;

/// What a consumer does while the products of a tile's first stages run.
pub(super) trait Meanwhile {
    /// What it loads for the tile, to be used when its sums are there.
    type Ahead;

    /// Parts of the tile before that are still to be stored, at most [`MOST_PARTS`].
    const PARTS: usize;

    /// Stores a part; `index` is constant, and less than [`PARTS`](Self::PARTS).
    ///
    /// # Safety
    /// As [`Target::store_held`].
    unsafe fn store(&self, index: usize);

    /// Loads what the tile needs.
    ///
    /// # Safety
    /// As [`Target::ahead`].
    unsafe fn ahead(&self) -> Self::Ahead;
}

/// Parts of a tile at most: 256 columns.
pub(super) const MOST_PARTS: usize = 4;

/// Columns of a part: a slab's, of 16 bits.
const COLUMNS: usize = 64;

/// Between two tiles of a consumer, of a [`Tile`](super::tile::Tile) of these parameters: the one before, held in registers
/// where there are any left, and the next.
pub(super) struct Between<'a, C: Target, S, const R: usize, const SHARING: u32, const HALVES: usize>
{
    pub gemm: &'a Gemm<C, S>,
    /// The tile before.
    pub held: &'a C::Held,
    /// Where the next begins.
    pub corner: Corner,
    pub place: Place,
}

impl<C: Target, S: Sum, const R: usize, const SHARING: u32, const HALVES: usize> Meanwhile
    for Between<'_, C, S, R, SHARING, HALVES>
{
    type Ahead = C::Ahead;

    const PARTS: usize = parts::<C, S>(R, SHARING, HALVES);

    #[inline(always)]
    #[track_caller]
    unsafe fn store(&self, index: usize) {
        // SAFETY: the caller's contract.
        unsafe { self.gemm.c.store_held::<R>(self.held, index, self.place) }
    }

    #[inline(always)]
    #[track_caller]
    unsafe fn ahead(&self) -> C::Ahead {
        // SAFETY: the caller's contract.
        unsafe {
            self.gemm
                .c
                .ahead::<R>(self.place.warpgroup.thread, self.corner)
        }
    }
}

/// Parts of a tile that are held: none where consumers take turns, which store while others compute, or where sums leave no
/// registers.
pub(super) const fn parts<C: Target, S: Sum>(r: usize, sharing: u32, halves: usize) -> usize {
    match C::HOLDS && S::HOLDS && sharing > 1 && halves == 1 {
        true => (2 * r).div_ceil(COLUMNS),
        false => 0,
    }
}

/// A tile's part of C as a thread has it: of each chunk of 8 columns a word of row `r`, two columns, then one of row `r + 8`.
#[derive(Clone, Copy)]
pub(super) struct Words {
    words: [u32; 64],
    /// Where it goes.
    pub corner: Corner,
    /// Whether there is a tile whose part it is.
    pub any: bool,
}

impl Words {
    /// No tile's.
    pub const NONE: Self = Self {
        words: [0; 64],
        corner: [0; 3],
        any: false,
    };

    /// Rounds an accumulator.
    #[inline(always)]
    #[track_caller]
    pub fn of<O: Element, const R: usize>(
        d: &Accumulator<R>,
        corner: Corner,
        place: Place,
    ) -> Self {
        const { assert!(R.is_multiple_of(8), "slabs begin at pairs of chunks") };
        let any = place.own.count() > 0;
        let mut held = Self {
            corner,
            any,
            ..Self::NONE
        };
        unroll!(a < 8 => {
            unroll!(b < 8 => {
                let i = 8 * a + b;
                if 2 * i < R {
                    held.words[i] = O::pack_word([d.get(2 * i), d.get(2 * i + 1)]);
                }
            });
        });
        held
    }

    /// Those of the `two`-th two neighbouring chunks.
    #[inline(always)]
    pub fn four(&self, two: usize) -> [u32; 4] {
        [0, 1, 2, 3].map(|i| self.words[4 * two + i])
    }
}

/// Multiplies sums by their rows' factors, and does to columns what is to be done to them: in place, and one thing after the
/// other, so that it takes no more registers than sums have.
///
/// # Safety
/// All lanes of the warp execute this.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn finish<const R: usize, O: Element>(
    d: &mut Accumulator<R>,
    rows: [f32; 2],
    columns: Option<&Dealt<O>>,
) where
    for<'a> &'a mut Accumulator<R>: InFlight,
{
    unroll!(a < 8 => {
        unroll!(b < 8 => { scale(d, 8 * a + b, rows) });
    });
    wgmma::pin(&mut *d);
    if let Some(columns) = columns {
        // SAFETY: the caller's contract.
        unsafe { finish_columns(d, &columns.pairs()) };
        wgmma::pin(&mut *d);
    }
}

/// Multiplies registers `2i` and `2i + 1`, if there are any, by their row's factor.
#[inline(always)]
#[track_caller]
fn scale<const R: usize>(d: &mut Accumulator<R>, i: usize, rows: [f32; 2]) {
    if 2 * i < R {
        d.set(2 * i, d.get(2 * i) * rows[i % 2]);
        d.set(2 * i + 1, d.get(2 * i + 1) * rows[i % 2]);
    }
}

/// [`finish`] of columns.
///
/// # Safety
/// All lanes of the warp execute this.
#[inline(always)]
#[track_caller]
unsafe fn finish_columns<const R: usize, C: ByColumn>(d: &mut Accumulator<R>, columns: &C) {
    unroll!(a < 4 => {
        unroll!(b < 8 => {
            let j = 8 * a + b;
            if 4 * j < R {
                let pair = |i: usize| [d.get(4 * j + i), d.get(4 * j + i + 1)];
                // SAFETY: the caller's contract.
                let finished = unsafe { columns.finish(j, [pair(0), pair(2)]) };
                unroll!(i < 4 => { d.set(4 * j + i, finished[i / 2][i % 2]) });
            }
        });
    });
}
