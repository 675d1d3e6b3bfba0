//! How matrices that only move are laid over threads.

/// Threads of a block.
const THREADS: u32 = 256;

/// The most blocks in a grid's second dimension.
const MAX_BLOCKS_Y: usize = 65535;

/// A grid over rows and the chunks of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridPlan {
    /// Chunks and rows of a block.
    pub threads: (u32, u32),
    /// Blocks over rows and over the chunks of a row.
    pub blocks: (u32, u32),
}

/// Bytes that a thread moves at once: the most of 16, 4 and 1 that divide all of `bytes` (lengths, strides and
/// addresses).
#[must_use]
pub fn chunk_bytes(bytes: &[usize]) -> usize {
    let fits = |chunk: &usize| bytes.iter().all(|bytes| bytes.is_multiple_of(*chunk));
    [16, 4].into_iter().find(fits).unwrap_or(1)
}

/// A grid in which every chunk has a thread; a block takes at most `wide` chunks of a row, a power of two.
///
/// A thread that moves one chunk and ends keeps as much under way as one that loops, and there is no tail to
/// balance. There are fewer than 2^31 rows.
#[must_use]
pub fn matrix(rows: usize, chunks: usize, wide: u32) -> GridPlan {
    let wide = wide.min(THREADS) as usize;
    let x = chunks.max(1).next_power_of_two().min(wide);
    let y = THREADS as usize / x;
    let columns = chunks.div_ceil(x).clamp(1, MAX_BLOCKS_Y);
    GridPlan {
        threads: (x as u32, y as u32),
        blocks: (rows.div_ceil(y).max(1) as u32, columns as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::{GridPlan, chunk_bytes, matrix};

    #[test]
    fn the_widest_chunk_that_everything_allows() {
        assert_eq!(chunk_bytes(&[4096, 256, 0]), 16);
        assert_eq!(chunk_bytes(&[180, 256]), 4);
        assert_eq!(chunk_bytes(&[24, 40]), 4);
        assert_eq!(chunk_bytes(&[4096, 2]), 1);
    }

    #[test]
    fn blocks_cover_rows_and_chunks() {
        let plan = |threads, blocks| GridPlan { threads, blocks };
        assert_eq!(matrix(4096, 512, 256), plan((256, 1), (4096, 2)));
        assert_eq!(matrix(4096, 512, 32), plan((32, 8), (512, 16)));
        assert_eq!(matrix(100, 5, 256), plan((8, 32), (4, 1)));
        assert_eq!(matrix(100, 5, 2), plan((2, 128), (1, 3)));
        assert_eq!(matrix(1, 1 << 30, 256), plan((256, 1), (1, 65535)));
    }
}
