//! Where memory faults cannot be taken back: they end the process.

use corosensei::trap::CoroutineTrapHandler;

use crate::trap::Ending;

/// A coroutine that runs.
pub(crate) struct Running;

impl Running {
    /// Says that the coroutine of `handler` runs.
    pub(crate) fn enter(_handler: CoroutineTrapHandler<Ending>) -> Self {
        Self
    }
}
