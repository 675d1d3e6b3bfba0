//! NVFP4: blocks of 16 e2m1 by an e4m3, and an `f32` for many rows.

use formats::{E2m1x2, E4m3};

use super::back;
use super::format::Format;
use super::job::Job;
use super::kernels::BlockElement;
use super::options::BlockOptions;
use super::scaled::Nvfp4;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView};

/// Quantises to NVFP4. For each block of 16 consecutive elements of a row, with the largest magnitude `amax` and the
/// row's global scale `g`:
///
/// ```text
/// scale = e4m3(g * (amax * (1 / 6)))                      Nvfp4Math::Fast
///         e4m3(amax * (g * (1 / 6)))                      Nvfp4Math::Exact
/// data  = e2m1(x * (1 / (scale * (1 / g))))
/// ```
///
/// # Shapes
/// `x [.., K]` of any rank from 1 up, its rows as far apart as they like, K a multiple of 16; no rows are fine.
/// `global_scale [G]` is positive and finite, and G divides the rows: each of G runs of consecutive rows has its own. By
/// convention it is `448 * 6 / amax` of the tensor, so that the largest scale is 448. The codes are `[.., K / 2]`, two in
/// a byte, the scales have the shape of [`Nvfp4::scales`](super::BlockScaled::scales).
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if K is not a multiple of 16, G does not divide the rows, or a tensor of the
/// options has another shape; [`Error::Argument`](crate::Error::Argument) if [`BlockOptions::matrices`] does not divide
/// the rows; [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// The same bits on every device: every reciprocal above is correctly rounded, in both forms; subnormals count as zero
/// where they are divided by, and the reciprocal of zero is the largest finite number. FlashInfer's fast form takes
/// approximate ones, so a code may differ from its where an element is all but halfway between two values. Codes and
/// scales round to nearest, ties to even, and saturate. NaN counts as nothing in `amax` and becomes 6. A block so small
/// that its scale rounds to zero stands for zeros; its codes are then finite all the same, zeros for zeros.
///
/// Source: FlashInfer, `nvfp4_quantize`.
pub fn nvfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    global_scale: &impl AsView<f32>,
    options: &BlockOptions<'_>,
) -> Result<Nvfp4> {
    let (x, global) = (Source::Plain(x.as_view()), global_scale.as_view());
    job("nvfp4_quantize", stream, x, global, options).allocate()
}

/// [`nvfp4_quantize`] into `data [.., K / 2]`, which may be rows of a larger tensor, and `scales`, as many as the grids
/// have bytes, in any shape. Allocates nothing.
///
/// # Errors
/// As [`nvfp4_quantize`]; [`Error::Shape`](crate::Error::Shape) if `data` or `scales` has another shape.
pub fn nvfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    global_scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E4m3>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let (x, global) = (Source::Plain(x.as_view()), global_scale.as_view());
    let job = job("nvfp4_quantize", stream, x, global, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`nvfp4_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]`, the gate first, K a multiple of 16; the codes are `[.., K / 2]`.
///
/// # Errors
/// As [`nvfp4_quantize`].
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_nvfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    global_scale: &impl AsView<f32>,
    options: &BlockOptions<'_>,
) -> Result<Nvfp4> {
    let (x, global) = (Source::silu_and_mul(x.as_view()), global_scale.as_view());
    job("silu_and_mul_nvfp4_quantize", stream, x, global, options).allocate()
}

/// [`silu_and_mul_nvfp4_quantize`] into tensors, as [`nvfp4_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`nvfp4_quantize_into`].
pub fn silu_and_mul_nvfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    global_scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E4m3>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let (x, global) = (Source::silu_and_mul(x.as_view()), global_scale.as_view());
    let job = job("silu_and_mul_nvfp4_quantize", stream, x, global, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`nvfp4_quantize`], in one pass.
///
/// # Shapes
/// `x [.., 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., K]`, K a multiple of 16; the codes are `[.., K / 2]`.
///
/// # Errors
/// As [`nvfp4_quantize`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_nvfp4_quantize<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    global_scale: &impl AsView<f32>,
    options: &BlockOptions<'_>,
) -> Result<Nvfp4> {
    let x = Source::activated(x.as_view(), activation.into());
    let global = global_scale.as_view();
    job("activation_nvfp4_quantize", stream, x, global, options).allocate()
}

/// [`activation_nvfp4_quantize`] into tensors, as [`nvfp4_quantize_into`]. Allocates nothing.
///
/// # Errors
/// As [`activation_nvfp4_quantize`] and [`nvfp4_quantize_into`].
pub fn activation_nvfp4_quantize_into<T: BlockElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    global_scale: &impl AsView<f32>,
    data: &mut impl AsViewMut<E2m1x2>,
    scales: &mut impl AsViewMut<E4m3>,
    options: &BlockOptions<'_>,
) -> Result<()> {
    let x = Source::activated(x.as_view(), activation.into());
    let global = global_scale.as_view();
    let job = job("activation_nvfp4_quantize", stream, x, global, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// The elements that NVFP4 stands for: `value of the code * (scale / g)`, rounded to `T`, with the row's global scale `g`
/// that it was quantised with.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `global_scale` is not for these rows, or a part of `from` was replaced by one
/// of another shape; [`Error::Placement`](crate::Error::Placement) if one is not on the stream.
pub fn nvfp4_dequantize<T: BlockElement>(
    stream: &Stream,
    from: &Nvfp4,
    global_scale: &impl AsView<f32>,
) -> Result<Tensor<T>> {
    let format = Format::Nvfp4(global_scale.as_view());
    back::allocate("nvfp4_dequantize", stream, from, format)
}

/// [`nvfp4_dequantize`] of `data [.., K / 2]` and `scales`, laid out as the options say, into `out [.., K]`. Allocates
/// nothing.
///
/// # Errors
/// As [`nvfp4_quantize_into`].
pub fn nvfp4_dequantize_into<T: BlockElement>(
    stream: &Stream,
    data: &impl AsView<E2m1x2>,
    scales: &impl AsView<E4m3>,
    global_scale: &impl AsView<f32>,
    options: &BlockOptions<'_>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    const NAME: &str = "nvfp4_dequantize";
    let (from, out) = ((data.as_view(), scales.as_view()), out.as_view_mut());
    let format = Format::Nvfp4(global_scale.as_view());
    back::into(NAME, stream, from, format, options, out)
}

/// A quantisation to NVFP4.
pub(super) fn job<'a, T: BlockElement>(
    name: &'static str,
    stream: &'a Stream,
    source: Source<'a, T>,
    global: TensorView<'a, f32>,
    options: &BlockOptions<'a>,
) -> Job<'a, T> {
    Job::new(name, stream, source, Format::Nvfp4(global), options)
}
