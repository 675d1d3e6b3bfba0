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
    let view = |view: &TensorView<'_, T>| unsafe { HostView::of(view) };
    let gate = view(&call.gate.view);
    let up = call.up.as_ref().map(|up| view(&up.view));
    let (gate_bias, up_bias) = (
        call.gate_bias.as_ref().map(view),
        call.up_bias.as_ref().map(view),
    );
    // SAFETY: as above.
    let (live, experts, out) = unsafe {
        (
            call.live.on_host(group),
            experts.map(|it| it.on_host()),
            HostViewMut::of(out),
        )
    };
    let (activation, d) = (call.activation, shape.columns());
    let mapped = matches!(call.live, LiveRows::Mapped { .. });
    call.op.stream.run_on_host(move || {
        let operands = Operands {
            gate: gate.read(),
            up: up.map(HostView::read),
            gate_bias: gate_bias.map(|bias| bias.read().elements),
            up_bias: up_bias.map(|bias| bias.read().elements),
        };
        let live = live.read();
        activate(operands, out.write(), d, |row| {
            let reached = mapped || experts.is_none_or(|experts| experts.reach(row));
            let of_row = || experts.map_or(activation, |it| it.activation(activation, row));
            (reached && live.exists(row)).then(of_row)
        });
        Ok(())
    })
}
