//! The layer.

use super::checks::{check_tensors, check_workspace, check_x};
use super::experts::{Experts, MoeElement};
use super::on_cpu;
use super::on_kernels::Plan;
use super::router::Router;
use super::routing::{RoutingMethodType, check_top_k};
use super::workspace::{Extents, Workspace};
use crate::device::Stream;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::op::Op;
use crate::tensor::{AsView, AsViewMut, Tensor};

pub(super) const OP: &str = "fused_moe";

/// Options of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FusedMoeOptions {
    /// Experts of each token.
    pub top_k: usize,
    /// How logits become experts and weights; ids and weights that are chosen already are taken as they
    /// are.
    pub routing_method: RoutingMethodType,
    /// The most tokens of an expert. Those that come to it after these, in token order, are dropped there:
    /// they get nothing from it, and their other weights stay as they are. `None` is no limit.
    pub expert_capacity: Option<usize>,
}

impl Default for FusedMoeOptions {
    /// Two experts a token, weights that sum to 1, no limit.
    fn default() -> Self {
        Self {
            top_k: 2,
            routing_method: RoutingMethodType::default(),
            expert_capacity: None,
        }
    }
}

/// The bytes of workspace that [`fused_moe_into`] needs for these experts and so many tokens.
///
/// # Errors
/// [`Error::Argument`] if `top_k` is 0 or more than the experts, or there are too many tokens.
pub fn fused_moe_workspace<T: MoeElement>(
    tokens: usize,
    experts: &Experts<'_, T>,
    top_k: usize,
) -> Result<usize> {
    check_top_k(OP, tokens, experts.experts, top_k)?;
    Ok(Workspace::new(Extents::of(tokens, experts, top_k))?.bytes)
}

/// A mixture-of-experts layer with SwiGLU experts, forward.
///
/// `out[t] = sum over j of w[t, j] * down[e] (silu(gate[e] x[t]) * (up[e] x[t]))`, where `e` is the `j`-th
/// expert of token `t`, with weight `w[t, j]`.
///
/// # Shapes
/// `x [tokens, hidden]`, its rows as far apart as they like; the router's logits `[tokens, experts]`, or ids
/// and weights `[tokens, top_k]`; the result is `[tokens, hidden]`. There may be no tokens.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit each other; [`Error::Argument`] if `top_k` is 0 or more than the
/// experts; [`Error::Placement`] if a tensor is not on the stream.
///
/// # Numerics
/// Each matrix product is summed in `f32` and rounded to `T`, as is the activation; the weighted sum is in
/// `f32`, in the order of `j`, and rounded once. The result is the same every time.
/// Source: <https://arxiv.org/abs/2401.04088> (Mixtral), <https://arxiv.org/abs/2002.05202> (SwiGLU).
pub fn fused_moe<T: MoeElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    router: Router<'_>,
    experts: &Experts<'_, T>,
    options: &FusedMoeOptions,
) -> Result<Tensor<T>> {
    let x = x.as_view();
    let tokens = check_x(&x, experts)?;
    let bytes = fused_moe_workspace(tokens, experts, options.top_k)?;
    let bytes = if Op::new(OP, stream).runs_on_cpu() {
        0
    } else {
        bytes
    };
    let mut workspace = Tensor::<u8>::empty(stream, &[bytes])?;
    let mut out = Tensor::empty(stream, &[tokens, experts.hidden])?;
    fused_moe_into(
        stream,
        &x,
        router,
        experts,
        options,
        &mut out,
        &mut workspace,
    )?;
    Ok(out)
}

/// [`fused_moe`] into `out [tokens, hidden]`, with a workspace of at least [`fused_moe_workspace`] bytes
/// (none is needed on the CPU). Allocates nothing on the device.
///
/// # Errors
/// As [`fused_moe`]; [`Error::Shape`] if `out` has another shape or the workspace is too small.
pub fn fused_moe_into<T: MoeElement>(
    stream: &Stream,
    x: &impl AsView<T>,
    router: Router<'_>,
    experts: &Experts<'_, T>,
    options: &FusedMoeOptions,
    out: &mut impl AsViewMut<T>,
    workspace: &mut impl AsViewMut<u8>,
) -> Result<()> {
    let op = Op::new(OP, stream);
    let (x, mut out, workspace) = (x.as_view(), out.as_view_mut(), workspace.as_view_mut());
    let tokens = check_tensors(op, &x, router, experts, options, &out)?;
    if op.runs_on_cpu() {
        return on_cpu::run(stream, &x, router, experts, options, &mut out);
    }
    let parts = check_workspace(op, &workspace, Extents::of(tokens, experts, options.top_k))?;
    let base = workspace.as_ptr() as usize;
    let plan = Plan {
        stream,
        experts,
        options,
        tokens,
        parts,
        base,
    };
    // SAFETY: the shapes were checked, the workspace has room, and the memory is in this stream's order.
    unsafe { plan.run(&x, router, out.as_ptr(), out.row_stride()) }
}
