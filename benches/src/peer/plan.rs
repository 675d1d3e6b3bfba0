//! One way to solve a problem, ready to run.

use std::ffi::c_void;
use std::rc::Rc;

use super::error::Error;
use super::ffi::Suggestion;
use super::operation::Operation;
use super::problem::Problem;

/// Where the heuristics may assume matrices and the workspace to start.
const ALIGNMENT: u64 = 256;

/// Where scale factors must start.
const SCALE_ALIGNMENT: u64 = 16;

/// Device addresses of what a plan reads and writes; how it lies there says [`layout`](super::layout).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operands {
    /// `A`.
    pub a: u64,
    /// `B`.
    pub b: u64,
    /// `C`.
    pub c: u64,
    /// The factors of `A`; not looked at where there are none.
    pub a_scale: u64,
    /// The factors of `B`; not looked at where there are none.
    pub b_scale: u64,
    /// Scratch memory; not looked at where [`Plan::workspace_bytes`] is zero.
    pub workspace: u64,
}

impl Operands {
    /// Matrices at these places on the device, without scales or a workspace.
    #[must_use]
    pub fn new<A, B, C>(a: *const A, b: *const B, c: *mut C) -> Self {
        Self {
            a: a as u64,
            b: b as u64,
            c: c as u64,
            ..Self::default()
        }
    }

    /// With these scale factors.
    #[must_use]
    pub fn with_scales(self, a_scale: *const f32, b_scale: *const f32) -> Self {
        Self {
            a_scale: a_scale as u64,
            b_scale: b_scale as u64,
            ..self
        }
    }

    /// With this scratch memory.
    #[must_use]
    pub fn with_workspace(self, workspace: *mut u8) -> Self {
        Self {
            workspace: workspace as u64,
            ..self
        }
    }

    /// Refuses addresses that an algorithm of this problem could not work with.
    fn check(&self, problem: &Problem, workspace_bytes: usize) -> Result<(), Error> {
        let (scaled, scratch) = (problem.types.scaling().is_some(), workspace_bytes > 0);
        let operands = [
            (true, "A", self.a, ALIGNMENT),
            (true, "B", self.b, ALIGNMENT),
            (true, "C", self.c, ALIGNMENT),
            (scaled, "the scales of A", self.a_scale, SCALE_ALIGNMENT),
            (scaled, "the scales of B", self.b_scale, SCALE_ALIGNMENT),
            (scratch, "the workspace", self.workspace, ALIGNMENT),
        ];
        for (used, operand, address, alignment) in operands {
            if used && (address == 0 || !address.is_multiple_of(alignment)) {
                return Err(Error::Address {
                    operand,
                    address,
                    alignment,
                });
            }
        }
        Ok(())
    }
}

/// One of the library's algorithms for a problem. It keeps all that it needs alive, the library included.
pub struct Plan {
    operation: Rc<Operation>,
    suggestion: Suggestion,
}

impl Plan {
    /// This suggestion for this operation.
    pub(super) fn new(operation: Rc<Operation>, suggestion: Suggestion) -> Self {
        Self {
            operation,
            suggestion,
        }
    }

    /// What it solves.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.operation.problem
    }

    /// Scratch memory it needs.
    #[must_use]
    pub fn workspace_bytes(&self) -> usize {
        self.suggestion.workspace_bytes
    }

    /// How often it fills the device, by the heuristics' reckoning.
    #[must_use]
    pub fn waves(&self) -> f32 {
        self.suggestion.waves
    }

    /// Enqueues the product; neither allocates nor waits, so that a stream that captures takes it up.
    ///
    /// # Errors
    /// [`Error::Address`] if an operand is not where it must be, [`Error::Call`] if the library refuses.
    ///
    /// # Safety
    /// - The stream is alive, and of the context that is current in this thread.
    /// - The operands are memory of its device, as long as [`layout`](super::layout) says (the workspace as long as
    ///   [`Self::workspace_bytes`]), and stay so until the product is done, in every replay where it was captured.
    /// - Nothing else writes them meanwhile, or reads `C` or the workspace.
    pub unsafe fn run(&self, operands: &Operands, stream: *mut c_void) -> Result<(), Error> {
        let (it, workspace_bytes) = (&*self.operation, self.workspace_bytes());
        operands.check(&it.problem, workspace_bytes)?;
        it.point_at(operands.a_scale, operands.b_scale)?;
        let (alpha, beta) = (1.0_f32, 0.0_f32);
        let (alpha, beta) = (&raw const alpha, &raw const beta);
        let c = operands.c as *mut c_void;
        // SAFETY: all objects are alive; alpha and beta are read during the call; the rest is the caller's promise.
        let status = unsafe {
            (it.session.api.matmul)(
                it.session.handle,
                it.matmul.as_ptr(),
                alpha.cast(),
                operands.b as *const c_void,
                it.b.as_ptr(),
                operands.a as *const c_void,
                it.a.as_ptr(),
                beta.cast(),
                c,
                it.c.as_ptr(),
                c,
                it.c.as_ptr(),
                &self.suggestion.algorithm,
                operands.workspace as *mut c_void,
                workspace_bytes,
                stream,
            )
        };
        it.session.api.check("cublasLtMatmul", status)
    }
}
