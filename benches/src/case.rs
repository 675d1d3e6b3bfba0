//! What is measured: an operation at a shape, described first and built when its turn comes.

use anyhow::{Result, bail};
use gatewarp::Stream;

use crate::ceiling::Work;
use crate::data::{self, Pool};
use crate::peer::{CublasLt, Operands, Problem};

/// What building a case takes.
pub struct Bench<'a> {
    /// Where it runs.
    pub stream: &'a Stream,
    /// Values for its inputs.
    pub pool: &'a Pool,
    /// The peer, where one was asked for and found.
    pub peer: Option<&'a CublasLt>,
}

impl Bench<'_> {
    /// How many buffers of this size a case has: enough to make a GPU's cache cold; few where references are measured.
    #[must_use]
    pub fn rotation(&self, bytes: usize) -> usize {
        match self.stream.device().is_cuda() {
            true => data::rotation(bytes),
            false => 2,
        }
    }
}

/// A case before it is built.
pub struct Spec {
    /// The operation.
    pub op: &'static str,
    /// Its module.
    pub family: &'static str,
    /// The element type, or what tells variants apart.
    pub dtype: &'static str,
    /// The set of shapes, and the name of this one there.
    pub set: String,
    /// The shape, in the operation's own order.
    pub shape: Vec<usize>,
    /// What it must move and compute at least.
    pub work: Work,
    /// Whether the time is the host's, and the device idle.
    pub host: bool,
    /// The same as a problem for the peer, if it solves such.
    pub problem: Option<Problem>,
    /// Builds it.
    pub build: Build,
}

/// Builds a case.
pub type Build = Box<dyn Fn(&Bench<'_>) -> Result<Box<dyn Case>>>;

/// An operation with its operands, as many of them as make the caches cold.
pub trait Case {
    /// Calls after which the buffers come round again.
    fn rotation(&self) -> usize;

    /// The `call`-th call, on the stream it was built for.
    ///
    /// # Errors
    /// The library's.
    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()>;

    /// Compares what call 0 gives with the reference; of large shapes a sample of rows.
    ///
    /// # Errors
    /// What differs, or the library's.
    fn verify(&mut self, stream: &Stream) -> Result<()>;

    /// The operands of the `call`-th call, for the peer.
    fn operands(&mut self, call: usize) -> Option<Operands> {
        let _ = call;
        None
    }

    /// Compares what the peer gives on the operands of call 0 with the reference: `multiply` runs it on them.
    ///
    /// # Errors
    /// What differs, or the peer's.
    fn verify_peer(
        &mut self,
        stream: &Stream,
        multiply: &mut dyn FnMut(&Operands) -> Result<()>,
    ) -> Result<()> {
        let _ = (stream, multiply);
        bail!("nothing to hold the peer to")
    }
}
