//! Products of few rows, by the name that they have elsewhere.

use super::dense::job;
use super::element::GemmOutput;
use super::options::{MmOptions, TgvOptions};
use crate::device::Stream;
use crate::error::Result;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// `C[m, n] = A[m, k] * B[n, k]^T + bias` of a 16-bit float: FlashInfer's `tgv_gemm_sm100(a, b, bias, pdl)`, whose
/// column-major `b [k, n]` is this row-major `[n, k]`, the layout of a linear layer's weight.
///
/// Made for the few rows of decoding, where time goes into reading `b`; with more it is as fast as
/// [`mm_bf16`](super::mm_bf16). It runs on every device, not on one generation of GPUs.
///
/// ```
/// use gatewarp::gemm::{TgvOptions, tgv_gemm};
/// use gatewarp::{Device, Tensor, bf16};
///
/// let stream = Device::best().stream()?;
/// let numbers = |values: &[f32]| values.iter().map(|value| bf16::from_f32(*value)).collect::<Vec<_>>();
/// let x = Tensor::from_slice(&stream, &numbers(&[1.0, 2.0]), &[1, 2])?;
/// let weight = Tensor::from_slice(&stream, &numbers(&[3.0, 4.0, 5.0, 6.0]), &[2, 2])?;
/// let bias = Tensor::from_slice(&stream, &numbers(&[0.5, -1.0]), &[2])?;
/// let options = TgvOptions { bias: Some(bias.view()), pdl: true, constant_b: true };
/// let y = tgv_gemm(&stream, &x, &weight, &options)?;
/// assert_eq!(y.to_vec()?, numbers(&[11.5, 16.0]));
/// # Ok::<(), gatewarp::Error>(())
/// ```
///
/// # Shapes
/// `a [m, k]`, `b [n, k]`, the bias `[n]`, the result `[m, n]`; any of them may be zero or odd, and rows may lie apart. On
/// Hopper it is fast where the rows of all three begin at multiples of 16 bytes and a row of the result is a multiple of 16 bytes
/// long.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes do not fit each other, or the bias has another length;
/// [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// Products are exact, sums are in `f32` in an order that depends on the shape and the device alone, the bias is added to the
/// sum, and the result is rounded once. With K = 0 the result is the bias, or zero.
pub fn tgv_gemm<T: GemmOutput<T>>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    options: &TgvOptions<'_, T>,
) -> Result<Tensor<T>> {
    job(("tgv_gemm", stream), (a, b), &MmOptions::from(*options))?.allocate()
}

/// [`tgv_gemm`] into `c [m, n]`. Allocates nothing.
///
/// # Errors
/// As [`tgv_gemm`]; [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
pub fn tgv_gemm_into<T: GemmOutput<T>>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    c: &mut impl AsViewMut<T>,
    options: &TgvOptions<'_, T>,
) -> Result<()> {
    job(("tgv_gemm", stream), (a, b), &MmOptions::from(*options))?.run(c.as_view_mut())
}
