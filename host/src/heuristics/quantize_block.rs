//! How a block quantiser is laid over its rows.

use super::activation::RowPlan;

/// Threads of a block that has a row to itself, at most.
const ROW_THREADS: usize = 512;

/// Threads of a block where rows are shared out to fill the GPU.
const CHUNK_THREADS: usize = 128;

/// Threads that a multiprocessor has at once, at the registers that these kernels take.
const RESIDENT: usize = 1536;

/// Octets that a thread has one after the other, at most: what it does once a row is then little next to them.
const OCTETS: usize = 8;

/// Blocks for `rows` rows, padding included, of `octets` octets each. Where there is work enough to fill the GPU, a
/// thread has several octets; a row that is too long for one block at that is shared out among smaller ones.
#[must_use]
pub fn plan(rows: usize, octets: usize, multiprocessors: u32) -> RowPlan {
    let octets = octets.max(1);
    let resident = multiprocessors.max(1) as usize * RESIDENT;
    let each = (rows.saturating_mul(octets) / resident).clamp(1, OCTETS);
    let threads = octets.div_ceil(each).next_multiple_of(32);
    let fills = rows >= 2 * multiprocessors as usize;
    if threads <= if fills { ROW_THREADS } else { CHUNK_THREADS } {
        return RowPlan {
            threads: threads as u32,
            chunks: 1,
        };
    }
    RowPlan {
        threads: CHUNK_THREADS as u32,
        chunks: threads.div_ceil(CHUNK_THREADS).min(u16::MAX as usize) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::plan;

    fn numbers(rows: usize, columns: usize) -> (u32, u32) {
        let plan = plan(rows, columns / 8, 132);
        (plan.threads, plan.chunks)
    }

    #[test]
    fn where_rows_are_many_a_thread_has_several_octets() {
        assert_eq!(numbers(8192, 11008), (192, 1));
        assert_eq!(numbers(8192, 4096), (64, 1));
        assert_eq!(numbers(8192, 32), (32, 1));
        assert_eq!(numbers(2048, 16384), (256, 1));
        assert_eq!(numbers(1024, 4096), (256, 1));
        assert_eq!(numbers(8192, 65536), (128, 8));
    }

    #[test]
    fn few_rows_are_shared_out() {
        assert_eq!(numbers(128, 11008), (128, 11));
        assert_eq!(numbers(128, 4096), (128, 4));
        assert_eq!(numbers(1, 64), (32, 1));
        assert_eq!(numbers(1, 1 << 31), (128, 65535));
    }
}
