//! Activations by the references.

use super::call::Call;
use super::element::GatedElement;
use super::experts::Checked;
use crate::error::Result;
use crate::op::{HostView, HostViewMut};
use crate::quantize::LiveRows;
use crate::reference::activation::{Operands, activate};
use crate::tensor::{TensorView, TensorViewMut};

/// Runs a call, which was checked.
pub(super) fn run<T: GatedElement>(
    call: &Call<'_, T>,
    experts: Option<&Checked<'_>>,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    let shape = *call.gate.view.shape();
    let group = shape.iter().rev().nth(1).copied().unwrap_or(1);
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (operands, live, experts, out) = unsafe {
        (
            HostOperands::of(call),
            call.live.on_host(group),
            experts.map(|it| it.on_host()),
            HostViewMut::of(out),
        )
    };
    let (activation, d) = (call.activation, shape.columns());
    let mapped = matches!(call.live, LiveRows::Mapped { .. });
    call.op.stream.run_on_host(move || {
        let live = live.read();
        activate(operands.read(), out.write(), d, |row| {
            let reached = mapped || experts.is_none_or(|experts| experts.reach(row));
            let of_row = || experts.map_or(activation, |it| it.activation(activation, row));
            (reached && live.exists(row)).then(of_row)
        });
        Ok(())
    })
}

/// [`Operands`] that a task on the host keeps.
#[derive(Clone, Copy)]
struct HostOperands<T> {
    gate: HostView<T>,
    up: Option<HostView<T>>,
    gate_bias: Option<HostView<T>>,
    up_bias: Option<HostView<T>>,
}

impl<T: GatedElement> HostOperands<T> {
    /// Those of a call.
    ///
    /// # Safety
    /// As [`HostView::of`], of each tensor.
    unsafe fn of(call: &Call<'_, T>) -> Self {
        // SAFETY: the caller's contract.
        let view = |view: &TensorView<'_, T>| unsafe { HostView::of(view) };
        Self {
            gate: view(&call.gate.view),
            up: call.up.as_ref().map(|up| view(&up.view)),
            gate_bias: call.gate_bias.as_ref().map(view),
            up_bias: call.up_bias.as_ref().map(view),
        }
    }

    /// The operands, while the task runs.
    fn read<'a>(self) -> Operands<'a, T> {
        Operands {
            gate: self.gate.read(),
            up: self.up.map(HostView::read),
            gate_bias: self.gate_bias.map(|bias| bias.read().elements),
            up_bias: self.up_bias.map(|bias| bias.read().elements),
        }
    }
}
