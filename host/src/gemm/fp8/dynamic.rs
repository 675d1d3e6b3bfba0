//! FP8 products of activations that are quantised on the way in, each token by its own scale.

use formats::E4m3;

use super::job::Job;
use super::kernels::{Fp8Gemm, Fp8Output};
use super::workspace::Plan;
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::gemm::epilogue::Epilogue;
use crate::gemm::finish::Finish;
use crate::gemm::options::{Accumulation, MmFp8Options};
use crate::gemm::product::{Sizes, check_result};
use crate::op::Op;
use crate::quantize::{Fp8Code, Fp8Element, Fp8Options, fp8_quantize_per_token_into};
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// Options of [`mm_fp8_dynamic`].
pub struct MmFp8DynamicOptions<'a, D> {
    /// `[n]`, in any shape: added to each row of the result before it is rounded.
    pub bias: Option<TensorView<'a, D>>,
    /// What becomes of values after that.
    pub epilogue: Epilogue<'a, D>,
    /// Where sums are kept.
    pub accumulation: Accumulation,
    /// As [`MmOptions::constant_b`](crate::gemm::MmOptions::constant_b), of the weight.
    pub constant_b: bool,
}

impl<D> Default for MmFp8DynamicOptions<'_, D> {
    fn default() -> Self {
        Self {
            bias: None,
            epilogue: Epilogue::default(),
            accumulation: Accumulation::default(),
            constant_b: false,
        }
    }
}

/// `C[m, n] = x_scale * weight_scale * (e4m3(X)[m, k] * W[n, k]^T) + bias`: activations in floats, which are quantised per
/// token on the way in, times weights in FP8 with a scale for each output channel.
///
/// # Shapes
/// `x [m, k]`, `weight [n, k]`, `weight_scale` one element or `[n]`, in any shape; the result `[m, n]`. Any of them may be
/// zero or odd, and the rows of `x` and `weight` may lie apart.
///
/// # Errors
/// As [`mm_fp8`](super::mm_fp8).
///
/// # Numerics
/// The same bits as [`fp8_quantize_per_token`](crate::quantize::fp8_quantize_per_token) and [`mm_fp8`](super::mm_fp8), one
/// after the other.
pub fn mm_fp8_dynamic<T: Fp8Element, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    x: &impl AsView<T>,
    weight: &impl AsView<B>,
    weight_scale: &impl AsView<f32>,
    options: &MmFp8DynamicOptions<'_, O::Addend>,
) -> Result<Tensor<O>>
where
    E4m3: Fp8Gemm<B, O>,
{
    let (x, weight) = (x.as_view(), weight.as_view());
    let Sizes { m, n, k, .. } = Sizes::of_one(OP, ("x", &x), ("weight", &weight))?;
    let floats = mm_fp8_dynamic_workspace([m, k]);
    let mut workspace = Tensor::empty(stream, &[floats])?;
    let mut c = Tensor::empty(stream, &[m, n])?;
    let scale = weight_scale.as_view();
    mm_fp8_dynamic_into(stream, &x, &weight, &scale, &mut workspace, &mut c, options)?;
    Ok(c)
}

const OP: &str = "mm_fp8_dynamic";

/// The floats of workspace that [`mm_fp8_dynamic_into`] needs for `x [m, k]`.
#[must_use]
pub fn mm_fp8_dynamic_workspace([m, k]: [usize; 2]) -> usize {
    Plan { m, k, scales: m }.floats()
}

/// [`mm_fp8_dynamic`] into `c [m, n]`, with a workspace of at least [`mm_fp8_dynamic_workspace`] floats, which is fastest at
/// a multiple of 16 bytes. Allocates nothing.
///
/// # Errors
/// As [`mm_fp8_dynamic`]; [`Error::Shape`](crate::Error::Shape) if `c` has another shape or the workspace is too small.
pub fn mm_fp8_dynamic_into<T: Fp8Element, B: Fp8Code + Float, O: Fp8Output>(
    stream: &Stream,
    x: &impl AsView<T>,
    weight: &impl AsView<B>,
    weight_scale: &impl AsView<f32>,
    workspace: &mut impl AsViewMut<f32>,
    c: &mut impl AsViewMut<O>,
    options: &MmFp8DynamicOptions<'_, O::Addend>,
) -> Result<()>
where
    E4m3: Fp8Gemm<B, O>,
{
    let op = Op::new(OP, stream);
    let (x, weight, b_scale) = (x.as_view(), weight.as_view(), weight_scale.as_view());
    let (workspace, c) = (workspace.as_view_mut(), c.as_view_mut());
    let mut options = MmFp8Options {
        b_scale: Some(b_scale),
        bias: options.bias,
        epilogue: options.epilogue,
        accumulation: options.accumulation,
        constant_b: options.constant_b,
        ..MmFp8Options::default()
    };
    let plan = checked(op, (&x, &weight), &options, (&workspace, &c))?;
    let mut parts = plan.parts(op, &workspace)?;
    let (codes, scales) = (&mut parts.codes, &mut parts.scales);
    fp8_quantize_per_token_into(stream, &x, codes, scales, &Fp8Options::default())?;
    options.a_scale = Some(parts.scales(op)?);
    Job::of_one((OP, stream), (parts.codes(op)?, weight), &options)?.run(c)
}

/// Checks everything before anything is written, and says what the workspace holds.
fn checked<T: Fp8Element, B: Fp8Code + Float, O: Fp8Output>(
    op: Op<'_>,
    (x, weight): (&TensorView<'_, T>, &TensorView<'_, B>),
    options: &MmFp8Options<'_, O::Addend>,
    (workspace, c): (&TensorViewMut<'_, f32>, &TensorViewMut<'_, O>),
) -> Result<Plan> {
    let sizes = Sizes::of_one(OP, ("x", x), ("weight", weight))?;
    let Sizes { m, n, k, .. } = sizes;
    op.reads("x", x)?;
    op.reads("weight", weight)?;
    Finish::from(options).check(op, (sizes, &[m, n]), ["x_scale", "weight_scale"])?;
    let plan = Plan { m, k, scales: m };
    plan.check(op, workspace)?;
    check_result(op, &[m, n], c)?;
    Ok(plan)
}
