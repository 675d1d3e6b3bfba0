//! The layer on the kernels: every step put on the stream, one after the other.

use super::experts::{Experts, MoeElement};
use super::finalize::{FinalizeRows, finalize_rows};
use super::layer::FusedMoeOptions;
use super::permute::{PermuteRows, permute_rows};
use super::router::{Input, Logits, Router};
use super::routing::{RoutingLogits, topk_rows};
use super::workspace::Workspace;
use crate::activation::{ActivationRows, Function, function_rows};
use crate::device::Stream;
use crate::error::Result;
use crate::gemm::{GroupedRows, grouped_rows};
use crate::tensor::TensorView;

/// A layer about to run on the kernels.
pub(super) struct Plan<'a, T> {
    pub stream: &'a Stream,
    pub experts: &'a Experts<'a, T>,
    pub options: &'a FusedMoeOptions,
    pub tokens: usize,
    /// The workspace's parts, and where it starts.
    pub parts: Workspace,
    pub base: usize,
}

impl<T: MoeElement> Plan<'_, T> {
    /// Puts the whole layer on the stream.
    ///
    /// # Safety
    /// All memory is the stream's device's, of the checked shapes, and in the stream's order.
    pub(super) unsafe fn run(
        &self,
        x: &TensorView<'_, T>,
        router: Router<'_>,
        out: *mut T,
        out_stride: usize,
    ) -> Result<()> {
        if self.tokens == 0 || self.experts.hidden == 0 {
            return Ok(());
        }
        // SAFETY: the caller's contract.
        unsafe {
            let (ids, weights) = self.route(router)?;
            self.permute(ids)?;
            self.project(x)?;
            finalize_rows(
                self.stream,
                &FinalizeRows {
                    results: self.part(self.parts.projections),
                    choice_row: self.part(self.parts.choice_row),
                    weights,
                    out,
                    tokens: self.tokens,
                    top_k: self.options.top_k,
                    hidden: self.experts.hidden,
                    out_stride,
                },
            )
        }
    }

    /// A part of the workspace.
    fn part<P>(&self, offset: usize) -> *mut P {
        (self.base + offset) as *mut P
    }

    /// The ids and weights of all choices.
    ///
    /// # Safety
    /// As [`Self::run`].
    unsafe fn route(&self, router: Router<'_>) -> Result<(*const i32, *const f32)> {
        let logits = match router.0 {
            Input::Chosen { ids, weights } => return Ok((ids.as_ptr(), weights.as_ptr())),
            Input::Logits(logits) => logits,
        };
        // SAFETY: the caller's contract.
        unsafe {
            match logits {
                Logits::F32(logits) => self.topk(logits.as_ptr()),
                Logits::Bf16(logits) => self.topk(logits.as_ptr()),
                Logits::F16(logits) => self.topk(logits.as_ptr()),
            }?;
        }
        Ok((self.part(self.parts.ids), self.part(self.parts.weights)))
    }

    /// Chooses by logits.
    ///
    /// # Safety
    /// As [`Self::run`].
    unsafe fn topk<L: RoutingLogits>(&self, logits: *const L) -> Result<()> {
        let (weights, ids) = (self.part(self.parts.weights), self.part(self.parts.ids));
        let shape = [self.tokens, self.experts.experts, self.options.top_k];
        // SAFETY: the caller's contract.
        unsafe {
            topk_rows(
                self.stream,
                self.options.routing_method,
                logits,
                weights,
                ids,
                shape,
            )
        }
    }

    /// Sorts the choices by expert.
    ///
    /// # Safety
    /// As [`Self::run`].
    unsafe fn permute(&self, ids: *const i32) -> Result<()> {
        let rows = PermuteRows {
            ids,
            counts: self.part(self.parts.counts),
            offsets: self.part(self.parts.offsets),
            row_token: self.part(self.parts.row_token),
            choice_row: self.part(self.parts.choice_row),
            choices: self.choices(),
            top_k: self.options.top_k,
            experts: self.experts.experts,
            capacity: self.options.expert_capacity,
        };
        // SAFETY: the caller's contract.
        unsafe { permute_rows(self.stream, &rows) }
    }

    /// Gate and up, activation, down, over the rows of all experts.
    ///
    /// # Safety
    /// As [`Self::run`].
    unsafe fn project(&self, x: &TensorView<'_, T>) -> Result<()> {
        let &Experts {
            gate_up,
            down,
            order,
            experts,
            hidden,
            intermediate,
        } = self.experts;
        let offsets: *const i32 = self.part(self.parts.offsets);
        let (projections, activated): (*mut T, *mut T) = (
            self.part(self.parts.projections),
            self.part(self.parts.activated),
        );
        let up_projection = GroupedRows {
            a: x.as_ptr(),
            b: gate_up.as_ptr(),
            c: projections,
            offsets,
            a_rows: self.part(self.parts.row_token),
            groups: experts,
            rows: self.choices(),
            n: 2 * intermediate,
            k: hidden,
            lda: x.row_stride(),
            ldc: 2 * intermediate,
        };
        let (gate, up) = order.offsets(intermediate);
        let n_used: *const u32 = offsets.wrapping_add(experts).cast();
        let activation = ActivationRows {
            gate: projections.cast_const().wrapping_add(gate),
            up: projections.cast_const().wrapping_add(up),
            out: activated,
            rows: self.choices(),
            d: intermediate,
            gate_stride: 2 * intermediate,
            up_stride: 2 * intermediate,
            out_stride: intermediate,
            live: (n_used, std::ptr::null(), std::ptr::null()),
            rows_per_group: 1,
        };
        let down_projection = GroupedRows {
            a: activated.cast_const(),
            b: down.as_ptr(),
            c: projections,
            a_rows: std::ptr::null(),
            n: hidden,
            k: intermediate,
            lda: intermediate,
            ldc: hidden,
            ..up_projection
        };
        // SAFETY: the caller's contract; rows past the last expert's are neither read nor written.
        unsafe {
            grouped_rows(self.stream, &up_projection)?;
            function_rows(self.stream, &activation, Function::Silu)?;
            grouped_rows(self.stream, &down_projection)
        }
    }

    fn choices(&self) -> usize {
        self.tokens * self.options.top_k
    }
}
