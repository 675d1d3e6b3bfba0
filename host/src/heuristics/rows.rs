//! How a row-wise, memory-bound kernel is laid over its rows.

/// A layout of blocks over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlan {
    /// Threads of a block.
    pub threads: u32,
    /// Blocks a row.
    pub chunks: u32,
}

/// Threads of a block that has a part of a row.
const PART_THREADS: usize = 384;

/// Threads of a block where there are few rows.
const FEW_ROWS_THREADS: usize = 128;

/// Blocks for `rows` rows, padding included, that `threads` threads finish in one round each.
///
/// Where that fills the GPU, blocks have as many `rounds` as are wanted: one for most kernels, since a block that ends makes
/// room for the loads of another. Else the blocks are small, and have one round.
#[must_use]
pub fn plan(rows: usize, threads: usize, rounds: usize, multiprocessors: u32) -> RowPlan {
    let fills = rows * threads >= 2 * multiprocessors as usize * PART_THREADS;
    let threads = threads.div_ceil(if fills { rounds } else { 1 }).max(1);
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
    use super::plan;

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
