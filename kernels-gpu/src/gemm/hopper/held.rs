//! C of a tile, held in registers until the products of the next tile's first stages run: while a warpgroup stores, its tensor
//! cores compute.
//!
//! ```text
//! tile t     products ──────────────▶ round, pack
//! tile t + 1                          products of stage 0 │ stage 1 │ stage 2 │ stage 3 │ ..
//!                                     store slab 0 of t   │ slab 1  │ slab 2  │ slab 3  │ load factors of t + 1
//! ```

use super::engine::Gemm;
use super::result::{Corner, Place, Target};
use super::sum::Sum;

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
