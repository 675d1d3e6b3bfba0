//! The layer by the references.

use super::experts::{Experts, MoeElement};
use super::layer::FusedMoeOptions;
use super::router::{Input, Logits, Router};
use super::routing::RoutingLogits;
use crate::device::Stream;
use crate::error::Result;
use crate::op::{HostView, HostViewMut};
use crate::reference;
use crate::tensor::{TensorView, TensorViewMut};

/// Runs the layer, or keeps it while the stream captures.
pub(super) fn run<T: MoeElement>(
    stream: &Stream,
    x: &TensorView<'_, T>,
    router: Router<'_>,
    experts: &Experts<'_, T>,
    options: &FusedMoeOptions,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    let &Experts {
        gate_up,
        down,
        order,
        experts,
        hidden,
        intermediate,
    } = experts;
    let (tokens, options) = (x.shape().rows(), *options);
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (x, gate_up, down, out) = unsafe {
        (
            HostView::of(x),
            HostView::of(&gate_up),
            HostView::of(&down),
            HostViewMut::of(out),
        )
    };
    let choose = chooser(router, experts, &options);
    stream.run_on_host(move || {
        let (mut ids, mut weights) = (
            vec![0; tokens * options.top_k],
            vec![0.0; tokens * options.top_k],
        );
        choose(&mut weights, &mut ids);
        let layer = reference::fused_moe::Layer {
            gate_up: gate_up.read().elements,
            down: down.read().elements,
            gate_up_offsets: order.offsets(intermediate),
            experts,
            hidden,
            intermediate,
            top_k: options.top_k,
            capacity: options.expert_capacity,
        };
        layer.forward(x.read(), &ids, &weights, out.write());
        Ok(())
    })
}

/// Fills in weights and ids.
type Choose = Box<dyn Fn(&mut [f32], &mut [i32]) + Send + Sync>;

fn chooser(router: Router<'_>, experts: usize, options: &FusedMoeOptions) -> Choose {
    match router.0 {
        Input::Logits(Logits::F32(logits)) => choose_by_logits(&logits, experts, options),
        Input::Logits(Logits::Bf16(logits)) => choose_by_logits(&logits, experts, options),
        Input::Logits(Logits::F16(logits)) => choose_by_logits(&logits, experts, options),
        Input::Chosen { ids, weights } => {
            // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
            let (ids, weights) = unsafe { (HostView::of(&ids), HostView::of(&weights)) };
            Box::new(move |to_weights, to_ids| {
                to_weights.copy_from_slice(weights.read().elements);
                to_ids.copy_from_slice(ids.read().elements);
            })
        }
    }
}

fn choose_by_logits<L: RoutingLogits>(
    logits: &TensorView<'_, L>,
    experts: usize,
    options: &FusedMoeOptions,
) -> Choose {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let logits = unsafe { HostView::of(logits) };
    let FusedMoeOptions {
        top_k,
        routing_method,
        ..
    } = *options;
    Box::new(move |weights, ids| {
        let logits = logits.read().elements;
        reference::fused_moe::topk(routing_method, logits, experts, weights, ids, top_k);
    })
}
