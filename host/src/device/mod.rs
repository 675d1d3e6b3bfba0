//! Devices and what belongs to them: streams, events, graphs, memory, kernels.
//!
//! | device | runs | for |
//! |---|---|---|
//! | [`Device::cuda`] | the PTX kernels on a GPU | speed |
//! | [`Device::cpu`] | the rayon references | machines without a GPU |
//! | [`Device::simulator`] | the GPU kernels' source on the CPU, checked | developing and testing kernels |
//!
//! All three are the same to a program: operations go to a [`Stream`], which belongs to a device.

mod cuda;
mod cuda_stream;
mod event;
mod graph;
mod memory;
mod ptx;
mod stream;
pub(crate) mod tensor_map;

use std::fmt;
use std::sync::Arc;

pub use cuda_sim::{Detectors, Dim3, LaunchConfig, SimOptions};

use crate::error::{Error, Result};
use crate::heuristics::clusters::Clusters;
pub(crate) use cuda::CudaDevice;
use cuda_stream::CudaStream;
pub use event::Event;
pub use graph::Graph;
pub(crate) use memory::{Allocation, copy_on_device};
pub use ptx::{ComputeCapability, PtxModule, modules as ptx_modules};
pub use stream::Stream;

/// Something that operations run on. Cheap to clone.
#[derive(Clone)]
pub struct Device(Arc<Kind>);

/// What kind of device.
pub(crate) enum Kind {
    /// The references, on the rayon pool.
    Cpu,
    /// The kernels, on the rayon pool.
    Simulator(SimOptions),
    /// The kernels, on a GPU.
    Cuda(&'static CudaDevice),
}

impl Device {
    /// The first GPU that runs this library's kernels, else the CPU.
    #[must_use]
    pub fn best() -> Self {
        Self::cuda(0).unwrap_or_else(|_| Self::cpu())
    }

    /// The GPU of this ordinal.
    ///
    /// # Errors
    /// [`Error::Driver`] where there is no driver, or one too old; [`Error::Device`] where there is no such
    /// GPU, or none of this library's kernels fits it.
    pub fn cuda(ordinal: usize) -> Result<Self> {
        Ok(Self(Arc::new(Kind::Cuda(CudaDevice::get(ordinal)?))))
    }

    /// The CPU, by the rayon references.
    #[must_use]
    pub fn cpu() -> Self {
        Self(Arc::new(Kind::Cpu))
    }

    /// The simulator: the GPU kernels on the CPU, with checks that hardware does not make.
    #[must_use]
    pub fn simulator(options: SimOptions) -> Self {
        Self(Arc::new(Kind::Simulator(options)))
    }

    /// A new stream. Work on one stream runs in order.
    ///
    /// # Errors
    /// [`Error::Driver`] if the driver has no more.
    pub fn stream(&self) -> Result<Stream> {
        Stream::new(self)
    }

    /// The name: of the GPU, or `cpu`, or `simulator`.
    #[must_use]
    pub fn name(&self) -> String {
        self.label().to_owned()
    }

    /// The same, borrowed.
    pub(crate) fn label(&self) -> &str {
        match self.kind() {
            Kind::Cpu => "cpu",
            Kind::Simulator(_) => "simulator",
            Kind::Cuda(device) => device.name(),
        }
    }

    /// Whether this is a GPU.
    #[must_use]
    pub fn is_cuda(&self) -> bool {
        matches!(self.kind(), Kind::Cuda(_))
    }

    /// The GPU's compute capability.
    #[must_use]
    pub fn compute_capability(&self) -> Option<ComputeCapability> {
        match self.kind() {
            Kind::Cuda(device) => Some(device.compute_capability()),
            _ => None,
        }
    }

    /// Streaming multiprocessors of the GPU; elsewhere what plans are made for, so that the simulator runs
    /// what a GPU would.
    #[must_use]
    pub fn multiprocessors(&self) -> u32 {
        match self.kind() {
            Kind::Cuda(device) => device.multiprocessors(),
            _ => 8,
        }
    }

    /// Whether kernels for Hopper run here: on such a GPU, or in the simulator as if it were one.
    pub(crate) fn runs_as_hopper(&self) -> bool {
        let gpu = self.compute_capability();
        gpu.is_none_or(|gpu| gpu == ComputeCapability::HOPPER)
    }

    /// How many clusters run at the same time, of blocks that have a multiprocessor each.
    pub(crate) fn clusters(&self) -> Clusters {
        match self.kind() {
            Kind::Cuda(device) => device.clusters(),
            _ => Clusters::of_multiprocessors(self.multiprocessors() as usize),
        }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// Whether memory of `other` is memory of this device.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self.kind(), other.kind()) {
            (Kind::Cuda(a), Kind::Cuda(b)) => std::ptr::eq(*a, *b),
            (Kind::Cuda(_), _) | (_, Kind::Cuda(_)) => false,
            // Host memory all of it.
            _ => true,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Cuda(device) => write!(f, "cuda:{} ({})", device.ordinal(), device.name()),
            _ => f.write_str(&self.name()),
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A device error of `op`.
fn unavailable(op: &'static str, reason: impl Into<String>) -> Error {
    Error::Device {
        op,
        reason: reason.into(),
    }
}
