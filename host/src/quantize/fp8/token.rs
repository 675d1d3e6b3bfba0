//! A scale a row.

use super::code::Fp8Code;
use super::job::Job;
use super::kernels::Fp8Element;
use super::options::Fp8Options;
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut};

/// Quantises to FP8 with a scale for each row, that of a token:
///
/// ```text
/// a     = max(amax of the row, 1e-12)
/// scale = a / 448, code = e4m3(x * (448 / a))            57344 and e5m2 if the codes are such
/// ```
///
/// # Shapes
/// `x [.., M, K]` of any rank from 1 up, its rows as far apart as they like, of any length. The codes have the shape of `x`,
/// the scales that of [`Fp8Scaling::Rows`].
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `x` is a scalar or has 2^31 rows or columns, or a tensor of the options has
/// another shape; [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// The same bits on every device: each step is one correctly rounded `f32` operation, and codes round to nearest even and
/// saturate. With [`ScaleRounding::PowerOfTwo`](super::ScaleRounding::PowerOfTwo) `a / 448`, rounded, is rounded up to a power
/// of two `s`, and the code is that of `x * (1 / s)`.
///
/// Zeros and magnitudes far below 1e-12 become codes of zero, and nothing overflows. NaN counts as nothing in `amax` and
/// becomes the NaN `0x7f`. With an infinity in a row its scale is infinite, infinities are `0x7f` and the other elements zero,
/// so that every element of the row dequantises to NaN.
///
/// Sources: vLLM, `dynamic_per_token_scaled_fp8_quant`; DeepGEMM, `per_token_cast_to_fp8`, whose least magnitude is 1e-4.
pub fn fp8_quantize_per_token<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    job(
        "fp8_quantize_per_token",
        stream,
        Source::Plain(x.as_view()),
        options,
    )
    .allocate()
}

/// [`fp8_quantize_per_token`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scales`, one a row,
/// in any shape. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token`]; [`Error::Shape`](crate::Error::Shape) if `data` or `scales` has another shape.
pub fn fp8_quantize_per_token_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let job = job(
        "fp8_quantize_per_token",
        stream,
        Source::Plain(x.as_view()),
        options,
    );
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`fp8_quantize_per_token`], in one pass.
///
/// # Shapes
/// `x [.., M, 2K]`, the gates first; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_per_token`]; [`Error::Shape`](crate::Error::Shape) if the last dimension is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_fp8_quantize_per_token<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    job(
        "silu_and_mul_fp8_quantize_per_token",
        stream,
        Source::silu_and_mul(x.as_view()),
        options,
    )
    .allocate()
}

/// [`silu_and_mul_fp8_quantize_per_token`] into tensors, as [`fp8_quantize_per_token_into`]. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token_into`].
pub fn silu_and_mul_fp8_quantize_per_token_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let job = job(
        "silu_and_mul_fp8_quantize_per_token",
        stream,
        Source::silu_and_mul(x.as_view()),
        options,
    );
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`fp8_quantize_per_token`], in one pass.
///
/// # Shapes
/// `x [.., M, 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., M, K]`; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_per_token`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range; [`Error::Shape`](crate::Error::Shape) if the last dimension of a gated activation is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_fp8_quantize_per_token<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    let source = Source::activated(x.as_view(), activation.into());
    job("activation_fp8_quantize_per_token", stream, source, options).allocate()
}

/// [`activation_fp8_quantize_per_token`] into tensors, as [`fp8_quantize_per_token_into`]. Allocates nothing.
///
/// # Errors
/// As [`activation_fp8_quantize_per_token`] and [`fp8_quantize_per_token_into`].
pub fn activation_fp8_quantize_per_token_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let source = Source::activated(x.as_view(), activation.into());
    let job = job("activation_fp8_quantize_per_token", stream, source, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

fn job<'a, T: Fp8Element>(
    name: &'static str,
    stream: &'a Stream,
    source: Source<'a, T>,
    options: &Fp8Options<'a>,
) -> Job<'a, T> {
    Job {
        op: Op::new(name, stream),
        source,
        scaling: Fp8Scaling::Rows,
        options: *options,
    }
}
