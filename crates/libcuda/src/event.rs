//! Events: points in a stream's work that others wait for or measure between (CUDA Driver API, "Event
//! Management").
//!
//! `cust` has events too, but makes a stream wait for one only by taking it away and keeps its handle
//! private.

use core::ffi::c_uint;
use core::ptr;

use cust_raw::{CUevent, CUstream};

use crate::error::{DriverError, call, check};
use crate::ffi;

/// `CU_EVENT_DISABLE_TIMING`: such an event costs less to record and to wait for.
const DISABLE_TIMING: c_uint = 2;

/// A point in a stream's work. Destroyed when dropped, which disturbs no one who waits for it.
#[derive(Debug)]
pub struct Event(CUevent);

// SAFETY: an event belongs to no thread, and the driver lets any number of threads use it at once.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    /// An event to wait for, in the current context.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the thread has no context.
    pub fn new() -> Result<Self, DriverError> {
        Self::with_flags(DISABLE_TIMING)
    }

    /// An event to measure with as well.
    ///
    /// # Errors
    /// As [`Event::new`].
    pub fn timed() -> Result<Self, DriverError> {
        Self::with_flags(0)
    }

    fn with_flags(flags: c_uint) -> Result<Self, DriverError> {
        let mut event = ptr::null_mut();
        // SAFETY: `event` is a local that may be written.
        unsafe { call!(cuEventCreate(&mut event, flags)) }?;
        Ok(Self(event))
    }

    /// The driver's handle; it stays this value's.
    pub fn as_raw(&self) -> CUevent {
        self.0
    }

    /// Puts the event after the work that `stream` holds now. An earlier place is forgotten.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the stream is of another context.
    ///
    /// # Safety
    /// `stream` is null or a live stream.
    pub unsafe fn record(&self, stream: CUstream) -> Result<(), DriverError> {
        // SAFETY: the event is live; the stream is by this function's own contract.
        unsafe { call!(cuEventRecord(self.0, stream)) }
    }

    /// Makes later work on `stream` wait until the event's place is reached. Returns at once.
    ///
    /// # Errors
    /// [`DriverError::Call`] with the driver's reason.
    ///
    /// # Safety
    /// `stream` is null or a live stream.
    pub unsafe fn hold(&self, stream: CUstream) -> Result<(), DriverError> {
        // SAFETY: the event is live; the stream is by this function's own contract.
        unsafe { call!(cuStreamWaitEvent(stream, self.0, 0)) }
    }

    /// Waits until the event's place is reached.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the work before it failed.
    pub fn synchronize(&self) -> Result<(), DriverError> {
        // SAFETY: the event is live.
        unsafe { call!(cuEventSynchronize(self.0)) }
    }

    /// Whether the event's place has been reached. An event that was never recorded counts as reached.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the work before it failed.
    pub fn is_reached(&self) -> Result<bool, DriverError> {
        // SAFETY: the event is live.
        match unsafe { ffi::cuEventQuery(self.0) } {
            ffi::CUDA_ERROR_NOT_READY => Ok(false),
            code => check("cuEventQuery", code).map(|()| true),
        }
    }

    /// Milliseconds from `earlier` to this event, both timed and reached; to about half a microsecond.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if either is not timed or not reached.
    pub fn milliseconds_since(&self, earlier: &Self) -> Result<f32, DriverError> {
        let mut milliseconds = 0.0;
        // SAFETY: both events are live, `milliseconds` is a local.
        unsafe { call!(cuEventElapsedTime(&mut milliseconds, earlier.0, self.0)) }?;
        Ok(milliseconds)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is live and nobody else's. There is no one to tell of a failure.
        unsafe { ffi::cuEventDestroy_v2(self.0) };
    }
}
