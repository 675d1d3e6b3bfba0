//! What is quantised: memory, or an activation of it.

use crate::element::Element;
use crate::tensor::TensorView;

/// What is quantised.
#[derive(Clone, Copy)]
pub(super) enum Source<'a, T> {
    /// `x`.
    Plain(TensorView<'a, T>),
    /// `silu(x[.., j]) * x[.., K + j]`, rounded to `T`.
    Silu(TensorView<'a, T>),
}

impl<'a, T: Element> Source<'a, T> {
    /// The tensor.
    pub(super) fn x(&self) -> &TensorView<'a, T> {
        match self {
            Self::Plain(x) | Self::Silu(x) => x,
        }
    }

    /// Elements of it that become one.
    pub(super) fn gathers(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Silu(_) => 2,
        }
    }
}
