//! Weights: a scale a channel, or a tile.

use super::code::Fp8Code;
use super::job::Job;
use super::kernels::Fp8Element;
use super::options::{ChannelAxis, Fp8Options, ScaleRounding};
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut};

/// Quantises to FP8 with a scale for each channel of weights, by the formula of
/// [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Shapes
/// `x [.., N, K]` of any rank from 1 up, its rows as far apart as they like, of any length. The codes have the shape of `x`,
/// the scales that of [`Fp8Scaling::Rows`] or [`Fp8Scaling::Columns`].
///
/// # Errors
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Numerics
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token). Columns are read once on a Hopper GPU, if they have at most
/// 8192 rows, and twice otherwise.
pub fn fp8_quantize_per_channel<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    axis: ChannelAxis,
    rounding: ScaleRounding,
) -> Result<Fp8Scaled<C>> {
    let op = Op::new("fp8_quantize_per_channel", stream);
    job(op, Source::Plain(x.as_view()), scaling(axis), rounding).allocate()
}

/// [`fp8_quantize_per_channel`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scales`, one a
/// channel, in any shape. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token_into`](super::fp8_quantize_per_token_into).
pub fn fp8_quantize_per_channel_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    axis: ChannelAxis,
    rounding: ScaleRounding,
) -> Result<()> {
    let op = Op::new("fp8_quantize_per_channel", stream);
    let job = job(op, Source::Plain(x.as_view()), scaling(axis), rounding);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// Quantises to FP8 with a scale for each tile of 128 rows and 128 columns, as DeepSeek-V3's weights are, by the formula of
/// [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Shapes
/// `x [.., N, K]` of any rank from 1 up, its rows as far apart as they like; tiles at the edges of a matrix, the last two
/// dimensions, may be smaller. The codes have the shape of `x`, the scales that of [`Fp8Scaling::Tiles128x128`].
///
/// # Errors
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Numerics
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// Sources: DeepGEMM, `per_block_cast_to_fp8`; FlashInfer's `scale_128x128_kernel`, which leaves columns out of the largest
/// magnitude.
pub fn fp8_quantize_128x128<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    rounding: ScaleRounding,
) -> Result<Fp8Scaled<C>> {
    let op = Op::new("fp8_quantize_128x128", stream);
    let source = Source::Plain(x.as_view());
    job(op, source, Fp8Scaling::Tiles128x128, rounding).allocate()
}

/// [`fp8_quantize_128x128`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scales`, as many as
/// there are tiles, in any shape. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token_into`](super::fp8_quantize_per_token_into).
pub fn fp8_quantize_128x128_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    rounding: ScaleRounding,
) -> Result<()> {
    let op = Op::new("fp8_quantize_128x128", stream);
    let source = Source::Plain(x.as_view());
    let job = job(op, source, Fp8Scaling::Tiles128x128, rounding);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

fn scaling(axis: ChannelAxis) -> Fp8Scaling {
    match axis {
        ChannelAxis::Rows => Fp8Scaling::Rows,
        ChannelAxis::Columns => Fp8Scaling::Columns,
    }
}

fn job<'a, T: Fp8Element>(
    op: Op<'a>,
    source: Source<'a, T>,
    scaling: Fp8Scaling,
    rounding: ScaleRounding,
) -> Job<'a, T> {
    Job {
        op,
        source,
        scaling,
        options: Fp8Options {
            rounding,
            ..Fp8Options::default()
        },
    }
}
