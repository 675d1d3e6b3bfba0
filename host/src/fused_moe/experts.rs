//! The experts' weights, and which half of them is the gate.

use cuda_std::launch::Kernel;
use half::{bf16, f16};

use crate::activation::GatedElement;
use crate::error::{Error, Result};
use crate::gemm::GemmElement;
use crate::kernels::moe as kernels;
use crate::tensor::{AsView, TensorView};

/// Which half of `gate_up` is the gate. Both orders are in use, and a wrong one gives plausible, wrong
/// results; so there is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateUpOrder {
    /// Gate, then up: Mixtral's `[w1, w3]`, most checkpoints, and `silu_and_mul`.
    GateFirst,
    /// Up, then gate: FlashInfer's `cutlass_fused_moe`, `[w3, w1]`.
    UpFirst,
}

impl GateUpOrder {
    /// Where the gate and the up projection start in a row of `2 * intermediate`.
    #[must_use]
    pub fn offsets(self, intermediate: usize) -> (usize, usize) {
        match self {
            Self::GateFirst => (0, intermediate),
            Self::UpFirst => (intermediate, 0),
        }
    }
}

/// The arguments of a finalize kernel.
pub(super) type FinalizeArgs<T> = (*const T, *const i32, *const f32, *mut T, u32, u32, u64);

/// An element type that a layer computes in: `bf16`, `f16`.
pub trait MoeElement: GatedElement + GemmElement + sealed::Finalize {}

pub(crate) mod sealed {
    use super::FinalizeArgs;
    use cuda_std::launch::Kernel;

    /// The finalize kernels of a type.
    pub trait Finalize: Sized + 'static {
        /// For threads that move `width` elements at once.
        fn finalize(width: usize) -> &'static Kernel<FinalizeArgs<Self>>;
    }
}

macro_rules! moe_element {
    ($type:ty: $v8:ident, $v2:ident, $v1:ident) => {
        impl MoeElement for $type {}

        impl sealed::Finalize for $type {
            fn finalize(width: usize) -> &'static Kernel<FinalizeArgs<Self>> {
                match width {
                    8 => &kernels::$v8,
                    2 | 4 => &kernels::$v2,
                    _ => &kernels::$v1,
                }
            }
        }
    };
}

moe_element!(bf16: moe_finalize_bf16_v8, moe_finalize_bf16_v2, moe_finalize_bf16_v1);
moe_element!(f16: moe_finalize_f16_v8, moe_finalize_f16_v2, moe_finalize_f16_v1);

/// The weights of all experts of a layer.
#[derive(Clone, Copy)]
pub struct Experts<'a, T> {
    pub(super) gate_up: TensorView<'a, T>,
    pub(super) down: TensorView<'a, T>,
    pub(super) order: GateUpOrder,
    pub(super) experts: usize,
    pub(super) hidden: usize,
    pub(super) intermediate: usize,
}

impl<'a, T: MoeElement> Experts<'a, T> {
    /// The experts of these weights.
    ///
    /// # Shapes
    /// `gate_up [experts, 2 * intermediate, hidden]` or `[experts, 2, intermediate, hidden]`, which is the
    /// same memory; `down [experts, hidden, intermediate]`; both contiguous.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes are others or do not fit each other.
    pub fn new(
        gate_up: &'a impl AsView<T>,
        down: &'a impl AsView<T>,
        order: GateUpOrder,
    ) -> Result<Self> {
        const OP: &str = "Experts::new";
        let (gate_up, down) = (gate_up.as_view(), down.as_view());
        let [experts, hidden, intermediate] = match **gate_up.shape() {
            [experts, both, hidden] if both.is_multiple_of(2) => [experts, hidden, both / 2],
            [experts, 2, intermediate, hidden] => [experts, hidden, intermediate],
            _ => {
                let expected =
                    "[experts, 2 * intermediate, hidden] or [experts, 2, intermediate, hidden]";
                return Err(Error::shape(OP, "gate_up", expected, *gate_up.shape()));
            }
        };
        if **down.shape() != [experts, hidden, intermediate] {
            let expected = format!(
                "[{experts}, {hidden}, {intermediate}], as gate_up is {}",
                gate_up.shape()
            );
            return Err(Error::shape(OP, "down", expected, *down.shape()));
        }
        for (name, view) in [("gate_up", &gate_up), ("down", &down)] {
            if !view.is_contiguous() {
                return Err(Error::shape(OP, name, "contiguous", *view.shape()));
            }
        }
        if hidden > 1 << 20 || intermediate > 1 << 19 {
            return Err(Error::shape(
                OP,
                "gate_up",
                "of hidden at most 2^20, intermediate 2^19",
                *gate_up.shape(),
            ));
        }
        Ok(Self {
            gate_up,
            down,
            order,
            experts,
            hidden,
            intermediate,
        })
    }

    /// The number of experts.
    #[must_use]
    pub fn experts(&self) -> usize {
        self.experts
    }

    /// The length of a token.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// The length of a gate or up projection.
    #[must_use]
    pub fn intermediate(&self) -> usize {
        self.intermediate
    }
}
