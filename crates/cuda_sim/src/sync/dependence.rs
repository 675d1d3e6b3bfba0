//! What a block may not do before it waits for the grids that its own depends on.
//!
//! PTX ISA, "griddepcontrol.wait": only after it is there what those grids write. Simulated grids run one after another, so that
//! nothing goes wrong here; hence copies that come too early are noted, and told of when a wait follows. A block that never
//! waits depends on nobody.

use std::cell::Cell;

use crate::context::Caller;
use crate::fault::{FaultKind, Line, SourceLine, Violation};

/// How far a block is.
#[derive(Default)]
pub(crate) struct Dependence {
    /// Whether one of its threads has waited, after which the grids before have ended.
    waited: Cell<bool>,
    /// The first copy of global memory before, if it is not one of constants.
    early: Cell<Option<Line>>,
}

impl Dependence {
    /// The caller begins a copy from or to global memory.
    pub(crate) fn copies(&self, caller: Caller<'_>) {
        let is_early = !self.waited.get() && !caller.thread.copies_constants.get();
        if is_early && self.early.get().is_none() {
            self.early.set(Some(caller.line));
        }
    }

    /// A thread waits.
    pub(crate) fn wait(&self) -> Result<(), Violation> {
        self.waited.set(true);
        let Some(line) = self.early.take() else {
            return Ok(());
        };
        let detail = format!(
            "a copy began before any thread of the block waited, at {}",
            SourceLine::from(line)
        );
        Err(Violation::new(FaultKind::EarlyCopy, detail))
    }
}
