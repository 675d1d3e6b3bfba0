//! What is quantised: memory, or an activation of it.

use super::options::SquaredReluRounding;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::TensorView;

/// What is quantised.
#[derive(Clone, Copy)]
pub(super) enum Source<'a, T> {
    /// `x`.
    Plain(TensorView<'a, T>),
    /// `silu(x[.., j]) * x[.., K + j]`.
    Silu(TensorView<'a, T>),
    /// `max(x, 0)^2`.
    SquaredRelu(TensorView<'a, T>, SquaredReluRounding),
    /// `Silu`, times a vector of the row's expert.
    Experts {
        x: TensorView<'a, T>,
        vectors: TensorView<'a, T>,
        indices: TensorView<'a, i32>,
    },
}

impl<'a, T: Element> Source<'a, T> {
    /// The tensor.
    pub(super) fn x(&self) -> &TensorView<'a, T> {
        match self {
            Self::Plain(x) | Self::Silu(x) | Self::SquaredRelu(x, _) | Self::Experts { x, .. } => x,
        }
    }

    /// Elements of it that become one.
    pub(super) fn gathers(&self) -> usize {
        match self {
            Self::Plain(_) | Self::SquaredRelu(..) => 1,
            Self::Silu(_) | Self::Experts { .. } => 2,
        }
    }

    /// Checks what is there beside the tensor.
    pub(super) fn check(&self, op: Op<'_>, rows: usize, columns: usize) -> Result<()> {
        op.reads("x", self.x())?;
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
