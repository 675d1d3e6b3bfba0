//! Activations of padded rows into MXFP8, as an MoE layer has them between its two products.

use formats::{E4m3, E8m0};

use super::format::Format;
use super::job::Job;
use super::kernels::BlockElement;
use super::options::{BlockOptions, SquaredReluRounding};
use super::scaled::Mxfp8;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::quantize::LiveRows;
use crate::tensor::{AsView, AsViewMut};

/// `max(x, 0)^2` of the rows in use, then [`mxfp8_quantize`](super::mxfp8_quantize), in one pass, with scales in 128x4
/// tiles.
///
/// The rows in use are those before `n_used` whose entry of the map is not negative. The map is not read from `n_used` on.
/// The launch depends on shapes alone, so it can be captured once for any number of rows.
///
/// # Shapes
/// `x [rows, K]`, K a multiple of 32; `permutation_map [rows]`, the source of each row, -1 for padding; `n_used`, one
/// element: how many rows are in use, padding among them counted. The codes are `[rows, K]`; rows not in use are not
/// written, their scales are zero.
///
/// # Errors
/// As [`mxfp8_quantize`](super::mxfp8_quantize).
///
/// # Numerics
/// The same bits on every device. The square of a NaN is 0, as the maximum of it and 0 is; that of -0 is +0. Whether
/// squares are rounded to the type of `x` before they are quantised is up to `rounding`.
///
/// Source: Megatron-LM, `core.inference.moe.activations.squared_relu_and_quantize_mxfp8`.
pub fn squared_relu_and_quantize_mxfp8<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
    rounding: SquaredReluRounding,
) -> Result<Mxfp8> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    squared_relu(stream, Source::SquaredRelu(x.as_view(), rounding), rows).allocate()
}

/// [`squared_relu_and_quantize_mxfp8`] into `data [rows, K]` and `scales`, as many as the grid has bytes, in any shape.
/// Allocates nothing.
///
/// # Errors
/// As [`mxfp8_quantize_into`](super::mxfp8_quantize_into).
pub fn squared_relu_and_quantize_mxfp8_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
    data: &mut impl AsViewMut<E4m3>,
    scales: &mut impl AsViewMut<E8m0>,
    rounding: SquaredReluRounding,
) -> Result<()> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    let job = squared_relu(stream, Source::SquaredRelu(x.as_view(), rounding), rows);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul) of the rows in use, then
/// [`mxfp8_quantize`](super::mxfp8_quantize), in one pass, with scales in 128x4 tiles.
///
/// # Shapes
/// `x [rows, 2K]`, the gate first; the rest as [`squared_relu_and_quantize_mxfp8`].
///
/// # Errors
/// As [`mxfp8_quantize`](super::mxfp8_quantize).
///
/// # Numerics
/// As [`silu_and_mul_mxfp8_quantize`](super::silu_and_mul_mxfp8_quantize). Megatron-LM has both halves of this operation and
/// refuses to fuse them.
pub fn swiglu_and_quantize_mxfp8<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
) -> Result<Mxfp8> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    job(
        "swiglu_and_quantize_mxfp8",
        stream,
        Source::silu_and_mul(x.as_view()),
        rows,
    )
    .allocate()
}

/// [`swiglu_and_quantize_mxfp8`] into `data [rows, K]` and `scales`, as many as the grid has bytes, in any shape. Allocates
/// nothing.
///
/// # Errors
/// As [`mxfp8_quantize_into`](super::mxfp8_quantize_into).
pub fn swiglu_and_quantize_mxfp8_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    permutation_map: &impl AsView<i32>,
    n_used: &impl AsView<i32>,
    data: &mut impl AsViewMut<E4m3>,
    scales: &mut impl AsViewMut<E8m0>,
) -> Result<()> {
    let rows = LiveRows::mapped(permutation_map.as_view(), n_used.as_view());
    let job = job(
        "swiglu_and_quantize_mxfp8",
        stream,
        Source::silu_and_mul(x.as_view()),
        rows,
    );
    job.run(data.as_view_mut(), scales.as_view_mut())
}

fn squared_relu<'a, T: BlockElement>(
    stream: &'a Stream,
    source: Source<'a, T>,
    rows: LiveRows<'a>,
) -> Job<'a, T> {
    job("squared_relu_and_quantize_mxfp8", stream, source, rows)
}

fn job<'a, T: BlockElement>(
    name: &'static str,
    stream: &'a Stream,
    source: Source<'a, T>,
    rows: LiveRows<'a>,
) -> Job<'a, T> {
    let options = BlockOptions {
        rows,
        ..BlockOptions::default()
    };
    Job::new(name, stream, source, Format::Mxfp8, &options)
}
