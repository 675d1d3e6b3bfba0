//! Graphs: captured work that is launched again and again as one.

use super::Stream;
use crate::error::{Error, Result};

/// A task of the CPU or the simulator.
pub(super) type HostTask = Box<dyn Fn() -> Result<()> + Send + Sync>;

/// Work that [`Stream::capture`] recorded.
pub struct Graph(Kind);

enum Kind {
    Cuda(libcuda::GraphExec),
    Host(Vec<HostTask>),
}

impl Graph {
    pub(super) fn cuda(graph: libcuda::GraphExec) -> Self {
        Self(Kind::Cuda(graph))
    }

    pub(super) fn host(tasks: Vec<HostTask>) -> Self {
        Self(Kind::Host(tasks))
    }

    /// Runs the captured work on a stream of the device it was captured on.
    ///
    /// # Errors
    /// [`Error::Driver`] or [`Error::Simulator`] as the work itself; [`Error::Placement`] on a stream of
    /// another kind of device.
    ///
    /// # Safety
    /// All memory that the captured work uses is still valid, and not used otherwise until it has run.
    pub unsafe fn launch(&self, stream: &Stream) -> Result<()> {
        match (&self.0, stream.cuda()) {
            (Kind::Cuda(graph), Some((cuda, cuda_stream))) => {
                cuda.make_current()?;
                // SAFETY: the stream is alive, the memory is the caller's promise.
                Ok(unsafe { graph.launch(cuda_stream.as_raw()) }?)
            }
            (Kind::Host(tasks), None) => tasks.iter().try_for_each(|task| task()),
            _ => Err(Error::Placement {
                op: "Graph::launch",
                tensor: "graph",
                expected: stream.device().to_string(),
                found: "another kind of device".to_owned(),
            }),
        }
    }
}
