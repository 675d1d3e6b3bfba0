//! Streams that owe nothing to the default stream (CUDA Driver API, "Stream Management").
//!
//! `cust` makes every stream a blocking one, whatever flags it is given: it waits for the default stream
//! and the default stream for it. While such a stream is being captured, an allocation or a plain
//! copy anywhere else in the process fails and spoils the capture. The streams made here are free of
//! that; in return, work on the default stream (plain copies, for one) is not ordered with theirs.

use core::ffi::c_uint;
use core::ptr;

use cust_raw::CUstream;

use crate::error::{DriverError, call, check};
use crate::ffi;

/// `CU_STREAM_NON_BLOCKING`.
const NON_BLOCKING: c_uint = 1;

/// A stream that runs beside the default stream. Destroyed when dropped; its work is let finish.
#[derive(Debug)]
pub struct Stream(CUstream);

// SAFETY: a stream belongs to no thread, and the driver lets any number of threads use it at once.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Stream {
    /// A stream of the current context.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the thread has no context.
    pub fn new() -> Result<Self, DriverError> {
        let mut stream = ptr::null_mut();
        // SAFETY: `stream` is a local that may be written.
        unsafe { call!(cuStreamCreate(&mut stream, NON_BLOCKING)) }?;
        Ok(Self(stream))
    }

    /// The driver's handle; it stays this value's.
    pub fn as_raw(&self) -> CUstream {
        self.0
    }

    /// Waits until the stream has no more work.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the work failed.
    pub fn synchronize(&self) -> Result<(), DriverError> {
        // SAFETY: the stream is live.
        unsafe { call!(cuStreamSynchronize(self.0)) }
    }

    /// Whether the stream has no more work.
    ///
    /// # Errors
    /// [`DriverError::Call`], for one if the work failed.
    pub fn is_idle(&self) -> Result<bool, DriverError> {
        // SAFETY: the stream is live.
        match unsafe { ffi::cuStreamQuery(self.0) } {
            ffi::CUDA_ERROR_NOT_READY => Ok(false),
            code => check("cuStreamQuery", code).map(|()| true),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream is live and nobody else's. There is no one to tell of a failure.
        unsafe { ffi::cuStreamDestroy_v2(self.0) };
    }
}
