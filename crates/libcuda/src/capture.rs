//! Stream capture: what is put on a stream becomes a graph instead of running.
//!
//! CUDA Driver API, "Stream Management"; CUDA C++ Programming Guide, "Creating a Graph Using Stream
//! Capture".

use core::marker::PhantomData;
use core::ptr;

use cust_raw::{CUstream, CUstreamCaptureMode};

use crate::error::{DriverError, call};
use crate::graph::Graph;

/// Which unsafe calls (those that would not be captured, such as an allocation) a capture forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    /// To every thread of the process.
    Global,
    /// To the thread that began the capture.
    ThreadLocal,
    /// To none.
    Relaxed,
}

impl CaptureMode {
    fn raw(self) -> CUstreamCaptureMode {
        match self {
            Self::Global => CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_GLOBAL,
            Self::ThreadLocal => CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
            Self::Relaxed => CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_RELAXED,
        }
    }
}

/// Whether a stream is being captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureStatus {
    /// It is not.
    None,
    /// It is.
    Active,
    /// It is, and a forbidden call spoiled it; `end_capture` will fail.
    Invalidated,
}

/// Starts to capture a stream. It must not be the default stream, and had better be one that does not
/// block it ([`crate::Stream`]): else an allocation or a plain copy by any thread spoils the capture.
///
/// # Errors
/// [`DriverError::Call`], for one if the stream is being captured already.
///
/// # Safety
/// `stream` is a live stream.
pub unsafe fn begin_capture(stream: CUstream, mode: CaptureMode) -> Result<(), DriverError> {
    // SAFETY: `stream` is live by this function's own contract.
    unsafe { call!(cuStreamBeginCapture_v2(stream, mode.raw())) }
}

/// Ends the capture of a stream and returns what was put on it since it began. The stream is usable
/// again, also after an error.
///
/// # Errors
/// [`DriverError::Call`] if the stream was not being captured or the capture was invalidated.
///
/// # Safety
/// `stream` is a live stream.
pub unsafe fn end_capture(stream: CUstream) -> Result<Graph, DriverError> {
    let mut graph = ptr::null_mut();
    // SAFETY: `stream` is live by this function's own contract, `graph` a local.
    unsafe { call!(cuStreamEndCapture(stream, &mut graph)) }?;
    // SAFETY: the driver has just made this graph, and nobody else has it.
    Ok(unsafe { Graph::from_raw(graph) })
}

/// While it lives, the calling thread may make calls that its capture forbids, such as loading a module:
/// they run at once and are not part of the graph. The thread's mode before comes back when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct RelaxedCapture {
    previous: CUstreamCaptureMode,
    /// The mode is a thread's own, so the value must stay on it.
    thread: PhantomData<*const ()>,
}

impl RelaxedCapture {
    /// Relaxes the calling thread.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    pub fn enter() -> Result<Self, DriverError> {
        let previous = exchange_mode(CaptureMode::Relaxed.raw())?;
        let thread = PhantomData;
        Ok(Self { previous, thread })
    }
}

impl Drop for RelaxedCapture {
    fn drop(&mut self) {
        // There is no one to tell of a failure.
        let _ = exchange_mode(self.previous);
    }
}

/// Sets the calling thread's mode and returns the one before.
fn exchange_mode(mode: CUstreamCaptureMode) -> Result<CUstreamCaptureMode, DriverError> {
    let mut mode = mode;
    // SAFETY: `mode` is a local, read and written by the call; the driver has no modes but the three.
    unsafe { call!(cuThreadExchangeStreamCaptureMode(&mut mode)) }?;
    Ok(mode)
}

/// Whether a stream is being captured.
///
/// # Errors
/// [`DriverError::Call`], for one if earlier work of the context has failed.
///
/// # Safety
/// `stream` is null or a live stream.
pub unsafe fn capture_status(stream: CUstream) -> Result<CaptureStatus, DriverError> {
    let mut status = 0;
    // SAFETY: `stream` is live by this function's own contract, `status` a local.
    unsafe { call!(cuStreamIsCapturing(stream, &mut status)) }?;
    Ok(match status {
        0 => CaptureStatus::None,
        1 => CaptureStatus::Active,
        _ => CaptureStatus::Invalidated,
    })
}
