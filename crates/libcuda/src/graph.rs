//! Graphs of work, and their executable form (CUDA Driver API, "Graph Management").

use core::ptr;

use cust_raw::{CUgraph, CUgraphExec, CUstream};

use crate::error::{DriverError, call};
use crate::ffi;

/// A graph of work. Destroyed when dropped.
#[derive(Debug)]
pub struct Graph(CUgraph);

// SAFETY: a graph belongs to no thread. The driver asks only that no two threads use it at once,
// which holds since it is not `Sync`.
unsafe impl Send for Graph {}

impl Graph {
    /// Takes over a graph of the driver.
    ///
    /// # Safety
    /// `graph` is a live graph that nobody else uses or destroys.
    pub unsafe fn from_raw(graph: CUgraph) -> Self {
        Self(graph)
    }

    /// The driver's handle; it stays this value's.
    pub fn as_raw(&self) -> CUgraph {
        self.0
    }

    /// How many nodes (kernels, copies, fills, ...) the graph has.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    pub fn node_count(&self) -> Result<usize, DriverError> {
        let mut count = 0;
        // SAFETY: the graph is live; a null array asks for the count alone.
        unsafe { call!(cuGraphGetNodes(self.0, ptr::null_mut(), &mut count)) }?;
        Ok(count)
    }

    /// Makes the executable form, which does not need the graph any more.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    pub fn instantiate(&self) -> Result<GraphExec, DriverError> {
        let mut exec = ptr::null_mut();
        // SAFETY: the graph is live, `exec` a local.
        unsafe { call!(cuGraphInstantiateWithFlags(&mut exec, self.0, 0)) }?;
        Ok(GraphExec(exec))
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: the graph is live and nobody else's. There is no one to tell of a failure.
        unsafe { ffi::cuGraphDestroy(self.0) };
    }
}

/// A graph that can be launched. Destroyed when dropped; a launch that is under way is let finish.
#[derive(Debug)]
pub struct GraphExec(CUgraphExec);

// SAFETY: as for `Graph`.
unsafe impl Send for GraphExec {}

impl GraphExec {
    /// The driver's handle; it stays this value's.
    pub fn as_raw(&self) -> CUgraphExec {
        self.0
    }

    /// Runs the graph's work on a stream.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    ///
    /// # Safety
    /// * `stream` is null or a live stream.
    /// * Whatever the captured work reads and writes is still valid, and is not used otherwise until it
    ///   has run.
    pub unsafe fn launch(&self, stream: CUstream) -> Result<(), DriverError> {
        // SAFETY: the graph is live; the rest is this function's own contract.
        unsafe { call!(cuGraphLaunch(self.0, stream)) }
    }

    /// Prepares the device for the first launch, which is then as fast as any other.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    ///
    /// # Safety
    /// `stream` is null or a live stream.
    pub unsafe fn upload(&self, stream: CUstream) -> Result<(), DriverError> {
        // SAFETY: the graph is live; the stream is by this function's own contract.
        unsafe { call!(cuGraphUpload(self.0, stream)) }
    }
}

impl Drop for GraphExec {
    fn drop(&mut self) {
        // SAFETY: the graph is live and nobody else's. There is no one to tell of a failure.
        unsafe { ffi::cuGraphExecDestroy(self.0) };
    }
}
