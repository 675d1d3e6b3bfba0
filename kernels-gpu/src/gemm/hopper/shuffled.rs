//! Shuffled weights: what FlashInfer's `prepare_low_latency_gemm_weights` makes of B, `[k / 128, n, 128]`.
//!
//! ```text
//! group    32 rows of B: row 8a + b in memory makes column 4b + a of C  (a < 4, b < 8)
//! straight memory columns 8a + 2q and the next of a thread (q = lane % 4), for all a: columns 8q .. 8q + 8 of C,
//!          16 bytes of a row
//! swapped  memory rows r and r + 8 of a thread: neighbouring columns of C, 4 bytes of a row
//! ```
//!
//! So nothing is exchanged between threads, and matrix stores are not needed: each writes what it has to slabs.

use cuda_std::shared::Shared;
use cuda_std::unroll;
use cuda_std::wgmma::Accumulator;

use super::columns::ByColumn;
use super::order::Order;
use super::share::CHUNK;
use super::slab::{Fill, Output, Slab, values};
use super::store::Straight;
use super::tile::ROW_BYTES;
use super::transpose::{FillTransposed, Swapped, Transposed};
use crate::pack::Words4;

/// Rows of B that are shuffled among themselves.
const GROUP: u32 = 32;

/// C of shuffled weights, whose rows a tile's rows are.
pub(super) type StraightShuffled<O> = Straight<O, Shuffled>;

/// C of shuffled weights, whose columns a tile's rows are.
pub(super) type SwappedShuffled<O> = Swapped<O, Shuffled>;

/// Groups of 32 rows shuffled, in blocks of a stage's elements of K.
#[derive(Clone, Copy)]
pub(super) struct Shuffled;

impl Order for Shuffled {
    const BLOCKED: bool = true;

    #[inline(always)]
    fn column(row: u32) -> u32 {
        row / GROUP * GROUP + row % CHUNK * 4 + row / CHUNK % 4
    }
}

impl<O: Output> Fill<O> for Shuffled {
    const BY_WORDS: bool = false;

    #[inline(always)]
    #[track_caller]
    unsafe fn fill<const R: usize, C: ByColumn>(
        slab: Slab,
        lane: u32,
        first: usize,
        d: &Accumulator<R>,
        rows: [f32; 2],
        columns: &C,
    ) {
        const { assert!(O::PER_WORD == 2) };
        unroll!(group < 2 => {
            let first = first + group * 4;
            // SAFETY: the caller's contract; each lane has its own 16 bytes of two rows.
            unsafe {
                let [a, b] = [values(d, first, rows, columns), values(d, first + 2, rows, columns)];
                let (row, unit) = (lane / 4, group as u32 * 4 + lane % 4);
                unroll!(half < 2 => {
                    let chunks = [a[half], a[half + 2], b[half], b[half + 2]];
                    slab.unit(row + 8 * half as u32, unit).byte_add(0).write(eight::<O>(chunks));
                });
            }
        });
    }
}

/// Eight columns of C, of which each of four chunks has the first and the second of a half.
#[inline(always)]
fn eight<O: Output>([a, b, c, d]: [[f32; 2]; 4]) -> Words4 {
    let pair = |of: usize, low: [f32; 2], high: [f32; 2]| O::pack_word([low[of], high[of]]);
    Words4([pair(0, a, b), pair(0, c, d), pair(1, a, b), pair(1, c, d)])
}

impl<O: Transposed> FillTransposed<O> for Shuffled {
    #[inline(always)]
    #[track_caller]
    unsafe fn fill_transposed(slabs: Shared<u8>, thread: u32, [first, second]: [[f32; 2]; 2]) {
        const { assert!(O::PER_WORD == 2) };
        let column = Self::column(thread / 32 * 16 + thread % 32 / 4);
        unroll!(i < 2 => {
            let row = 2 * (thread % 4) + i as u32;
            let on = row * ROW_BYTES + ((column / 8) ^ row) * 16 + column % 8 * 2;
            // SAFETY: the caller's contract; each thread has its own 4 bytes of two rows.
            unsafe { slabs.byte_add::<u32>(on).write(O::pack_word([first[i], second[i]])) };
        });
    }
}

#[cfg(test)]
mod tests {
    use formats::RowOrder;

    use super::{Order, Shuffled};

    #[test]
    fn columns_are_those_of_the_layout() {
        for row in 0..96 {
            let source = RowOrder::SHUFFLE_32.source(96, row as usize);
            assert_eq!(Shuffled::column(row) as usize, source);
        }
    }

    #[test]
    fn a_thread_has_neighbours() {
        for quad in 0..4 {
            let chunks = (0..4).flat_map(|chunk| [0, 1].map(|i| 8 * chunk + 2 * quad + i));
            let mut columns: Vec<_> = chunks.map(Shuffled::column).collect();
            columns.sort_unstable();
            assert!(columns.into_iter().eq(8 * quad..8 * quad + 8));
        }
        for row in (0..64).filter(|row| row % 16 < 8) {
            let column = Shuffled::column(row);
            assert_eq!((column % 2, Shuffled::column(row + 8)), (0, column + 1));
        }
    }
}
