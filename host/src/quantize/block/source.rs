//! What is quantised: memory, or an activation of it.

use super::options::SquaredReluRounding;
use crate::activation::ActivationType;
use crate::element::Element;
use crate::error::{Error, Result};
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
    /// `max(x, 0)^2`.
    SquaredRelu(TensorView<'a, T>, SquaredReluRounding),
    /// `silu_and_mul`, times a vector of the row's expert.
    Experts {
        activated: Activated<'a, T>,
        vectors: TensorView<'a, T>,
        indices: TensorView<'a, i32>,
    },
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
            Self::Plain(x) | Self::SquaredRelu(x, _) => x,
            Self::Activated(activated) | Self::Experts { activated, .. } => &activated.x,
        }
    }

    /// As an activation, which memory by itself is too.
    pub(super) fn as_activated(&self) -> Activated<'a, T> {
        let of = |x: &TensorView<'a, T>, activation: ActivationType| Activated {
            x: *x,
            activation: activation.into(),
        };
        match self {
            Self::Plain(x) => of(x, ActivationType::Identity),
            Self::SquaredRelu(x, _) => of(x, ActivationType::Relu2),
            Self::Activated(activated) | Self::Experts { activated, .. } => *activated,
        }
    }

    /// Elements of it that become one.
    pub(super) fn gathers(&self) -> usize {
        self.as_activated().gathers()
    }

    /// Checks what is there beside the tensor.
    pub(super) fn check(&self, op: Op<'_>, rows: usize, columns: usize) -> Result<()> {
        op.reads("x", self.x())?;
        self.as_activated().check(op)?;
        let Self::Experts {
            vectors, indices, ..
        } = self
        else {
            return Ok(());
        };
        let refused = |name, expected, found| Err(Error::shape(op.name, name, expected, found));
        if vectors.shape().len() != 2 || vectors.shape().columns() != columns {
            let expected = format!("[experts, {columns}]");
            return refused("expert_scales", expected, *vectors.shape());
        }
        if indices.shape().elements() != rows || !indices.is_contiguous() {
            let expected = format!("{rows} elements, contiguous");
            return refused("expert_indices", expected, *indices.shape());
        }
        op.reads("expert_scales", vectors)?;
        op.reads("expert_indices", indices)
    }
}
