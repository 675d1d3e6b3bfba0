//! The largest magnitude.

use super::job::{check_floats, count_error};
use super::kernels::Fp8Element;
use super::sizes::Sizes;
use super::{on_cpu, on_kernels};
use crate::device::{LaunchConfig, Stream};
use crate::error::Result;
use crate::heuristics::quantize_fp8::AMAX_PARTS;
use crate::kernels::quantize::fp8::REDUCE_BYTES;
use crate::kernels::quantize::fp8::tensor::amax_of_parts;
use crate::op::Op;
use crate::quantize::LiveRows;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// Threads of the block that finds the largest of all parts.
const THREADS: u32 = 256;

/// The floats of workspace that [`amax_into`] and
/// [`fp8_quantize_per_tensor_into`](super::fp8_quantize_per_tensor_into) need, whatever the shape.
#[must_use]
pub fn amax_workspace() -> usize {
    AMAX_PARTS
}

/// The largest magnitude of all elements of the rows that exist, `[1]`; 0 if there are none.
///
/// # Shapes
/// `x [.., M, K]` of any rank from 1 up, its rows as far apart as they like, of any length.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `x` is a scalar or has 2^31 rows or columns, or a tensor of `rows` has another
/// shape; [`Error::Placement`](crate::Error::Placement) if a tensor is not on the stream.
///
/// # Numerics
/// Exact, so the same on every device and in every run. NaN counts as nothing.
pub fn amax<T: Fp8Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    rows: &LiveRows<'_>,
) -> Result<Tensor<f32>> {
    let mut workspace = Tensor::empty(stream, &[amax_workspace()])?;
    let mut out = Tensor::empty(stream, &[1])?;
    amax_into(stream, x, &mut workspace, &mut out, rows)?;
    Ok(out)
}

/// [`amax`] into `out`, one element, with a workspace of at least [`amax_workspace`] floats. Allocates nothing.
///
/// # Errors
/// As [`amax`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape or the workspace is too small.
pub fn amax_into<T: Fp8Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    workspace: &mut impl AsViewMut<f32>,
    out: &mut impl AsViewMut<f32>,
    rows: &LiveRows<'_>,
) -> Result<()> {
    let op = Op::new("amax", stream);
    let (x, workspace, mut out) = (x.as_view(), workspace.as_view_mut(), out.as_view_mut());
    let sizes = check_rows(op, (&x, 1), rows)?;
    check_workspace(op, &workspace)?;
    check_floats(op, "out", 1, &out)?;
    if op.runs_on_cpu() {
        return on_cpu::amax(op, (&x, sizes, rows), &mut out);
    }
    // SAFETY: the shapes were checked, the workspace has room, and the memory is in this stream's order.
    unsafe {
        let count = on_kernels::amax_parts(stream, (&x, sizes, rows), workspace.as_ptr())?;
        let config = LaunchConfig::new(1, THREADS).with_shared(REDUCE_BYTES);
        let args = (workspace.as_ptr().cast_const(), count, out.as_ptr());
        stream.launch(&amax_of_parts, config, args)
    }
}

/// Checks what is read, of which `gathers` elements become one.
pub(super) fn check_rows<T: Fp8Element>(
    op: Op<'_>,
    (x, gathers): (&TensorView<'_, T>, usize),
    rows: &LiveRows<'_>,
) -> Result<Sizes> {
    let sizes = Sizes::new(op, ("x", x.shape(), gathers))?;
    op.reads("x", x)?;
    rows.check(op, sizes.matrices, sizes.rows)?;
    Ok(sizes)
}

/// Checks a workspace.
pub(super) fn check_workspace(op: Op<'_>, workspace: &TensorViewMut<'_, f32>) -> Result<()> {
    let least = amax_workspace();
    if workspace.shape().elements() < least || !workspace.is_contiguous() {
        return Err(count_error(op, "workspace", least, *workspace.shape()));
    }
    op.writes("workspace", workspace)
}
