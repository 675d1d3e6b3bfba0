//! How the FP8 quantisers are laid over what shares a scale, where that is more than a part of a row.

/// Threads of a block that has a row to itself, at most.
const ROW_THREADS: usize = 512;

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

/// Threads of the block that has a row of `octets` and finds one scale for it; a thread keeps so many of them.
#[must_use]
pub fn row(octets: usize, kept: usize) -> u32 {
    warps(octets.div_ceil(kept).min(ROW_THREADS)) as u32
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
    use super::{AMAX_PARTS, amax, row, strip};

    #[test]
    fn a_row_has_a_block() {
        assert_eq!(row(11008 / 8, 4), 352);
        assert_eq!(row(16384 / 8, 4), 512);
        assert_eq!(row(28672 / 8, 4), 512);
        assert_eq!((row(1, 4), row(0, 2)), (32, 32));
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
