//! A driver stream with two faces: ours, which does not block the default stream, and cust's, which
//! launches kernels.
//!
//! cust makes every stream a blocking one, and an allocation anywhere in the process spoils the capture of
//! such a stream. So the stream is made by `libcuda` and lent to cust.

use std::mem::{ManuallyDrop, transmute};

use cust::stream::Stream as CustStream;

use crate::error::Result;

/// A stream of the context that was current when it was made.
pub(crate) struct CudaStream {
    stream: libcuda::Stream,
    /// The same stream; never dropped, so that it is destroyed once.
    cust: ManuallyDrop<CustStream>,
}

impl CudaStream {
    pub(crate) fn new() -> Result<Self> {
        let stream = libcuda::Stream::new()?;
        // SAFETY: cust's stream holds the driver's handle. The two are of one size, which `transmute` checks,
        // so the handle is all there is, at offset zero.
        let cust = unsafe { transmute::<Handle, CustStream>(stream.as_raw()) };
        let cust = ManuallyDrop::new(cust);
        Ok(Self { stream, cust })
    }

    /// The driver's handle; it stays this value's.
    pub(crate) fn as_raw(&self) -> Handle {
        self.stream.as_raw()
    }

    /// What cust launches on.
    pub(crate) fn cust(&self) -> &CustStream {
        &self.cust
    }

    /// Waits until all work so far has run.
    pub(crate) fn synchronize(&self) -> Result<()> {
        Ok(self.stream.synchronize()?)
    }
}

type Handle = cust::sys::CUstream;
