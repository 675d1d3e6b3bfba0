//! MXFP4: blocks of 32 e2m1 by a power of two.

use formats::{E2m1x2, E8m0};

use super::back;
use super::format::Format;
use super::job::Job;
use super::kernels::BlockElement;
use super::options::BlockOptions;
use super::scaled::Mxfp4;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// Quantises to MXFP4. For each block of 32 consecutive elements of a row, with the largest magnitude `amax`, the scale
/// is `amax / 6` rounded up to an e8m0, and the codes are `e2m1(x / scale)`.
///
/// # Shapes
/// `x [.., K]` of any rank from 1 up, its rows as far apart as they like, K a multiple of 32; no rows are fine. The codes
/// are `[.., K / 2]`, two in a byte, the scales have the shape of [`Mxfp4::scales`](super::BlockScaled::scales).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if K is not a multiple of 32, or a tensor of the options has another shape;
/// [`Error::Argument`](crate::Error::Argument) if [`BlockOptions::matrices`] does not divide the rows;
/// [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// The same bits on every device. Codes round to nearest, ties to even; finite elements never saturate. NaN counts as
/// nothing in `amax` and becomes 6. With an infinity in a block, the scale is the largest, 2^127, and infinities are 6 of
/// their sign. A block of zeros has the scale 0, which stands for 2^-127.
///
/// Source: FlashInfer, `mxfp4_quantize`, which an approximate sixth lets differ where `amax / 6` is all but a power of
/// two, as no 16-bit float is.
pub fn mxfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp4> {
    let x = Source::Plain(x.as_view());
    job("mxfp4_quantize", stream, x, options).allocate()
}

/// [`mxfp4_quantize`] into `data [.., K / 2]`, which may be rows of a larger tensor, and `scales`, as many as the grids
/// have bytes, in any shape. Allocates nothing.
///
/// # Errors
/// As [`mxfp4_quantize`]; [`Error::Shape`](crate::Error::Shape) if `data` or `scales` has another shape.
pub fn mxfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::Plain(x.as_view());
    let job = job("mxfp4_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`mxfp4_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]`, the gate first, K a multiple of 32; the codes are `[.., K / 2]`.
///
/// # Errors
/// As [`mxfp4_quantize`].
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_mxfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp4> {
    let x = Source::silu_and_mul(x.as_view());
    job("silu_and_mul_mxfp4_quantize", stream, x, options).allocate()
}

/// [`silu_and_mul_mxfp4_quantize`] into tensors, as [`mxfp4_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`mxfp4_quantize_into`].
pub fn silu_and_mul_mxfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::silu_and_mul(x.as_view());
    let job = job("silu_and_mul_mxfp4_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`mxfp4_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., K]`, K a multiple of 32; the codes are `[.., K / 2]`.
///
/// # Errors
/// As [`mxfp4_quantize`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_mxfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    options: &BlockOptions<'_>,
) -> Result<Mxfp4> {
    let x = Source::activated(x.as_view(), activation.into());
    job("activation_mxfp4_quantize", stream, x, options).allocate()
}

/// [`activation_mxfp4_quantize`] into tensors, as [`mxfp4_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`activation_mxfp4_quantize`] and [`mxfp4_quantize_into`].
pub fn activation_mxfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E8m0>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::activated(x.as_view(), activation.into());
    let job = job("activation_mxfp4_quantize", stream, x, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// The elements that MXFP4 stands for: `value of the code * 2^(scale - 127)`, rounded to `T`; NaN for the scale 255.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if a part of `from` was replaced by one of another shape;
/// [`Error::Placement`](crate::Error::Placement) if one is not on the stream.
pub fn mxfp4_dequantize<T: BlockElement>(stream: &Stream, from: &Mxfp4) -> Result<Tensor<T>> {
    back::allocate("mxfp4_dequantize", stream, from, Format::Mxfp4)
}

/// [`mxfp4_dequantize`] of `data [.., K / 2]` and `scales`, laid out as the options say, into `out [.., K]`. Allocates
/// nothing.
///
/// # Errors
/// As [`mxfp4_quantize_into`].
pub fn mxfp4_dequantize_into<T: BlockElement>(
    stream: &Stream,
    data: &impl AsView<E2m1x2>,
    scales: &impl AsView<E8m0>,
    options: &BlockOptions<'_>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    const NAME: &str = "mxfp4_dequantize";
    let (from, out) = ((data.as_view(), scales.as_view()), out.as_view_mut());
    back::into(NAME, stream, from, Format::Mxfp4, options, out)
}

/// A quantisation to MXFP4.
fn job<'a, T: BlockElement>(
    name: &'static str,
    stream: &'a Stream,
    source: Source<'a, T>,
    options: &BlockOptions<'a>,
) -> Job<'a, T> {
    Job::new(name, stream, source, Format::Mxfp4, options)
}
