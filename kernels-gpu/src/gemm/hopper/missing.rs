//! Rows that a tile has, and a product does not.
//!
//! A tensor copy would make them up as zeros, which takes it longer than to read as many. So boxes have no more rows than a
//! product, and what products of tensor cores read of a stage beyond them is zeroed once, by those who read it.

use cuda_std::shared::Shared;
use cuda_std::{fence, thread};

use super::neighbours::Neighbours;
use super::tile::{CONSUMERS, Layout, ROW_BYTES};
use crate::pack::Words4;

/// Rows after which a swizzle begins again: where blocks load for each other, each loads so many, or a multiple of them.
pub const SWIZZLE_ROWS: u32 = 8;

/// Threads of all consumers.
const CONSUMER_THREADS: u32 = 128 * CONSUMERS;

/// Bytes that a thread writes at once.
const UNIT: u32 = size_of::<Words4>() as u32;

/// Rows that `parts` blocks, a power of two, together load of an operand with `extent` rows, for a tile of `rows`: no more than
/// there are, but for what makes the parts equal.
#[must_use]
#[inline(always)]
pub const fn loaded_rows(rows: u32, extent: u32, parts: u32) -> u32 {
    let unit = match parts {
        1 => 1,
        _ => SWIZZLE_ROWS * parts,
    };
    let extent = (extent + unit - 1) & !(unit - 1);
    if extent < rows { extent } else { rows }
}

impl Layout {
    /// The same of operands of so many rows: those alone that are loaded.
    #[inline(always)]
    pub const fn loaded(self, [a, b]: [u32; 2], neighbours: Neighbours) -> Self {
        Self {
            a_rows: loaded_rows(self.a_rows, a, neighbours.columns),
            b_rows: loaded_rows(self.b_rows, b, neighbours.rows),
            ..self
        }
    }

    /// Bytes of both operands.
    #[inline(always)]
    pub const fn bytes(self) -> u32 {
        (self.a_rows + self.b_rows) * ROW_BYTES
    }

    /// Zeroes the rows of `stages` stages that `loaded` lacks.
    ///
    /// # Safety
    /// All threads of all consumers execute this, each with its number among them, before they look at a stage.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn clear(self, loaded: Self, stages: u32, thread: u32) {
        if loaded.bytes() == self.bytes() {
            return;
        }
        let mut stage = 0;
        while stage < stages {
            let a = self.stage(stage);
            // SAFETY: nobody else writes these rows; who reads them has passed the barrier.
            unsafe {
                zero(a, [loaded.a_rows, self.a_rows], thread);
                zero(a.add(self.b_offset), [loaded.b_rows, self.b_rows], thread);
            }
            stage += 1;
        }
        fence::proxy_async_shared();
        // SAFETY: the caller's contract.
        unsafe { thread::barrier_sync::<5>(CONSUMER_THREADS) };
    }
}

/// Zeroes a thread's part of these rows of an operand.
///
/// # Safety
/// Nobody else has them.
#[inline(always)]
#[track_caller]
unsafe fn zero(operand: Shared<u8>, [first, end]: [u32; 2], thread: u32) {
    let mut at = first * ROW_BYTES + thread * UNIT;
    while at < end * ROW_BYTES {
        // SAFETY: the caller's contract; a thread has units of its own.
        unsafe { operand.byte_add::<Words4>(at).write(Words4([0; 4])) };
        at += CONSUMER_THREADS * UNIT;
    }
}

#[cfg(test)]
mod tests {
    use super::loaded_rows;

    #[test]
    fn no_more_rows_than_there_are() {
        for (extent, loaded) in [(1, 1), (63, 63), (64, 64), (65, 64), (4096, 64)] {
            assert_eq!(loaded_rows(64, extent, 1), loaded);
        }
    }

    #[test]
    fn parts_are_of_whole_swizzles() {
        let cases = [
            (1, 2, 16),
            (17, 2, 32),
            (33, 4, 64),
            (49, 2, 64),
            (1, 8, 64),
        ];
        for (extent, parts, loaded) in cases {
            assert_eq!(loaded_rows(64, extent, parts), loaded);
        }
    }
}
