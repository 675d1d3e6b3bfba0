//! How the FP8 quantisers are laid over their rows.

use super::activation::RowPlan;

/// Threads of a block that has a row to itself, at most.
const ROW_THREADS: usize = 512;

/// Octets that a thread has of a row that waits for its scale.
const KEPT: usize = 4;

/// Octets that a thread has under way where scales do not wait for a row.
const TOGETHER: usize = 2;

/// Threads of a block where rows are shared out to fill the GPU.
const CHUNK_THREADS: usize = 128;

/// Blocks of a multiprocessor that look for the largest magnitude.
const AMAX_BLOCKS: usize = 4;

/// Threads of each.
const AMAX_THREADS: usize = 256;

/// The most of them.
pub const AMAX_PARTS: usize = 1024;

/// Octets of a strip of columns at most: what the kernels have room for.
const STRIP: usize = 16;

/// Whole warps for so many threads, one at least.
fn warps(threads: usize) -> usize {
    threads.max(1).next_multiple_of(32)
}

/// Threads of the block that has a row of `octets` and finds one scale for it.
#[must_use]
pub fn row(octets: usize) -> u32 {
    warps(octets.div_ceil(KEPT).min(ROW_THREADS)) as u32
}

/// Blocks for `rows` rows, padding included, each in groups: a block a row if that fills the GPU, with just so many threads
/// that its rounds come out even; else smaller blocks, one octet a thread, several blocks a row.
#[must_use]
pub fn group(rows: usize, octets: usize, multiprocessors: u32) -> RowPlan {
    if rows >= 2 * multiprocessors as usize {
        let rounds = octets.div_ceil(TOGETHER * ROW_THREADS).max(1);
        return RowPlan {
            threads: warps(octets.div_ceil(TOGETHER * rounds)) as u32,
            chunks: 1,
        };
    }
    let threads = warps(octets.min(CHUNK_THREADS));
    RowPlan {
        threads: threads as u32,
        chunks: octets.div_ceil(threads).clamp(1, u16::MAX as usize) as u32,
    }
}

/// Blocks for rows whose scale is known.
#[must_use]
pub fn tensor(rows: usize, octets: usize, multiprocessors: u32) -> RowPlan {
    group(rows, octets, multiprocessors)
}

/// Blocks that each find the largest magnitude of their share of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmaxPlan {
    /// Blocks down: each takes every so-many-th row.
    pub rows: u32,
    /// Blocks across.
    pub chunks: u32,
    /// Threads of a block.
    pub threads: u32,
}

/// As many blocks as the GPU holds at once, and at most [`AMAX_PARTS`].
#[must_use]
pub fn amax(rows: usize, octets: usize, multiprocessors: u32) -> AmaxPlan {
    let blocks = (AMAX_BLOCKS * multiprocessors as usize).clamp(1, AMAX_PARTS);
    let down = rows.clamp(1, blocks);
    let across = octets.div_ceil(AMAX_THREADS).clamp(1, blocks / down);
    AmaxPlan {
        rows: down as u32,
        chunks: across as u32,
        threads: warps(octets.min(AMAX_THREADS)) as u32,
    }
}

/// Blocks that each have a strip of a matrix's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripPlan {
    /// Strips of all matrices.
    pub strips: u32,
    /// Octets of a strip: a power of two.
    pub octets: u32,
    /// Rows that a block's threads have at once.
    pub rows: u32,
}

/// The widest strips that fill the GPU, and at least two octets, which are a sector of memory.
#[must_use]
pub fn strip(matrices: usize, octets: usize, multiprocessors: u32) -> StripPlan {
    let strips = |width: usize| matrices * octets.div_ceil(width);
    let mut width = STRIP;
    while width > 2 && strips(width) < 2 * multiprocessors as usize {
        width /= 2;
    }
    StripPlan {
        strips: strips(width) as u32,
        octets: width as u32,
        rows: (ROW_THREADS / width) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::{AMAX_PARTS, amax, group, row, strip};

    #[test]
    fn a_row_has_a_block() {
        assert_eq!(row(11008 / 8), 352);
        assert_eq!(row(16384 / 8), 512);
        assert_eq!(row(28672 / 8), 512);
        assert_eq!((row(1), row(0)), (32, 32));
    }

    #[test]
    fn groups_of_few_rows_are_shared_out() {
        let numbers = |rows, columns: usize| {
            let plan = group(rows, columns / 8, 132);
            (plan.threads, plan.chunks)
        };
        assert_eq!(numbers(8192, 11008), (352, 1));
        assert_eq!(numbers(128, 11008), (128, 11));
        assert_eq!(numbers(0, 0), (32, 1));
    }

    #[test]
    fn parts_are_few() {
        for (rows, octets) in [
            (0, 0),
            (1, 1 << 24),
            (2048, 1376),
            (1 << 30, 1),
            (100, 5000),
        ] {
            let plan = amax(rows, octets, 132);
            assert!(plan.rows * plan.chunks <= AMAX_PARTS as u32 && plan.rows * plan.chunks > 0);
        }
        assert_eq!(amax(2048, 1376, 132).rows, 528);
    }

    #[test]
    fn strips_fill_the_gpu() {
        assert_eq!(strip(1, 1376, 132).octets, 4);
        assert_eq!(strip(64, 1376, 132).octets, 16);
        let narrow = strip(1, 1, 132);
        assert_eq!((narrow.octets, narrow.rows, narrow.strips), (2, 256, 1));
    }
}
