//! `griddepcontrol`: programmatic dependent launch.
//!
//! Simulated launches run one after another, so there is never anything to wait for; but a copy of global memory that comes
//! before the wait is a fault.

use crate::context::with_caller;

/// `griddepcontrol.wait`: waits until the grids that this one depends on have ended.
#[track_caller]
pub fn griddepcontrol_wait() {
    with_caller(|caller| caller.check(caller.block.dependence.wait()));
}

/// `griddepcontrol.launch_dependents`: grids that depend on this one may begin.
#[track_caller]
pub fn griddepcontrol_launch_dependents() {
    with_caller(|_| ());
}

/// Runs copies of what no grid before this one writes, which need not wait.
#[track_caller]
pub fn copy_constants<R>(copies: impl FnOnce() -> R) -> R {
    let mark = |on| with_caller(|caller| caller.thread.copies_constants.set(on));
    mark(true);
    let result = copies();
    mark(false);
    result
}
