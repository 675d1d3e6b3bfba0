//! How a scale a column is found by clusters that go from strip to strip.

use super::clusters::Clusters;

/// What the kernel can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKernel {
    /// Columns of a strip.
    pub columns: usize,
    /// Rows of a stage.
    pub rows: usize,
    /// Stages of a strip that a block has at most.
    pub stages: usize,
    /// Blocks of a cluster at most.
    pub blocks: usize,
}

/// Clusters that share the strips of all matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPlan {
    /// Clusters.
    pub clusters: u32,
    /// Blocks of each.
    pub blocks: u32,
}

/// The time of a strip that is not that of its stages, in stages' times: a block finds its largest magnitudes.
const ALONE: usize = 1;

/// The same where blocks exchange them.
const TOGETHER: usize = 2;

/// The time of a strip, in units of half the time in which memory moves a stage: that of memory, which moves the next strips
/// meanwhile, or that of the threads, which take half of it for a stage.
fn time(stages: usize, blocks: usize) -> usize {
    let meeting = if blocks == 1 { ALONE } else { TOGETHER };
    (2 * stages).max(stages + 2 * meeting)
}

/// The clusters for `matrices` of `[rows, columns]` that are done first, and of these the smallest; none where the rows are too
/// many for a cluster, or strips for the kernel to count, or there are none.
#[must_use]
pub fn column_stream(
    [matrices, rows, columns]: [usize; 3],
    kernel: StreamKernel,
    clusters: Clusters,
) -> Option<StreamPlan> {
    let strips = matrices.checked_mul(columns.div_ceil(kernel.columns))?;
    let all = rows.div_ceil(kernel.rows);
    if all == 0 || !(1..=1 << 30).contains(&strips) {
        return None;
    }
    let fitting = (1..=kernel.blocks).filter(|&blocks| {
        let stages = all.div_ceil(blocks);
        // No block is without rows.
        stages <= kernel.stages && all.div_ceil(stages) == blocks
    });
    let blocks = fitting.min_by_key(|&blocks| {
        strips.div_ceil(clusters.of(blocks)) * time(all.div_ceil(blocks), blocks)
    })?;
    Some(StreamPlan {
        clusters: strips.min(clusters.of(blocks)) as u32,
        blocks: blocks as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::{StreamKernel, StreamPlan, column_stream};
    use crate::heuristics::clusters::Clusters;

    const KERNEL: StreamKernel = StreamKernel {
        columns: 64,
        rows: 128,
        stages: 8,
        blocks: 8,
    };

    /// Clusters and their blocks.
    fn plan(shape: [usize; 3]) -> Option<[u32; 2]> {
        let plan = column_stream(shape, KERNEL, Clusters::of_multiprocessors(132));
        plan.map(|StreamPlan { clusters, blocks }| [clusters, blocks])
    }

    #[test]
    fn many_rows_take_large_clusters() {
        assert_eq!(plan([1, 8192, 11008]), Some([16, 8]));
        assert_eq!(plan([1, 8192, 576]), Some([9, 8]));
        assert_eq!(plan([1, 8193, 11008]), None);
        assert_eq!(plan([1, 5000, 11008]), Some([16, 8]));
        assert_eq!(plan([8, 4096, 1024]), Some([32, 4]));
    }

    #[test]
    fn few_rows_are_shared_where_that_fills_the_gpu() {
        assert_eq!(plan([1, 1024, 11008]), Some([66, 2]));
        assert_eq!(plan([3, 1024, 2816]), Some([132, 1]));
        assert_eq!(plan([1, 128, 11008]), Some([132, 1]));
        assert_eq!(plan([1, 1, 8]), Some([1, 1]));
    }

    #[test]
    fn every_row_has_a_block_and_every_block_a_row() {
        for rows in (1..=8192).chain([9000, 1 << 40]) {
            let Some([clusters, blocks]) = plan([3, rows, 640]) else {
                assert!(rows > 8192);
                continue;
            };
            let stages = rows.div_ceil(128).div_ceil(blocks as usize);
            assert!(stages <= 8 && (1..=30).contains(&clusters));
            assert!((blocks as usize - 1) * stages * 128 < rows);
        }
    }

    #[test]
    fn none_are_not_streamed() {
        for shape in [[0, 8, 8], [8, 0, 8], [8, 8, 0], [1 << 40, 8, 8]] {
            assert_eq!(plan(shape), None);
        }
    }
}
