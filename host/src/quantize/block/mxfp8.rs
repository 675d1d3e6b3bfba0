//! MXFP8: blocks of 32 e4m3 by a power of two.

use formats::{E4m3, E8m0};

use super::back;
use super::format::Format;
use super::job::Job;
use super::kernels::BlockElement;
use super::options::BlockOptions;
use super::scaled::Mxfp8;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// Quantises to MXFP8. For each block of 32 consecutive elements of a row, with the largest magnitude `amax`:
///
/// ```text
/// E    = amax / 448 rounded to f32, then up to a power of two, 2^-126 at least; 0 for a quotient of 0
/// scale = the exponent of E as an e8m0, data = e4m3(x * (1 / E)), zeros if E is 0
/// ```
///
/// # Shapes
/// `x [.., K]` of any rank from 1 up, its rows as far apart as they like, K a multiple of 32; no rows are fine. The codes
/// have the shape of `x`, the scales that of [`Mxfp8::scales`](super::BlockScaled::scales).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if K is not a multiple of 32, or a tensor of the options has another shape;
/// [`Error::Argument`](crate::Error::Argument) if [`BlockOptions::matrices`] does not divide the rows;
/// [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// The same bits on every device. Finite elements never saturate: `amax / E` is above 224 and at most 448. NaN counts as
/// nothing in `amax` and becomes the NaN `0x7f`. With an infinity in a block, the scale is the NaN 255, infinities are
/// `0x7f` and the other elements zero. A block of zeros has the scale 0, which stands for 2^-127, and only an `f32` block
/// whose `amax` is at most `224 * 2^-149` shares it.
///
/// Source: Megatron-LM, `mxfp8_quantize`; FlashInfer's differs for infinities (scale 254), and for an `amax` whose quotient
/// an approximate reciprocal would put on the other side of a power of two, which no 16-bit float is.
pub fn mxfp8_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp8> {
    let x = Source::Plain(x.as_view());
    job("mxfp8_quantize", stream, x, options).allocate()
}

/// [`mxfp8_quantize`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scales`, as many as
/// the grids have bytes, in any shape. Allocates nothing.
///
/// # Errors
/// As [`mxfp8_quantize`]; [`Error::Shape`](crate::Error::Shape) if `data` or `scales` has another shape.
pub fn mxfp8_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<E4m3>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::Plain(x.as_view());
    let job = job("mxfp8_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`mxfp8_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]`, the gate first, K a multiple of 32; the codes are `[.., K]`.
///
/// # Errors
/// As [`mxfp8_quantize`].
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_mxfp8_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp8> {
    let x = Source::silu_and_mul(x.as_view());
    job("silu_and_mul_mxfp8_quantize", stream, x, options).allocate()
}

/// [`silu_and_mul_mxfp8_quantize`] into tensors, as [`mxfp8_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`mxfp8_quantize_into`].
pub fn silu_and_mul_mxfp8_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<E4m3>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::silu_and_mul(x.as_view());
    let job = job("silu_and_mul_mxfp8_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`mxfp8_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., K]`, K a multiple of 32; the codes are `[.., K]`.
///
/// # Errors
/// As [`mxfp8_quantize`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_mxfp8_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp8> {
    let x = Source::activated(x.as_view(), activation.into());
    job("activation_mxfp8_quantize", stream, x, options).allocate()
}

/// [`activation_mxfp8_quantize`] into tensors, as [`mxfp8_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`activation_mxfp8_quantize`] and [`mxfp8_quantize_into`].
pub fn activation_mxfp8_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    data: &mut impl AsViewMut<E4m3>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::activated(x.as_view(), activation.into());
    let job = job("activation_mxfp8_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// The elements that MXFP8 stands for: `value of the code * 2^(scale - 127)`, rounded to `T`; NaN for the scale 255.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if a part of `from` was replaced by one of another shape;
/// [`Error::Placement`](crate::Error::Placement) if one is not on the stream.
pub fn mxfp8_dequantize<T: BlockElement>(stream: &Stream, from: &Mxfp8) -> Result<Tensor<T>> {
    back::allocate("mxfp8_dequantize", stream, from, Format::Mxfp8)
}

/// [`mxfp8_dequantize`] of `data [.., K]` and `scales`, laid out as the options say, into `out [.., K]`. Allocates nothing.
///
/// # Errors
/// As [`mxfp8_quantize_into`].
pub fn mxfp8_dequantize_into<T: BlockElement>(
    stream: &Stream,
    data: &impl AsView<E4m3>,
    scales: &impl AsView<E8m0>,
    options: &BlockOptions<'_>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    const NAME: &str = "mxfp8_dequantize";
    let (from, out) = ((data.as_view(), scales.as_view()), out.as_view_mut());
    back::into(NAME, stream, from, Format::Mxfp8, options, out)
}

/// A quantisation to MXFP8.
fn job<'a, T: BlockElement>(
    name: &'static str,
    stream: &'a Stream,
    source: Source<'a, T>,
    options: &BlockOptions<'a>,
) -> Job<'a, T> {
    Job::new(name, stream, source, Format::Mxfp8, options)
}
