//! A scale for 128 elements of a row.

use super::code::Fp8Code;
use super::job::Job;
use super::kernels::Fp8Element;
use super::options::{Fp8Options, ScaleMajor};
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::source::Source;
use crate::device::Stream;
use crate::error::Result;
use crate::op::Op;
use crate::quantize::fused::FusedActivation;
use crate::tensor::{AsView, AsViewMut};

/// Quantises to FP8 with a scale for each 128 consecutive elements of a row, as DeepSeek-V3's activations are. The formula is
/// that of [`fp8_quantize_per_token`](super::fp8_quantize_per_token), of a group instead of a row.
///
/// # Shapes
/// `x [.., M, K]` of any rank from 1 up, its rows as far apart as they like, of any length; the last group of a row may be
/// short. The codes have the shape of `x`, the scales that of [`Fp8Scaling::Groups1x128`]. In
/// [`ScaleMajor::Mn`] each matrix, the last two dimensions, has padding of its own, which is zero.
///
/// # Errors
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// # Numerics
/// As [`fp8_quantize_per_token`](super::fp8_quantize_per_token).
///
/// Sources: DeepGEMM, `per_token_cast_to_fp8`; FlashInfer's `scale_1x128_kernel`, whose scale overflows below 1.3e-36.
pub fn fp8_quantize_1x128<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    let source = Source::Plain(x.as_view());
    job(("fp8_quantize_1x128", stream), source, major, options).allocate()
}

/// [`fp8_quantize_1x128`] into `data`, of the shape of `x`, which may be rows of a larger tensor, and `scales`, as many as
/// [`Fp8Scaling::Groups1x128`] says, in any shape. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_per_token_into`](super::fp8_quantize_per_token_into).
pub fn fp8_quantize_1x128_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let source = Source::Plain(x.as_view());
    let job = job(("fp8_quantize_1x128", stream), source, major, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`silu_and_mul`](crate::activation::silu_and_mul), then [`fp8_quantize_1x128`], in one pass.
///
/// Of experts' tokens `x [E, T, 2K]`, [`LiveRows::Counted`](crate::quantize::LiveRows::Counted) says how many each expert has:
/// DeepGEMM's masked layout.
///
/// # Shapes
/// `x [.., M, 2K]`, the gates first; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_1x128`]; [`Error::Shape`](crate::Error::Shape) if the last dimension is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn silu_and_mul_fp8_quantize_1x128<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    let (op, source) = (
        "silu_and_mul_fp8_quantize_1x128",
        Source::silu_and_mul(x.as_view()),
    );
    job((op, stream), source, major, options).allocate()
}

/// [`silu_and_mul_fp8_quantize_1x128`] into tensors, as [`fp8_quantize_1x128_into`]. Allocates nothing.
///
/// # Errors
/// As [`fp8_quantize_1x128_into`].
pub fn silu_and_mul_fp8_quantize_1x128_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let (op, source) = (
        "silu_and_mul_fp8_quantize_1x128",
        Source::silu_and_mul(x.as_view()),
    );
    let job = job((op, stream), source, major, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

/// [`activation`](crate::activation::activation) of any [`ActivationType`](crate::activation::ActivationType), then [`fp8_quantize_1x128`], in one pass.
///
/// Of experts' tokens, [`LiveRows::Counted`](crate::quantize::LiveRows::Counted) says how many each expert has, as with
/// [`silu_and_mul_fp8_quantize_1x128`].
///
/// # Shapes
/// `x [.., M, 2K]` if the activation [is gated](crate::activation::ActivationType::is_gated), else `[.., M, K]`; the codes are `[.., M, K]`.
///
/// # Errors
/// As [`fp8_quantize_1x128`]; [`Error::Argument`](crate::Error::Argument) if a parameter of the activation is not in its range; [`Error::Shape`](crate::Error::Shape) if the last dimension of a gated activation is odd.
///
/// # Numerics
/// The same bits as the two operations one after the other: the activation is rounded to the type of `x` in between.
pub fn activation_fp8_quantize_1x128<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<Fp8Scaled<C>> {
    let source = Source::activated(x.as_view(), activation.into());
    let op = "activation_fp8_quantize_1x128";
    job((op, stream), source, major, options).allocate()
}

/// [`activation_fp8_quantize_1x128`] into tensors, as [`fp8_quantize_1x128_into`]. Allocates nothing.
///
/// # Errors
/// As [`activation_fp8_quantize_1x128`] and [`fp8_quantize_1x128_into`].
pub fn activation_fp8_quantize_1x128_into<T: Fp8Element, C: Fp8Code>(
    stream: &Stream,
    x: &impl AsView<T>,
    activation: impl Into<FusedActivation>,
    data: &mut impl AsViewMut<C>,
    scales: &mut impl AsViewMut<f32>,
    major: ScaleMajor,
    options: &Fp8Options<'_>,
) -> Result<()> {
    let source = Source::activated(x.as_view(), activation.into());
    let op = "activation_fp8_quantize_1x128";
    let job = job((op, stream), source, major, options);
    job.run(data.as_view_mut(), scales.as_view_mut())
}

fn job<'a, T: Fp8Element>(
    (name, stream): (&'static str, &'a Stream),
    source: Source<'a, T>,
    major: ScaleMajor,
    options: &Fp8Options<'a>,
) -> Job<'a, T> {
    Job {
        op: Op::new(name, stream),
        source,
        scaling: Fp8Scaling::Groups1x128(major),
        options: *options,
    }
}
