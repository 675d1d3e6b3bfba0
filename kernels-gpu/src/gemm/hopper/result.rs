//! C, as a tile's sums become it: the choice between the ways to lay a tile over it.
//!
//! | way | tile | for |
//! |---|---|---|
//! | [`Straight`](super::store::Straight) | rows of C, columns of C | many rows |
//! | [`Swapped`](super::transpose::Swapped) | columns of C, rows of C | few rows: those of B fill the 64 rows of a product |
//!
//! and [`Staged`](super::staged::Staged) and [`SwappedStaged`](super::staged_transpose::SwappedStaged), the same where C has an
//! epilogue.
//!
//! Swapped, the engine computes `C^T = B A^T`: its A is the product's B, and its B the product's A. Both are K-major, so
//! that nothing but roles changes before the sums are stored.

use cuda_std::bulk;
use cuda_std::shared::Shared;
use cuda_std::wgmma::{Accumulator, InFlight};

use super::consumer::Warpgroup;
use super::share::{Deal, Owned};
use super::tile::WARPGROUP_ROWS;

/// A warpgroup's part of a tile: its matrix, and the row and column of the engine's product that it begins at.
pub(super) type Corner = [u32; 3];

/// C, and what is done to sums on the way there.
pub(super) trait Target: Copy {
    /// What of it is loaded before the sums are there.
    type Ahead;

    /// A tile's part of C on its way, in registers.
    type Held;

    /// Whether there is such a thing: sums that are rounded to 16 bits take half as many registers.
    const HOLDS: bool;

    /// Which of the engine's operands lie in [blocks](super::order::Order::BLOCKED).
    const BLOCKED: [bool; 2];

    /// How tiles are dealt out to blocks that share K.
    const DEAL: Deal;

    /// Asks for the map that C is stored by, if it is.
    ///
    /// # Safety
    /// The map is one.
    unsafe fn prefetch(&self);

    /// Rows and columns of the engine's product.
    fn extents(&self) -> [u32; 2];

    /// What belongs to the product's A and B, as it belongs to the engine's.
    fn sides<T>(a: T, b: T) -> [T; 2];

    /// Loads what needs no sums.
    ///
    /// # Safety
    /// What C's factors and bias point to is readable.
    unsafe fn ahead<const R: usize>(&self, thread: u32, corner: Corner) -> Self::Ahead;

    /// No tile's part.
    fn nothing() -> Self::Held;

    /// What [`store`](Self::store) would store; `d` is what it is made in, and used up. Nothing, unless it [`HOLDS`](Self::HOLDS).
    ///
    /// # Safety
    /// As [`store`](Self::store).
    #[inline(always)]
    unsafe fn hold<const R: usize>(
        &self,
        d: &mut Accumulator<R>,
        ahead: &Self::Ahead,
        corner: Corner,
        place: Place,
    ) -> Self::Held
    where
        for<'a> &'a mut Accumulator<R>: InFlight,
    {
        let _ = (d, ahead, corner, place);
        Self::nothing()
    }

    /// Stores a slab of what is held of a tile of `R` registers; `index` is constant.
    ///
    /// # Safety
    /// As [`store`](Self::store).
    #[inline(always)]
    unsafe fn store_held<const R: usize>(&self, held: &Self::Held, index: usize, place: Place) {
        let _ = (held, index, place);
    }

    /// Stores the chunks of an accumulator that are the block's own.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this, with what [`ahead`](Self::ahead) gave them. The map is of C, which
    /// nobody else writes there; the slabs are the warpgroup's.
    unsafe fn store<const R: usize>(
        &self,
        d: &Accumulator<R>,
        ahead: &Self::Ahead,
        corner: Corner,
        place: Place,
    );

    /// [`store`](Self::store) of one accumulator, or of two that lie below each other.
    ///
    /// # Safety
    /// As [`store`](Self::store); `ahead` is of the first.
    #[inline(always)]
    #[track_caller]
    unsafe fn store_halves<const R: usize, const HALVES: usize>(
        &self,
        d: &[Accumulator<R>; HALVES],
        ahead: &Self::Ahead,
        corner: Corner,
        place: Place,
    ) {
        // SAFETY: the caller's contract.
        unsafe {
            self.store(&d[0], ahead, corner, place);
            if HALVES > 1 {
                let [matrix, row, column] = corner;
                let corner = [matrix, row + WARPGROUP_ROWS, column];
                let ahead = self.ahead::<R>(place.warpgroup.thread, corner);
                self.store(&d[HALVES - 1], &ahead, corner, place);
            }
        }
    }
}

/// Where a warpgroup works, and what of its sums it stores.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub warpgroup: Warpgroup,
    /// The warpgroup's slabs.
    pub slabs: Shared<u8>,
    /// How many, of 64 rows.
    pub count: u32,
    /// The chunks that are stored.
    pub own: Owned,
}

impl Place {
    /// Waits until all stores have read their slabs: shared memory may go, and the grid's end shows what they write.
    #[inline(always)]
    #[track_caller]
    pub fn wait(self) {
        if self.warpgroup.thread.is_multiple_of(32) {
            bulk::wait_group_read::<0>();
        }
    }
}
