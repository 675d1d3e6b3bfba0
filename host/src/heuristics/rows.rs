//! How a row-wise, memory-bound kernel is laid over its rows.

/// A layout of blocks over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlan {
    /// Threads of a block.
    pub threads: u32,
    /// Blocks a row.
    pub chunks: u32,
}

impl RowPlan {
    /// The same threads of a row, in blocks of `most` at most.
    #[must_use]
    pub fn within(self, most: u32) -> Self {
        let parts = self.threads.div_ceil(most);
        Self {
            threads: self.threads.div_ceil(parts).next_multiple_of(32),
            chunks: self.chunks * parts,
        }
    }
}

/// Threads of a block that has a part of a row.
const PART_THREADS: usize = 384;

/// Threads of a block where there are few rows.
const FEW_ROWS_THREADS: usize = 128;

/// Threads of one round that a multiprocessor has at least where threads have several: twice what it holds of such a kernel
/// at once. With fewer, rounds leave it idle.
const BUSY_THREADS: usize = 2 * 1536;

/// Blocks for `rows` rows, padding included, that `threads` threads finish in one round each.
///
/// Where that fills the GPU, and blocks are many, they have as many `rounds` as are wanted, or as keep it busy: what a block
/// begins with is less of its work then, and least where a row has one block, for which several rounds may be more than are
/// wanted. Else the blocks are small, and have one round.
#[must_use]
pub fn plan(rows: usize, threads: usize, rounds: usize, multiprocessors: u32) -> RowPlan {
    let (all, multiprocessors) = (rows * threads, multiprocessors as usize);
    let fills = all >= 2 * multiprocessors * PART_THREADS;
    let busy = all / (multiprocessors * BUSY_THREADS).max(1);
    let rounds = match rounds {
        0 | 1 => 1,
        _ => rounds.max(threads.div_ceil(PART_THREADS)),
    };
    let threads = threads.div_ceil(rounds.min(busy).max(1)).max(1);
    let most = if fills {
        PART_THREADS
    } else {
        FEW_ROWS_THREADS
    };
    let chunks = threads.div_ceil(most).min(u16::MAX as usize);
    let threads = threads.div_ceil(chunks).min(PART_THREADS);
    RowPlan {
        threads: threads.next_multiple_of(32) as u32,
        chunks: chunks as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::{RowPlan, plan};

    fn numbers(rows: usize, columns: usize, rounds: usize) -> (u32, u32) {
        let plan = plan(rows, columns / 16, rounds, 132);
        (plan.threads, plan.chunks)
    }

    #[test]
    fn rows_have_a_round() {
        assert_eq!(numbers(8192, 11008, 1), (352, 2));
        assert_eq!(numbers(8192, 16384, 1), (352, 3));
        assert_eq!(numbers(8192, 4096, 1), (256, 1));
        assert_eq!(numbers(8192, 32, 1), (32, 1));
        assert_eq!(numbers(8192, 11008, 2), (352, 1));
        assert_eq!(numbers(8192, 16384, 2), (352, 1));
    }

    #[test]
    fn many_rows_have_several() {
        assert_eq!(numbers(8192, 11008, 4), (192, 1));
        assert_eq!(numbers(1024, 14336, 4), (224, 2));
        assert_eq!(numbers(512, 14336, 4), numbers(512, 14336, 1));
        assert_eq!(numbers(128, 14336, 4), numbers(128, 14336, 1));
    }

    #[test]
    fn large_blocks_are_parted() {
        let plan = RowPlan {
            threads: 352,
            chunks: 4,
        };
        assert_eq!(plan.within(352), plan);
        let parts = plan.within(256);
        assert_eq!((parts.threads, parts.chunks), (192, 8));
    }

    #[test]
    fn few_rows_have_small_blocks() {
        assert_eq!(numbers(128, 11008, 1), (128, 6));
        assert_eq!(numbers(128, 11008, 2), (128, 6));
        assert_eq!(numbers(1, 64, 1), (32, 1));
        assert_eq!(numbers(0, 0, 1), (32, 1));
        assert_eq!(numbers(1, 1 << 31, 1), (384, 65535));
    }
}
