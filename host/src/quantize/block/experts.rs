//! `silu_and_mul` of experts' rows into NVFP4.

use formats::{E2m1x2, E4m3};

use super::job::Job;
use super::kernels::BlockElement;
use super::nvfp4::job;
use super::options::BlockOptions;
use super::scaled::Nvfp4;
use super::source::Source;
use crate::device::Stream;
use crate::error::{Error, Result};
use crate::quantize::LiveRows;
use crate::quantize::fused::Activated;
use crate::tensor::{AsView, AsViewMut, TensorView};

/// [`silu_and_mul_nvfp4_quantize`](super::silu_and_mul_nvfp4_quantize) of the rows of experts, each of which has its rows
/// in front and a global scale of its own: for expert `b`, the rows `a[b, ..mask[b]]`.
///
/// # Shapes
/// `a [B, M, 2K]`, the gate first, K a multiple of 16; `mask [B]`, `a_global_sf [B]`. The result's data is
/// `[B, M, K / 2]`, its scales are `[B, ceil(M / 128), ceil(K / 16 / 4), 32, 4, 4]`: the scale of row `m` and block `kv` of
/// expert `b` is at `[b, m / 128, kv / 4, m % 32, m % 128 / 32, kv % 4]`. FlashInfer returns views of this memory: its
/// `[M, K / 2, B]` is the data permuted by `(1, 2, 0)`, its `[32, 4, rm, 4, rk, B]` the scales permuted by
/// `(3, 4, 1, 5, 2, 0)`.
///
/// # Errors
/// [`Error::Shape`] if `a` has another rank than 3, K is not a multiple of 16, or `mask` or `a_global_sf` another number
/// of elements; [`Error::Placement`](crate::Error::Placement) if one is not on the stream.
///
/// # Numerics
/// As [`nvfp4_quantize`](super::nvfp4_quantize). Data of rows from `mask[b]` on is not written, nor does FlashInfer write
/// it; their scales, and all padding, are zero, where FlashInfer leaves what was there.
///
/// Source: FlashInfer, `silu_and_mul_scaled_nvfp4_experts_quantize`.
pub fn silu_and_mul_scaled_nvfp4_experts_quantize<T: BlockElement>(
    stream: &Stream,
    a: &impl AsView<T>,
    mask: &impl AsView<i32>,
    a_global_sf: &impl AsView<f32>,
) -> Result<Nvfp4> {
    let mut out: Nvfp4 =
        masked(stream, a.as_view(), mask.as_view(), a_global_sf.as_view())?.allocate()?;
    let grid = out.grid;
    let tiles = [grid.padded_rows() / 128, grid.padded_columns() / 4];
    let experts = out.scales.shape().first().copied().unwrap_or(0);
    out.scales = out
        .scales
        .reshape(&[experts, tiles[0], tiles[1], 32, 4, 4])?;
    Ok(out)
}

/// [`silu_and_mul_scaled_nvfp4_experts_quantize`] into `data [B, M, K / 2]` and `scales`, as many as the grids have bytes,
/// in any shape. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul_scaled_nvfp4_experts_quantize`] and [`nvfp4_quantize_into`](super::nvfp4_quantize_into).
pub fn silu_and_mul_scaled_nvfp4_experts_quantize_into<T: BlockElement>(
    stream: &Stream,
    a: &impl AsView<T>,
    mask: &impl AsView<i32>,
    a_global_sf: &impl AsView<f32>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E4m3>,
) -> Result<()> {
    let job = masked(stream, a.as_view(), mask.as_view(), a_global_sf.as_view())?;
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// Experts' rows and their counts.
fn masked<'a, T: BlockElement>(
    stream: &'a Stream,
    a: TensorView<'a, T>,
    mask: TensorView<'a, i32>,
    global: TensorView<'a, f32>,
) -> Result<Job<'a, T>> {
    const NAME: &str = "silu_and_mul_scaled_nvfp4_experts_quantize";
    let &[experts, _, _] = &**a.shape() else {
        return Err(Error::shape(NAME, "a", "[B, M, 2K]", *a.shape()));
    };
    if global.shape().elements() != experts {
        let expected = format!("[{experts}]");
        return Err(Error::shape(NAME, "a_global_sf", expected, *global.shape()));
    }
    let options = BlockOptions {
        matrices: experts,
        rows: LiveRows::Counted(mask),
        ..BlockOptions::default()
    };
    Ok(job(NAME, stream, Source::silu_and_mul(a), global, &options))
}

/// `silu_and_mul`, times a vector of each row's expert, then [`nvfp4_quantize`](super::nvfp4_quantize), in one pass. This
/// operation is this library's own: a call by which rows are scaled before they are quantised, element by element, as a
/// checkpoint with per-channel smoothing of its experts' inputs wants it.
///
/// ```text
/// a[r, j] = silu(x[r, j]) * x[r, K + j]                          rounded to the type of x
/// y[r, j] = a[r, j] * expert_scales[expert_indices[r], j]        rounded to the type of x
/// result  = nvfp4_quantize(y, global_scale)
/// ```
///
/// # Shapes
/// `x [.., 2K]`, the gate first, K a multiple of 16; `expert_scales [experts, K]`; an index for each row;
/// `global_scale [G]`, G a divisor of the rows. A row whose index is no expert's does not exist: its data is not written,
/// its scales are zero.
///
/// # Errors
/// As [`nvfp4_quantize`](super::nvfp4_quantize); [`Error::Shape`] if `expert_scales` or `expert_indices` has another
/// shape; [`Error::Argument`] if the options choose rows, or make more than one matrix of them.
///
/// # Numerics
/// The same bits as the three operations one after the other.
pub fn silu_and_mul_expert_scaled_nvfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    expert_scales: &impl AsView<T>,
    expert_indices: &impl AsView<i32>,
    global_scale: &impl AsView<f32>,
    options: &BlockOptions<'_>,
) -> Result<Nvfp4> {
    let source = scaled(
        x.as_view(),
        expert_scales.as_view(),
        expert_indices.as_view(),
    );
    by_index(stream, source, global_scale.as_view(), options)?.allocate()
}

/// [`silu_and_mul_expert_scaled_nvfp4_quantize`] into `data [.., K / 2]` and `scales`, as many as the grid has bytes, in
/// any shape. Allocates nothing.
///
/// # Errors
/// As [`silu_and_mul_expert_scaled_nvfp4_quantize`] and [`nvfp4_quantize_into`](super::nvfp4_quantize_into).
#[allow(clippy::too_many_arguments)]
pub fn silu_and_mul_expert_scaled_nvfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    expert_scales: &impl AsView<T>,
    expert_indices: &impl AsView<i32>,
    global_scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E4m3>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let source = scaled(
        x.as_view(),
        expert_scales.as_view(),
        expert_indices.as_view(),
    );
    let job = by_index(stream, source, global_scale.as_view(), options)?;
    job.run(data.as_view_mut(), scales.as_view_mut())
}

fn scaled<'a, T: BlockElement>(
    x: TensorView<'a, T>,
    vectors: TensorView<'a, T>,
    indices: TensorView<'a, i32>,
) -> Source<'a, T> {
    Source::Experts {
        activated: Activated::silu_and_mul(x),
        vectors,
        indices,
    }
}

/// Rows and their experts' vectors; the indices say which rows exist, and there is one matrix.
fn by_index<'a, T: BlockElement>(
    stream: &'a Stream,
    source: Source<'a, T>,
    global: TensorView<'a, f32>,
    options: &BlockOptions<'a>,
) -> Result<Job<'a, T>> {
    const NAME: &str = "silu_and_mul_expert_scaled_nvfp4_quantize";
    let matrices = options.matrices;
    if matrices != 1 {
        return Err(Error::argument(NAME, "options.matrices", "1", matrices));
    }
    if !matches!(options.rows, LiveRows::All) {
        let expected = "LiveRows::All, since the indices say which rows exist";
        let found = "another choice";
        return Err(Error::argument(NAME, "options.rows", expected, found));
    }
    Ok(job(NAME, stream, source, global, options))
}
