//! Events: marks in a stream, to wait for and to time with.

use std::time::Instant;

use super::Stream;
use crate::error::{Error, Result};

/// A point that a stream's work reaches.
pub struct Event(Kind);

enum Kind {
    Cuda(libcuda::Event),
    Host(Instant),
}

impl Event {
    /// Records the end of the stream's work so far.
    ///
    /// # Errors
    /// [`crate::Error::Driver`] if the driver refuses.
    pub fn record(stream: &Stream) -> Result<Self> {
        let Some((cuda, cuda_stream)) = stream.cuda() else {
            return Ok(Self(Kind::Host(Instant::now())));
        };
        cuda.make_current()?;
        let event = libcuda::Event::timed()?;
        // SAFETY: the stream is alive: it is borrowed here.
        unsafe { event.record(cuda_stream.as_raw()) }?;
        Ok(Self(Kind::Cuda(event)))
    }

    /// Waits until the stream has reached the event.
    ///
    /// # Errors
    /// [`crate::Error::Driver`] with the first failure of the work before it.
    pub fn synchronize(&self) -> Result<()> {
        match &self.0 {
            Kind::Cuda(event) => Ok(event.synchronize()?),
            Kind::Host(_) => Ok(()),
        }
    }

    /// Seconds from `earlier` to this event, both of one device; waits for both.
    ///
    /// # Errors
    /// [`crate::Error::Driver`] with the first failure of the work before it.
    pub fn seconds_since(&self, earlier: &Self) -> Result<f64> {
        self.synchronize()?;
        match (&self.0, &earlier.0) {
            (Kind::Cuda(end), Kind::Cuda(start)) => {
                Ok(f64::from(end.milliseconds_since(start)?) / 1e3)
            }
            (Kind::Host(end), Kind::Host(start)) => Ok((*end - *start).as_secs_f64()),
            _ => Err(Error::argument(
                "Event::seconds_since",
                "earlier",
                "an event of the same device",
                "another's",
            )),
        }
    }

    pub(super) fn cuda(&self) -> Option<&libcuda::Event> {
        match &self.0 {
            Kind::Cuda(event) => Some(event),
            Kind::Host(_) => None,
        }
    }
}
