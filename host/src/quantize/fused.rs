//! Activations that quantisers are fused with.

use crate::activation::ActivationType;
use crate::element::{Element, Float};
use crate::error::Result;
use crate::fused_moe::GateUpOrder;
use crate::op::{HostView, Op};
use crate::reference::activation::apply;
use crate::tensor::TensorView;

/// What a quantiser quantises in place of its input: an activation of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusedActivation {
    /// The activation.
    pub activation_type: ActivationType,
    /// Which half of a row is the gate; of no meaning where nothing is gated.
    pub order: GateUpOrder,
}

impl FusedActivation {
    /// [`silu_and_mul`](crate::activation::silu_and_mul).
    pub(super) const SILU_AND_MUL: Self = Self {
        activation_type: ActivationType::Swiglu,
        order: GateUpOrder::GateFirst,
    };
}

impl From<ActivationType> for FusedActivation {
    /// Gate first, as FlashInfer's activations have it.
    fn from(activation_type: ActivationType) -> Self {
        Self {
            activation_type,
            ..Self::SILU_AND_MUL
        }
    }
}

/// The kernels of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FusedKernels {
    /// Those of `silu_and_mul` alone.
    Silu,
    /// Those of any activation.
    Any,
}

/// What kernels take of an activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operands<T> {
    pub gate: *const T,
    /// What is gated; the gates where nothing is.
    pub up: *const T,
    pub stride: u64,
    pub number: u32,
    pub parameters: [f32; 3],
}

/// An activation of a tensor's rows.
#[derive(Clone, Copy)]
pub(super) struct Activated<'a, T> {
    pub x: TensorView<'a, T>,
    pub activation: FusedActivation,
}

impl<'a, T: Element> Activated<'a, T> {
    /// `silu(x[.., j]) * x[.., K + j]`.
    pub(super) fn silu_and_mul(x: TensorView<'a, T>) -> Self {
        let activation = FusedActivation::SILU_AND_MUL;
        Self { x, activation }
    }

    /// Elements that become one.
    pub(super) fn gathers(&self) -> usize {
        1 + usize::from(self.activation.activation_type.is_gated())
    }

    /// Checks the activation's parameters.
    pub(super) fn check(&self, op: Op<'_>) -> Result<()> {
        self.activation.activation_type.check(op.name)
    }

    /// Which kernels it has.
    pub(super) fn kernels(&self) -> FusedKernels {
        match self.activation.activation_type {
            ActivationType::Swiglu => FusedKernels::Silu,
            _ => FusedKernels::Any,
        }
    }

    /// What they take of it.
    pub(super) fn operands(&self, columns: usize) -> Operands<T> {
        let (gate, up) = offsets(self.activation, columns);
        Operands {
            gate: self.x.as_ptr().wrapping_add(gate),
            up: self.x.as_ptr().wrapping_add(up),
            stride: self.x.row_stride() as u64,
            number: self.activation.activation_type.number(),
            parameters: self.activation.activation_type.parameters(),
        }
    }

    /// Keeps it for a task.
    ///
    /// # Safety
    /// As [`HostView::of`].
    pub(super) unsafe fn on_host(&self) -> HostActivated<T> {
        HostActivated {
            // SAFETY: the caller's contract.
            x: unsafe { HostView::of(&self.x) },
            activation: self.activation,
        }
    }
}

/// Where gates begin in a row, and what they gate.
fn offsets(activation: FusedActivation, columns: usize) -> (usize, usize) {
    match activation.activation_type.is_gated() {
        true => activation.order.offsets(columns),
        false => (0, 0),
    }
}

/// An activation that a task keeps.
#[derive(Clone, Copy)]
pub(super) struct HostActivated<T> {
    x: HostView<T>,
    activation: FusedActivation,
}

impl<T: Float> HostActivated<T> {
    /// The elements of a row, rounded to `T`, then what is made of each.
    pub(super) fn row(self, row: usize, out: &mut [f32], then: impl Fn(T, usize) -> T) {
        let (gate, up) = offsets(self.activation, out.len());
        let x = self.x.read().row(row, gate.max(up) + out.len());
        for (j, out) in out.iter_mut().enumerate() {
            let (gate, up) = (x[gate + j].to_f32(), x[up + j].to_f32());
            let value = apply(self.activation.activation_type, gate, up);
            *out = then(T::from_f32(value), j).to_f32();
        }
    }
}
