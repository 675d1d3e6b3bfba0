//! A scale a column: by which kernel, over which strips.

use super::arguments::{format, rounding};
use super::code::Fp8Code;
use super::job::Job;
use super::kernels::{Fp8Element, Recipe};
use super::on_kernels::OCTET;
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use crate::device::tensor_map::Matrices;
use crate::device::{LaunchConfig, Stream};
use crate::error::Result;
use crate::heuristics::quantize_columns::{StreamKernel, StreamPlan, column_stream};
use crate::heuristics::quantize_fp8 as heuristics;
use crate::kernels::quantize::fp8::COLUMN_BYTES;
use crate::kernels::quantize::fp8::columns::{
    EXCHANGE_BYTES, MOST_BLOCKS, MOST_STAGES, STAGE_ROWS, STREAM_BYTES, STRIP_BYTES, kept_rows,
    stream_threads,
};
use crate::quantize::width::Width;
use crate::tensor::TensorViewMut;

/// The clusters that find a scale a column, and read memory once: on Hopper, if a cluster keeps a matrix's rows and tensor
/// copies can load them.
pub(super) fn stream<T: Fp8Element>(
    job: &Job<'_, T>,
    sizes: &Sizes,
    width: Width,
) -> Option<StreamPlan> {
    let device = job.op.stream.device();
    if job.scaling != Fp8Scaling::Columns || width != Width::Wide || !device.runs_as_hopper() {
        return None;
    }
    let kernel = StreamKernel {
        columns: STRIP_BYTES as usize / size_of::<T>(),
        rows: STAGE_ROWS as usize,
        stages: MOST_STAGES as usize,
        blocks: MOST_BLOCKS as usize,
    };
    column_stream(
        [sizes.matrices, sizes.rows, sizes.columns],
        kernel,
        device.clusters(),
    )
}

/// Quantises by these clusters.
///
/// # Safety
/// The memory is the stream's device's, of the checked shapes, and in the stream's order.
pub(super) unsafe fn quantize<T: Fp8Element, C: Fp8Code>(
    job: &Job<'_, T>,
    (sizes, plan): (&Sizes, StreamPlan),
    data: &TensorViewMut<'_, C>,
    scales: &TensorViewMut<'_, f32>,
) -> Result<()> {
    let Sizes {
        matrices,
        rows,
        columns,
    } = *sizes;
    let x = Matrices::of(job.source.x(), [matrices, rows, columns]);
    let config = LaunchConfig::new(plan.clusters * plan.blocks, stream_threads(size_of::<T>()))
        .with_shared(STREAM_BYTES)
        .with_cluster(plan.blocks);
    let args = (
        x.map(job.op.stream, STAGE_ROWS)?,
        data.as_ptr().cast(),
        data.row_stride() as u64,
        scales.as_ptr(),
        matrices as u32,
        rows as u32,
        columns as u32,
        format::<C>() | rounding(job.options.rounding),
    );
    // SAFETY: the map is of the elements, in the kernel's boxes; the caller's contract.
    unsafe { job.op.stream.launch(T::quantize_columns(), config, args) }
}

/// The kernel that finds a scale a column where tensor copies or clusters cannot, and its launch: on Hopper one that reads a
/// matrix once, if a cluster keeps its rows.
pub(super) fn columns<T>(stream: &Stream, sizes: &Sizes, width: Width) -> (Recipe, LaunchConfig) {
    let (octets, element) = (sizes.columns.div_ceil(OCTET), size_of::<T>());
    let multiprocessors = stream.device().multiprocessors();
    let columns = heuristics::Columns {
        matrices: sizes.matrices,
        rows: sizes.rows,
        octets,
        element,
    };
    let once = width == Width::Narrow && stream.device().runs_as_hopper();
    let kept = kept_rows(element);
    let plan = heuristics::cluster_strip(columns, kept, MOST_BLOCKS as usize, multiprocessors);
    if let Some(plan) = plan.filter(|_| once) {
        let config = LaunchConfig::new(plan.grid, (plan.octets, plan.rows));
        let config = config.with_shared(EXCHANGE_BYTES).with_cluster(plan.blocks);
        return (Recipe::ColumnOnce, config);
    }
    let strip = heuristics::strip(sizes.matrices, octets, multiprocessors);
    let config = LaunchConfig::new(strip.strips, (strip.octets, strip.rows));
    (Recipe::Column, config.with_shared(COLUMN_BYTES))
}
