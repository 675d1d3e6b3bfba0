//! What a layer's tensors must be.

use super::experts::{Experts, MoeElement};
use super::layer::{FusedMoeOptions, OP};
use super::router::{Input, Logits, Router};
use super::routing::check_top_k;
use super::workspace::{ALIGNMENT, Extents, Workspace};
use crate::element::Element;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{TensorView, TensorViewMut};

/// The number of tokens, if `x` fits the experts.
pub(super) fn check_x<T: MoeElement>(
    x: &TensorView<'_, T>,
    experts: &Experts<'_, T>,
) -> Result<usize> {
    match **x.shape() {
        [tokens, hidden] if hidden == experts.hidden && tokens <= 1 << 30 => Ok(tokens),
        _ => Err(Error::shape(
            OP,
            "x",
            format!("[tokens, {}], as the experts are", experts.hidden),
            *x.shape(),
        )),
    }
}

/// Checks everything but the workspace, and tells the number of tokens.
pub(super) fn check_tensors<T: MoeElement>(
    op: Op<'_>,
    x: &TensorView<'_, T>,
    router: Router<'_>,
    experts: &Experts<'_, T>,
    options: &FusedMoeOptions,
    out: &TensorViewMut<'_, T>,
) -> Result<usize> {
    let tokens = check_x(x, experts)?;
    check_top_k(OP, tokens, experts.experts, options.top_k)?;
    let expected = [tokens, experts.hidden];
    if **out.shape() != expected {
        return Err(Error::shape(
            OP,
            "out",
            format!("{expected:?}"),
            *out.shape(),
        ));
    }
    op.reads("x", x)?;
    op.reads("gate_up", &experts.gate_up)?;
    op.reads("down", &experts.down)?;
    op.writes("out", out)?;
    check_router(op, router, tokens, experts.experts, options.top_k)?;
    Ok(tokens)
}

/// The parts of the workspace, if it has room for them.
pub(super) fn check_workspace(
    op: Op<'_>,
    workspace: &TensorViewMut<'_, u8>,
    extents: Extents,
) -> Result<Workspace> {
    op.writes("workspace", workspace)?;
    let parts = Workspace::new(extents)?;
    if workspace.shape().elements() < parts.bytes || !workspace.is_contiguous() {
        let expected = format!("at least [{}], contiguous", parts.bytes);
        return Err(Error::shape(OP, "workspace", expected, *workspace.shape()));
    }
    let base = workspace.as_ptr() as usize;
    if parts.bytes > 0 && !base.is_multiple_of(ALIGNMENT) {
        let expected = format!("a multiple of {ALIGNMENT} bytes");
        return Err(Error::Pointer {
            op: OP,
            expected,
            found: base,
        });
    }
    Ok(parts)
}

fn check_router(
    op: Op<'_>,
    router: Router<'_>,
    tokens: usize,
    experts: usize,
    top_k: usize,
) -> Result<()> {
    match router.0 {
        Input::Logits(Logits::F32(logits)) => {
            check_router_tensor(op, "logits", &logits, [tokens, experts])
        }
        Input::Logits(Logits::Bf16(logits)) => {
            check_router_tensor(op, "logits", &logits, [tokens, experts])
        }
        Input::Logits(Logits::F16(logits)) => {
            check_router_tensor(op, "logits", &logits, [tokens, experts])
        }
        Input::Chosen { ids, weights } => {
            check_router_tensor(op, "ids", &ids, [tokens, top_k])?;
            check_router_tensor(op, "weights", &weights, [tokens, top_k])
        }
    }
}

fn check_router_tensor<E: Element>(
    op: Op<'_>,
    name: &'static str,
    view: &TensorView<'_, E>,
    expected: [usize; 2],
) -> Result<()> {
    if **view.shape() != expected || !view.is_contiguous() {
        return Err(Error::shape(
            op.name,
            name,
            format!("{expected:?}, contiguous"),
            *view.shape(),
        ));
    }
    op.reads(name, view)
}
