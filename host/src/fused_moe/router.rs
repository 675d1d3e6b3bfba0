//! What a layer is told about who goes where: logits, or ids and weights.

use half::{bf16, f16};

use super::routing::{RoutingLogits, sealed::Kernels};
use crate::tensor::{AsView, TensorView};

/// The router's output, as a layer takes it.
#[derive(Clone, Copy)]
pub struct Router<'a>(pub(super) Input<'a>);

#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    Logits(Logits<'a>),
    Chosen {
        ids: TensorView<'a, i32>,
        weights: TensorView<'a, f32>,
    },
}

/// Logits of any type that they may have.
#[derive(Clone, Copy)]
pub enum Logits<'a> {
    /// As `f32`.
    F32(TensorView<'a, f32>),
    /// As `bf16`.
    Bf16(TensorView<'a, bf16>),
    /// As `f16`.
    F16(TensorView<'a, f16>),
}

impl<'a> Router<'a> {
    /// Logits `[tokens, experts]`: the layer chooses.
    #[must_use]
    pub fn logits<L: RoutingLogits>(logits: &'a impl AsView<L>) -> Self {
        Self(Input::Logits(<L as Kernels>::wrap(logits.as_view())))
    }

    /// Ids and weights `[tokens, top_k]`: chosen already. An id outside the experts (as -1) is no choice; an
    /// id may come twice in a token, and then counts twice.
    #[must_use]
    pub fn chosen(ids: &'a impl AsView<i32>, weights: &'a impl AsView<f32>) -> Self {
        Self(Input::Chosen {
            ids: ids.as_view(),
            weights: weights.as_view(),
        })
    }
}
