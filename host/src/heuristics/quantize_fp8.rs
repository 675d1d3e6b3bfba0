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

/// The most octets of a strip that the blocks of a cluster share.
const SHARED_STRIP: usize = 4;

/// Bytes of a row that a strip has at least: two sectors of memory.
const STRIP_BYTES: usize = 64;

/// What a strip of columns is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Matrices.
    pub matrices: usize,
    /// Rows of each.
    pub rows: usize,
    /// Octets of a row, one at least.
    pub octets: usize,
    /// Bytes of an element.
    pub element: usize,
}

/// Clusters that each keep a strip of a matrix's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterPlan {
    /// Blocks of all clusters.
    pub grid: u32,
    /// Blocks of a cluster.
    pub blocks: u32,
    /// Octets of a strip: a power of two.
    pub octets: u32,
    /// Rows that a block's threads have at once.
    pub rows: u32,
}

impl Columns {
    /// Strips of so many octets, of all matrices.
    fn strips(&self, width: usize) -> usize {
        self.matrices * self.octets.div_ceil(width)
    }

    /// Blocks that keep a strip of so many octets.
    fn blocks(&self, width: usize, kept: usize) -> usize {
        self.rows.div_ceil(ROW_THREADS / width * kept)
    }
}

/// Clusters of at most `most` blocks, whose threads keep an octet of `kept` rows each; none where the rows are too many for
/// that, or there are none.
///
/// Strips are as wide as they can be where a block alone keeps one and there are enough of them to fill the GPU. Else the
/// blocks of a cluster share one, which is the wider the fewer rows there are.
#[must_use]
pub fn cluster_strip(
    columns: Columns,
    kept: usize,
    most: usize,
    multiprocessors: u32,
) -> Option<ClusterPlan> {
    let fits = |width: usize| {
        let most = if width > SHARED_STRIP { 1 } else { most };
        (1..=most).contains(&columns.blocks(width, kept))
    };
    let grid = |width: usize| columns.strips(width) * columns.blocks(width, kept);
    let fills = |width: usize| grid(width) >= 2 * multiprocessors as usize;
    let whole = columns.octets.next_power_of_two();
    let least = (STRIP_BYTES / (8 * columns.element)).min(whole);
    let mut width = STRIP.min(whole);
    while width > least && !(fits(width) && fills(width)) {
        width /= 2;
    }
    let blocks = columns.blocks(width, kept);
    let down = columns.rows.div_ceil(blocks.max(1) * kept);
    let counted = i32::try_from(grid(width)).is_ok();
    (fits(width) && counted).then_some(ClusterPlan {
        grid: grid(width) as u32,
        blocks: blocks as u32,
        octets: width as u32,
        rows: down.next_multiple_of(32 / width) as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::{AMAX_PARTS, ClusterPlan, Columns, amax, cluster_strip, row, strip};

    fn clusters(matrices: usize, rows: usize, octets: usize, element: usize) -> Option<[u32; 4]> {
        let columns = Columns {
            matrices,
            rows,
            octets,
            element,
        };
        let plan = cluster_strip(columns, 16 / element, 8, 132);
        plan.map(
            |ClusterPlan {
                 grid,
                 blocks,
                 octets,
                 rows,
             }| [grid, blocks, octets, rows],
        )
    }

    #[test]
    fn clusters_keep_strips() {
        assert_eq!(clusters(1, 8192, 1376, 2), Some([344 * 8, 8, 4, 128]));
        assert_eq!(clusters(1, 8193, 1376, 2), None);
        assert_eq!(clusters(1, 5000, 1376, 2), Some([344 * 5, 5, 4, 128]));
        assert_eq!(clusters(1, 1025, 1376, 2), Some([344 * 2, 2, 4, 72]));
        assert_eq!(clusters(1, 8192, 1376, 4), Some([688 * 8, 8, 2, 256]));
        assert_eq!(clusters(1, 4096, 1376, 4), Some([344 * 8, 8, 4, 128]));
        assert_eq!(clusters(1, 8193, 1376, 4), None);
    }

    #[test]
    fn a_block_alone_keeps_a_wide_strip() {
        assert_eq!(clusters(1, 1024, 1376, 2), Some([344, 1, 4, 128]));
        assert_eq!(clusters(4, 512, 1376, 2), Some([4 * 172, 1, 8, 64]));
        assert_eq!(clusters(64, 128, 1376, 2), Some([64 * 86, 1, 16, 16]));
        assert_eq!(clusters(1, 128, 1376, 2), Some([344, 1, 4, 16]));
        assert_eq!(clusters(1, 1, 1, 2), Some([1, 1, 1, 32]));
    }

    #[test]
    fn every_row_is_kept_by_whole_warps() {
        for element in [2, 4] {
            for octets in [1, 2, 3, 5, 17, 1376] {
                for rows in (1..9000).step_by(37) {
                    let Some([grid, blocks, width, down]) = clusters(3, rows, octets, element)
                    else {
                        assert!(rows > 8192);
                        continue;
                    };
                    let kept = blocks as usize * down as usize * 16 / element;
                    let threads = width * down;
                    assert!(kept >= rows && blocks <= 8);
                    assert!(threads.is_multiple_of(32) && (32..=512).contains(&threads));
                    assert_eq!(grid, 3 * octets.div_ceil(width as usize) as u32 * blocks);
                }
            }
        }
    }

    #[test]
    fn more_blocks_than_a_grid_has_are_none() {
        assert_eq!(clusters(1 << 30, 1, 1376, 2), None);
    }

    #[test]
    fn no_rows_are_not_kept() {
        assert_eq!(clusters(1, 0, 1376, 2), None);
    }

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
