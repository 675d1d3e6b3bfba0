//! FP8 products with factors after the sum, one and batched.

use super::job::Job;
use super::kernels::{Fp8Gemm, Fp8Output};
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::gemm::options::MmFp8Options;
use crate::quantize::Fp8Code;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// `C[m, n] = alpha * a_scale * b_scale * (A[m, k] * B[n, k]^T) + bias` of FP8: FlashInfer's `mm_fp8(a, b, alpha)`, on any
/// GPU, by plain weights or shuffled ones, with scales per tensor, per token (row of A) and per channel (row of B), a bias, and
/// an [epilogue](crate::gemm::Epilogue), which may give a result of e4m3 its scale.
///
/// ```
/// use gatewarp::gemm::{MmFp8Options, mm_fp8};
/// use gatewarp::quantize::{ChannelAxis, Fp8Options, Fp8Scaled, ScaleRounding, fp8_quantize_per_channel, fp8_quantize_per_token};
/// use gatewarp::{Device, Tensor};
///
/// let stream = Device::best().stream()?;
/// let x = Tensor::from_slice(&stream, &[1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
/// let weight = Tensor::from_slice(&stream, &[1.0f32, 1.0, 0.0, 8.0], &[2, 2])?;
/// let x: Fp8Scaled = fp8_quantize_per_token(&stream, &x, &Fp8Options::default())?;
/// let weight: Fp8Scaled =
///     fp8_quantize_per_channel(&stream, &weight, ChannelAxis::Rows, ScaleRounding::Nearest)?;
/// let options = MmFp8Options {
///     a_scale: Some(x.scales.view()),
///     b_scale: Some(weight.scales.view()),
///     ..MmFp8Options::default()
/// };
/// let c: Tensor<f32> = mm_fp8(&stream, &x.data, &weight.data, &options)?;
/// for (c, exact) in c.to_vec()?.into_iter().zip([3.0, 16.0, 7.0, 32.0]) {
///     assert!((c - exact).abs() < 0.04 * exact);
/// }
/// # Ok::<(), gatewarp::Error>(())
/// ```
///
/// # Shapes
/// `a [m, k]`, `b [n, k]`, the result `[m, n]`; any of them may be zero or odd, and rows may lie apart. On Hopper
/// it is fast where the rows of all three begin at multiples of 16 bytes and a row of the result is a multiple of 16 bytes long;
/// others take a slower engine.
///
/// # Shuffled weights
/// `b` may also be `[k / 128, n, 128]`, as
/// [`prepare_low_latency_gemm_weights`](crate::quantize::layout::prepare_low_latency_gemm_weights) makes it of `[n, k]`, and as
/// FlashInfer takes it; `k` is a multiple of 128 and `n` of 32.
///
/// ```text
/// b[i, 32 g + 8 a + c, j] = weight[32 g + 4 c + a, 128 i + j]     a < 4, c < 8, j < 128
/// ```
///
/// Scales, bias and result are in the order of `weight`, as if it were plain. Both formats are e4m3, the result is `bf16` or
/// `f16`. Hopper computes with them as they are, where the rows of all three tensors begin at multiples of 16 bytes, and so
/// does the CPU; [`restore_low_latency_gemm_weights`](crate::quantize::layout::restore_low_latency_gemm_weights) makes plain
/// ones for other GPUs.
///
/// ```
/// use gatewarp::formats::E4m3;
/// use gatewarp::gemm::{MmFp8Options, mm_fp8};
/// use gatewarp::quantize::layout::prepare_low_latency_gemm_weights;
/// use gatewarp::{Device, Tensor, bf16};
///
/// let stream = Device::best().stream()?;
/// let one = E4m3::from_f32(1.0);
/// let x = Tensor::from_slice(&stream, &[one; 3 * 128], &[3, 128])?;
/// let weight = Tensor::from_slice(&stream, &[one; 32 * 128], &[32, 128])?;
/// let weight = prepare_low_latency_gemm_weights(&stream, &weight)?;
/// assert_eq!(**weight.shape(), [1, 32, 128]);
/// let c: Tensor<bf16> = mm_fp8(&stream, &x, &weight, &MmFp8Options::default())?;
/// assert_eq!(c.to_vec()?, [bf16::from_f32(128.0); 3 * 32]);
/// # Ok::<(), gatewarp::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes do not fit each other, a scale or the bias has another length, or the
/// epilogue's residual another shape; [`Error::Argument`](crate::Error::Argument) if its activation is gated;
/// [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream. By shuffled weights also
/// [`Error::Argument`](crate::Error::Argument) if the types are others, there is an epilogue, or on a GPU if rows begin
/// elsewhere, and
/// [`Error::Device`](crate::Error::Device) if the GPU is not Hopper.
///
/// # Numerics
/// Products are exact; where sums are kept, [`Accumulation`](crate::gemm::Accumulation) says. The result is
/// `fma(sum * (alpha * a_scale), b_scale, bias)` in `f32`, rounded once (where `b_scale` is one for all, it is multiplied to
/// `alpha`), or what the epilogue makes of it. With K = 0 the sum is zero.
pub fn mm_fp8<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    a: &impl AsView<A>,
    b: &impl AsView<B>,
    options: &MmFp8Options<'_, O::Addend>,
) -> Result<Tensor<O>> {
    Job::of_one(("mm_fp8", stream), (a.as_view(), b.as_view()), options)?.allocate()
}

/// [`mm_fp8`] into `c [m, n]`. Allocates nothing.
///
/// # Errors
/// As [`mm_fp8`]; [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
pub fn mm_fp8_into<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    a: &impl AsView<A>,
    b: &impl AsView<B>,
    c: &mut impl AsViewMut<O>,
    options: &MmFp8Options<'_, O::Addend>,
) -> Result<()> {
    let job = Job::of_one(("mm_fp8", stream), (a.as_view(), b.as_view()), options)?;
    job.run(c.as_view_mut())
}

/// `C[i] = alpha * a_scale * b_scale * (A[i] * B[i]^T) + bias` for each matrix of a batch of FP8: FlashInfer's
/// `bmm_fp8(A, B, A_scale, B_scale)`, whose column-major `B [batch, k, n]` is this row-major `[batch, n, k]`.
///
/// # Shapes
/// `a [batch, m, k]`, `b [batch, n, k]`, the result `[batch, m, n]`; otherwise as [`mm_fp8`]. Scales are one for all, or one
/// for each row of all matrices.
///
/// # Errors
/// As [`mm_fp8`].
///
/// # Numerics
/// As [`mm_fp8`].
pub fn bmm_fp8<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    a: &impl AsView<A>,
    b: &impl AsView<B>,
    options: &MmFp8Options<'_, O::Addend>,
) -> Result<Tensor<O>> {
    Job::of_batch(("bmm_fp8", stream), (a.as_view(), b.as_view()), options)?.allocate()
}

/// [`bmm_fp8`] into `c [batch, m, n]`. Allocates nothing.
///
/// # Errors
/// As [`bmm_fp8`]; [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
pub fn bmm_fp8_into<A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    a: &impl AsView<A>,
    b: &impl AsView<B>,
    c: &mut impl AsViewMut<O>,
    options: &MmFp8Options<'_, O::Addend>,
) -> Result<()> {
    let job = Job::of_batch(("bmm_fp8", stream), (a.as_view(), b.as_view()), options)?;
    job.run(c.as_view_mut())
}
