//! From global to shared memory: the rows of one operand, one stage of K at a time.

use cuda_std::cp_async;
use cuda_std::mma::MmaElement;
use cuda_std::shared::Shared;
use cuda_std::unroll;

use super::layout::{ROW_BYTES, ROW_CHUNKS};
use crate::pack::Words4;

/// The most chunks that a thread loads of one operand in one stage.
const MAX_CHUNKS: usize = 8;

/// One thread's share of an operand that a block loads together: 16-byte chunks of some rows, always at
/// the same place in the row.
///
/// `rows` and `threads` are constants everywhere; they are arguments only because stable Rust has no
/// arithmetic on const generics.
pub(super) struct Loader<T> {
    /// The thread's rows; null where the operand has none.
    rows: [*const T; MAX_CHUNKS],
    /// The first of the thread's rows in the tile.
    first: u32,
    /// The element of the stage that the thread's chunks start at.
    element: u32,
}

impl<T: MmaElement> Loader<T> {
    /// The share of `thread`; `address(r)` is row `r` of the tile, null where there is none.
    #[inline(always)]
    pub(super) fn new(
        rows: u32,
        threads: u32,
        thread: u32,
        address: impl Fn(u32) -> *const T,
    ) -> Self {
        let first = thread / ROW_CHUNKS;
        let mut addresses = [core::ptr::null(); MAX_CHUNKS];
        unroll!(i < chunks(rows, threads) => {
            addresses[i] = address(first + i as u32 * step(threads));
        });
        Self {
            rows: addresses,
            first,
            element: thread % ROW_CHUNKS * 8,
        }
    }

    /// Starts the loads of the elements from `k0` on into `tile`; what lies past `k` or in no row is zero.
    ///
    /// # Safety
    /// - `tile` is `rows` shared rows that no thread reads until the next wait and barrier.
    /// - Each row not null has `k` elements; if `ALIGNED`, it starts at a multiple of 16 bytes and `k` is a
    ///   multiple of 8.
    #[inline(always)]
    #[track_caller]
    pub(super) unsafe fn load<const ALIGNED: bool>(
        &self,
        rows: u32,
        threads: u32,
        tile: Shared<u8>,
        k0: u32,
        k: u32,
    ) {
        let at = k0 + self.element;
        unroll!(i < chunks(rows, threads) => {
            let row = self.first + i as u32 * step(threads);
            if rows.is_multiple_of(step(threads)) || row < rows {
                let chunk = tile.byte_add::<Words4>(row * ROW_BYTES + self.element * 2);
                let here = if self.rows[i].is_null() { 0 } else { k.saturating_sub(at) };
                // SAFETY: the chunk is in the tile, and `here` elements of the row are left at `at`.
                unsafe {
                    if ALIGNED {
                        copy_aligned(chunk, self.rows[i], at, here);
                    } else {
                        copy_elements(chunk, self.rows[i], at, here);
                    }
                }
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

/// Copies 8 elements asynchronously, or zeroes if none is left.
///
/// # Safety
/// `here` is 0, or `row` has 8 elements from `at` on, aligned to 16 bytes; `chunk` is free.
#[inline(always)]
unsafe fn copy_aligned<T>(chunk: Shared<Words4>, row: *const T, at: u32, here: u32) {
    let bytes = if here == 0 { 0 } else { 16 };
    let source = row.wrapping_add(if here == 0 { 0 } else { at as usize });
    // SAFETY: 16 readable aligned bytes, or none.
    unsafe { cp_async::copy_16(chunk, source.cast(), bytes) }
}

/// Copies the elements that are left one by one, and zeroes for the rest of 8.
///
/// # Safety
/// `row` has at least `here` elements from `at` on; `chunk` is free.
#[inline(always)]
unsafe fn copy_elements<T: MmaElement>(chunk: Shared<Words4>, row: *const T, at: u32, here: u32) {
    let mut words = [0u32; 4];
    unroll!(i < 8 => {
        if (i as u32) < here {
            // SAFETY: the element is one of those left; it is 16 bits wide.
            let bits = unsafe { *row.add(at as usize + i).cast::<u16>() };
            words[i / 2] |= (bits as u32) << (16 * (i % 2));
        }
    });
    // SAFETY: the chunk is free and aligned.
    unsafe { chunk.write(Words4(words)) }
}
