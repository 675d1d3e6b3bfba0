//! From global to shared memory: the rows of one operand, one stage of K at a time.

use cuda_std::shared::Shared;
use cuda_std::unroll;

use super::chunk::Chunks;
use super::layout::{ROW_BYTES, ROW_CHUNKS};
use crate::pack::Words4;

/// The most chunks that a thread loads of one operand in one stage.
const MAX_CHUNKS: usize = 8;

/// One thread's share of an operand that a block loads together: chunks of 8 elements of some rows, always at
/// the same place in the row.
///
/// `rows` and `threads` are constants everywhere; they are arguments only because stable Rust has no
/// arithmetic on const generics.
pub(super) struct Loader<T, C> {
    /// How a chunk gets there.
    chunks: C,
    /// The thread's rows; null where the operand has none.
    rows: [*const T; MAX_CHUNKS],
    /// The first of the thread's rows in the tile.
    first: u32,
    /// The element of the stage that the thread's chunks start at.
    element: u32,
}

/// An operand of a tile: `row(r)` is row `r` of it, null where the operand has none.
#[derive(Clone, Copy)]
pub(super) struct Operand<C, R> {
    /// How its elements get to shared memory.
    pub chunks: C,
    pub row: R,
}

impl<T, C: Chunks<T>> Loader<T, C> {
    /// The share of `thread`.
    #[inline(always)]
    pub(super) fn new(
        rows: u32,
        threads: u32,
        thread: u32,
        operand: Operand<C, impl Fn(u32) -> *const T>,
    ) -> Self {
        let first = thread / ROW_CHUNKS;
        let mut addresses = [core::ptr::null(); MAX_CHUNKS];
        unroll!(i < chunks(rows, threads) => {
            addresses[i] = (operand.row)(first + i as u32 * step(threads));
        });
        Self {
            chunks: operand.chunks,
            rows: addresses,
            first,
            element: thread % ROW_CHUNKS * 8,
        }
    }

    /// Starts the loads of the elements from `k0` on into `tile`; what lies past `k` or in no row is zero.
    ///
    /// # Safety
    /// - `tile` is `rows` shared rows that no thread reads until the next wait and barrier.
    /// - Each row not null has `k` elements, as the chunks want them.
    #[inline(always)]
    #[track_caller]
    pub(super) unsafe fn load(&self, rows: u32, threads: u32, tile: Shared<u8>, k0: u32, k: u32) {
        let at = k0 + self.element;
        unroll!(i < chunks(rows, threads) => {
            let row = self.first + i as u32 * step(threads);
            if rows.is_multiple_of(step(threads)) || row < rows {
                let chunk = tile.byte_add::<Words4>(row * ROW_BYTES + self.element * 2);
                let here = if self.rows[i].is_null() { 0 } else { k.saturating_sub(at) };
                // SAFETY: the chunk is in the tile, and `here` elements of the row are left at `at`.
                unsafe { self.chunks.copy(chunk, self.rows[i], at, here) };
            }
        });
    }
}

/// From one of a thread's rows to its next.
#[inline(always)]
const fn step(threads: u32) -> u32 {
    threads / ROW_CHUNKS
}

/// Chunks a thread, the last perhaps only for some threads.
#[inline(always)]
const fn chunks(rows: u32, threads: u32) -> usize {
    (rows * ROW_CHUNKS).div_ceil(threads) as usize
}
