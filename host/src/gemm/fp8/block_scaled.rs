//! FP8 products whose blocks have scales.

use formats::E4m3;

use super::activations::Activations;
use super::kernels::Fp8Output;
use super::on_kernels;
use super::workspace::Plan;
use crate::device::Stream;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::finish::Finish;
use crate::gemm::on_cpu;
use crate::gemm::options::MmOptions;
use crate::gemm::product::{Product, Sizes, check_result};
use crate::op::Op;
use crate::quantize::{
    Fp8Element, Fp8Options, Fp8Scaling, Fp8View, ScaleMajor, fp8_quantize_1x128_into,
};
use crate::reference::quantize::fp8::ScaleGrid;
use crate::tensor::{AsViewMut, Tensor, TensorView, TensorViewMut};

const OP: &str = "fp8_blockscale_gemm";

/// The most steps that kernels count.
const MOST: usize = u32::MAX as usize;

/// `C[m, n] = sum over blocks of x_scale * weight_scale * (X[m, block] * W[n, block]^T) + bias`, with blocks of 128 of K:
/// DeepSeek-V3's recipe, and FlashInfer's `fp8_blockscale_gemm_sm90(input, weight, input_scale, weight_scale)`.
///
/// ```
/// use gatewarp::gemm::{MmOptions, fp8_blockscale_gemm};
/// use gatewarp::quantize::{Fp8Scaled, ScaleRounding, fp8_quantize_128x128};
/// use gatewarp::{Device, Tensor, bf16};
///
/// let stream = Device::best().stream()?;
/// let x = Tensor::from_slice(&stream, &[bf16::from_f32(0.5); 3 * 256], &[3, 256])?;
/// let weight = Tensor::from_slice(&stream, &[bf16::from_f32(2.0); 5 * 256], &[5, 256])?;
/// let weight: Fp8Scaled = fp8_quantize_128x128(&stream, &weight, ScaleRounding::Nearest)?;
/// let c: Tensor<bf16> = fp8_blockscale_gemm(&stream, &x, &weight, &MmOptions::default())?;
/// assert_eq!(c.to_vec()?, [bf16::from_f32(256.0); 15]);
/// # Ok::<(), gatewarp::Error>(())
/// ```
///
/// # Shapes
/// `x [m, k]`, `weight [n, k]`, the result `[m, n]`; any of them may be zero or odd, and rows may lie apart: the last block of
/// a row may be short. `x` is e4m3 with the scales of [`Fp8Scaling::Groups1x128`] in either order, or floats, which
/// [`fp8_quantize_1x128`](crate::quantize::fp8_quantize_1x128) makes e4m3 of. The scales of `weight` are
/// [`Fp8Scaling::Tiles128x128`] (`[n / 128, k / 128]`, rounded up) or [`Fp8Scaling::Groups1x128`], each row's own.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit each other, scales are not as many as that, the bias has another length, or the
/// epilogue's residual another shape; [`Error::Argument`] if a scaling is another, or the epilogue's activation is gated;
/// [`Error::Placement`] if a tensor is not on the stream.
///
/// # Numerics
/// On Hopper the tensor cores sum each block; everything else is `f32`: `c = fma(block, x_scale * weight_scale, c)`. The bias
/// is added, the [epilogue](crate::gemm::Epilogue) done, and the result rounded once. With K = 0 the sum is zero.
///
/// Source: DeepSeek-V3's report, section 3.3.2. FlashInfer takes scales of each row of the weight too, and computes with the
/// first `n / 128` rows of them; here they are what they say.
pub fn fp8_blockscale_gemm<'a, O: Fp8Output>(
    stream: &Stream,
    x: impl Into<Activations<'a>>,
    weight: impl Into<Fp8View<'a>>,
    options: &MmOptions<'_, O::Addend>,
) -> Result<Tensor<O>> {
    let (x, weight) = (x.into(), weight.into());
    let Sizes { m, n, .. } = x.sizes(&weight)?;
    let mut workspace = Tensor::empty(stream, &[fp8_blockscale_gemm_workspace(x)])?;
    let mut c = Tensor::empty(stream, &[m, n])?;
    fp8_blockscale_gemm_into(stream, x, weight, &mut workspace, &mut c, options)?;
    Ok(c)
}

/// The floats of workspace that [`fp8_blockscale_gemm_into`] needs: none for FP8.
#[must_use]
pub fn fp8_blockscale_gemm_workspace<'a>(x: impl Into<Activations<'a>>) -> usize {
    x.into().plan().map_or(0, Plan::floats)
}

/// [`fp8_blockscale_gemm`] into `c [m, n]`, with a workspace of at least [`fp8_blockscale_gemm_workspace`] floats, which is
/// fastest at a multiple of 16 bytes. Allocates nothing.
///
/// # Errors
/// As [`fp8_blockscale_gemm`]; [`Error::Shape`] if `c` has another shape or the workspace is too small.
pub fn fp8_blockscale_gemm_into<'a, O: Fp8Output>(
    stream: &Stream,
    x: impl Into<Activations<'a>>,
    weight: impl Into<Fp8View<'a>>,
    workspace: &mut impl AsViewMut<f32>,
    c: &mut impl AsViewMut<O>,
    options: &MmOptions<'_, O::Addend>,
) -> Result<()> {
    let (op, x, weight) = (Op::new(OP, stream), x.into(), weight.into());
    let (workspace, c) = (workspace.as_view_mut(), c.as_view_mut());
    let (sizes, finish) = (x.sizes(&weight)?, Finish::from(options));
    let b_grid = check_scaling(op, ["weight", "weight scales"], &weight, true)?;
    let result = (sizes, &[sizes.m, sizes.n][..]);
    finish.check(op, result, ["x_scale", "weight_scale"])?;
    check_result(op, &[sizes.m, sizes.n], &c)?;
    let x = match x {
        Activations::Fp8(x) => x,
        Activations::Bf16(x) => quantized(op, x, &workspace)?,
        Activations::F16(x) => quantized(op, x, &workspace)?,
        Activations::F32(x) => quantized(op, x, &workspace)?,
    };
    let a_grid = check_scaling(op, ["x", "x scales"], &x, false)?;
    Job {
        op,
        sizes,
        operands: [x, weight],
        grids: [a_grid, b_grid],
        finish,
        b_early: options.constant_b,
    }
    .run(c)
}

impl Activations<'_> {
    /// The sizes of the product with a weight.
    fn sizes(&self, weight: &Fp8View<'_>) -> Result<Sizes> {
        let weight = ("weight", &weight.data);
        match self {
            Self::Fp8(x) => Sizes::of_one(OP, ("x", &x.data), weight),
            Self::Bf16(x) => Sizes::of_one(OP, ("x", x), weight),
            Self::F16(x) => Sizes::of_one(OP, ("x", x), weight),
            Self::F32(x) => Sizes::of_one(OP, ("x", x), weight),
        }
    }

    /// What a workspace holds, if they need one.
    fn plan(&self) -> Option<Plan> {
        match self {
            Self::Fp8(_) => None,
            Self::Bf16(x) => Some(plan(x)),
            Self::F16(x) => Some(plan(x)),
            Self::F32(x) => Some(plan(x)),
        }
    }
}

/// The plan for floats: scales in the order that kernels read them in.
fn plan<T: Fp8Element>(x: &TensorView<'_, T>) -> Plan {
    let (m, k) = (x.shape().rows(), x.shape().columns());
    let rows = m.checked_next_multiple_of(4).unwrap_or(usize::MAX);
    let scales = k.div_ceil(128).saturating_mul(rows);
    Plan { m, k, scales }
}

/// `x` quantised into the workspace.
fn quantized<'a, T: Fp8Element>(
    op: Op<'a>,
    x: TensorView<'_, T>,
    workspace: &TensorViewMut<'_, f32>,
) -> Result<Fp8View<'a>> {
    op.reads("x", &x)?;
    let plan = plan(&x);
    plan.check(op, workspace)?;
    let mut parts = plan.parts(op, workspace)?;
    let (codes, scales) = (&mut parts.codes, &mut parts.scales);
    let major = ScaleMajor::Mn;
    fp8_quantize_1x128_into(op.stream, &x, codes, scales, major, &Fp8Options::default())?;
    Ok(Fp8View {
        data: parts.codes(op)?,
        scales: parts.scales(op)?,
        scaling: Fp8Scaling::Groups1x128(major),
    })
}

/// Checks an operand, whose rows may share scales if `tiles`.
fn check_scaling(
    op: Op<'_>,
    names: [&'static str; 2],
    operand: &Fp8View<'_>,
    tiles: bool,
) -> Result<ScaleGrid> {
    match operand.scaling {
        Fp8Scaling::Groups1x128(_) => {}
        Fp8Scaling::Tiles128x128 if tiles => {}
        other => {
            let or = if tiles { " or Tiles128x128" } else { "" };
            let expected = format!("of Groups1x128{or}");
            let found = format!("{other:?}");
            return Err(Error::argument(op.name, names[1], expected, found));
        }
    }
    let grid = operand.check(op, names)?;
    if grid.row_step.max(grid.column_step) > MOST {
        let expected = "less than 2^32 apart";
        return Err(Error::shape(
            op.name,
            names[1],
            expected,
            *operand.scales.shape(),
        ));
    }
    Ok(grid)
}

/// A product about to run.
struct Job<'a, O: Float> {
    op: Op<'a>,
    sizes: Sizes,
    operands: [Fp8View<'a>; 2],
    grids: [ScaleGrid; 2],
    finish: Finish<'a, O::Addend>,
    b_early: bool,
}

impl<O: Fp8Output> Job<'_, O> {
    fn run(self, mut c: TensorViewMut<'_, O>) -> Result<()> {
        if self.sizes.is_empty() {
            return Ok(());
        }
        let (stream, [a, b]) = (self.op.stream, &self.operands);
        let data: (&TensorView<'_, E4m3>, &TensorView<'_, E4m3>) = (&a.data, &b.data);
        let scales = [(&a.scales, self.grids[0]), (&b.scales, self.grids[1])];
        if self.op.runs_on_cpu() {
            return on_cpu::block_scaled(stream, self.sizes, data, scales, &self.finish, &mut c);
        }
        let product = Product::new(self.sizes, data, &self.finish, &c).b_early(self.b_early);
        let scales = scales.map(|(scales, grid)| (scales.as_ptr(), grid));
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { on_kernels::block_scaled(stream, &product, scales) }
    }
}
