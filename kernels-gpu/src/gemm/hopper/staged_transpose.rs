//! [`staged`](super::staged) with rows and columns swapped: a tile's rows are columns of C.
//!
//! ```text
//! chunk    8 rows of C by a warpgroup's 64 columns, in `f32`: two slabs of 32 columns
//! thread   writes its registers of all chunks, then has four columns of a row of each chunk, of four chunks at a time
//! ```

use cuda_std::unroll;
use cuda_std::wgmma::Accumulator;

use super::finished::{Columns, FOUR, Finished};
use super::result::{Corner, Place, Target};
use super::share::{CHUNK, Deal, Owned};
use super::slab::Slab;
use super::staged::four;
use super::tile::{ROW_BYTES, WARPGROUP_ROWS};
use super::transpose::{CHUNK_BYTES, SLAB_BYTES, Transposed};
use crate::gemm::stored::Stored;

/// Units of four columns in a slab's row.
const UNITS: u32 = ROW_BYTES / 16;

/// C, whose columns a tile's rows are.
#[derive(Clone, Copy)]
pub(super) struct SwappedStaged<O: Stored>(Finished<O>);

impl<O: Stored> SwappedStaged<O> {
    /// C, and what is done to the sums.
    #[inline(always)]
    pub const fn new(c: Finished<O>) -> Self {
        Self(c)
    }
}

/// Writes the chunks of an accumulator that are the block's own.
///
/// # Safety
/// All threads of the warpgroup execute this; the slabs are its own, and nobody reads them.
#[inline(always)]
#[track_caller]
unsafe fn stage<const R: usize>(d: &Accumulator<R>, place: Place) {
    unroll!(chunk < 8 => {
        if 4 * chunk < R && place.own.has(chunk as u32) {
            let slabs = place.slabs.add(chunk as u32 * CHUNK_BYTES);
            let pair = |i: usize| [d.get(4 * chunk + i), d.get(4 * chunk + i + 1)];
            // SAFETY: the caller's contract.
            unsafe { f32::write_transposed(slabs, place.warpgroup.thread, [pair(0), pair(2)]) };
        }
    });
}

/// Four chunks from `first` on, but for those that are not among `own` the last of these.
#[inline(always)]
fn chunks(first: u32, own: Owned) -> [u32; FOUR] {
    [0, 1, 2, 3].map(|on| own.within(first + on))
}

impl<O: Stored> Target for SwappedStaged<O> {
    type Ahead = Columns<O>;
    type Held = ();

    const HOLDS: bool = false;
    const BLOCKED: [bool; 2] = [false; 2];
    const DEAL: Deal = Deal::Chunks;

    #[inline(always)]
    unsafe fn prefetch(&self) {}

    #[inline(always)]
    fn extents(&self) -> [u32; 2] {
        [self.0.finish.columns, self.0.finish.rows]
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
    ) -> Columns<O> {
        let part = [2 * R, WARPGROUP_ROWS as usize];
        let unit = thread % (2 * UNITS);
        // SAFETY: the caller's contract.
        unsafe {
            self.0.prefetch([matrix, column, row], part, thread);
            self.0.columns(matrix, row + unit * FOUR as u32)
        }
    }

    #[inline(always)]
    fn nothing() {}

    #[inline(always)]
    #[track_caller]
    unsafe fn store<const R: usize>(
        &self,
        d: &Accumulator<R>,
        columns: &Columns<O>,
        [matrix, _, column]: Corner,
        place: Place,
    ) {
        const { assert!(R <= 32, "room for all chunks") };
        let thread = place.warpgroup.thread;
        let (own, unit) = (thread / (2 * UNITS), thread % (2 * UNITS));
        let slab = |chunk: u32| Slab {
            at: place
                .slabs
                .add(chunk * CHUNK_BYTES + unit / UNITS * SLAB_BYTES),
            row_bytes: ROW_BYTES,
        };
        // SAFETY: the caller's contract; the warpgroup meets between those who write and those who read.
        unsafe {
            stage(d, place);
            place.warpgroup.sync();
            let mut first = place.own.begin;
            while place.own.has(first) {
                let chunks = chunks(first, place.own);
                let at = chunks.map(|chunk| column + chunk * CHUNK + own);
                let rows = self.0.rows(matrix, at);
                let residuals = self.0.residuals(&rows, columns);
                let sums = chunks.map(|chunk| four(slab(chunk), own, unit % UNITS));
                self.0.store(&rows, columns, &residuals, &sums);
                first += FOUR as u32;
            }
            place.warpgroup.sync();
        }
    }
}
