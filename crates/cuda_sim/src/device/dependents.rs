//! `griddepcontrol`: programmatic dependent launch.
//!
//! Simulated launches run one after another, so there is never anything to wait for.

use crate::context::with_caller;

/// `griddepcontrol.wait`: waits until the grids that this one depends on have ended.
#[track_caller]
pub fn griddepcontrol_wait() {
    with_caller(|_| ());
}

/// `griddepcontrol.launch_dependents`: grids that depend on this one may begin.
#[track_caller]
pub fn griddepcontrol_launch_dependents() {
    with_caller(|_| ());
}
