//! What is quantised: memory, or an activation of it.

use crate::element::Element;
use crate::error::Result;
use crate::op::Op;
use crate::quantize::fused::{Activated, FusedActivation};
use crate::tensor::TensorView;

/// What is quantised.
#[derive(Clone, Copy)]
pub(super) enum Source<'a, T> {
    /// `x`.
    Plain(TensorView<'a, T>),
    /// An activation of it, rounded to `T`.
    Activated(Activated<'a, T>),
}

impl<'a, T: Element> Source<'a, T> {
    /// `silu(x[.., j]) * x[.., K + j]`.
    pub(super) fn silu_and_mul(x: TensorView<'a, T>) -> Self {
        Self::Activated(Activated::silu_and_mul(x))
    }

    /// An activation of `x`.
    pub(super) fn activated(x: TensorView<'a, T>, activation: FusedActivation) -> Self {
        Self::Activated(Activated { x, activation })
    }

    /// The tensor.
    pub(super) fn x(&self) -> &TensorView<'a, T> {
        match self {
            Self::Plain(x) => x,
            Self::Activated(activated) => &activated.x,
        }
    }

    /// Elements of it that become one.
    pub(super) fn gathers(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Activated(activated) => activated.gathers(),
        }
    }

    /// Checks what there is beside the tensor's shape.
    pub(super) fn check(&self, op: Op<'_>) -> Result<()> {
        if let Self::Activated(activated) = self {
            activated.check(op)?;
        }
        op.reads("x", self.x())
    }
}
