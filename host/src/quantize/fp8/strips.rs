//! A scale a column: by which kernel, over which strips.

use super::kernels::Recipe;
use super::on_kernels::OCTET;
use super::sizes::Sizes;
use crate::device::{LaunchConfig, Stream};
use crate::heuristics::quantize_fp8 as heuristics;
use crate::kernels::quantize::fp8::COLUMN_BYTES;
use crate::kernels::quantize::fp8::columns::{MOST_BLOCKS, ONCE_BYTES, kept_rows};

/// The kernel that finds a scale a column, and its launch: on Hopper one that reads a matrix once, if a cluster keeps its
/// rows.
pub(super) fn columns<T>(stream: &Stream, sizes: &Sizes) -> (Recipe, LaunchConfig) {
    let (octets, element) = (sizes.columns.div_ceil(OCTET), size_of::<T>());
    let multiprocessors = stream.device().multiprocessors();
    let columns = heuristics::Columns {
        matrices: sizes.matrices,
        rows: sizes.rows,
        octets,
        element,
    };
    let kept = kept_rows(element);
    let plan = heuristics::cluster_strip(columns, kept, MOST_BLOCKS as usize, multiprocessors);
    if let Some(plan) = plan.filter(|_| stream.device().runs_as_hopper()) {
        let config = LaunchConfig::new(plan.grid, (plan.octets, plan.rows));
        let config = config.with_shared(ONCE_BYTES).with_cluster(plan.blocks);
        return (Recipe::ColumnOnce, config);
    }
    let strip = heuristics::strip(sizes.matrices, octets, multiprocessors);
    let config = LaunchConfig::new(strip.strips, (strip.octets, strip.rows));
    (Recipe::Column, config.with_shared(COLUMN_BYTES))
}
