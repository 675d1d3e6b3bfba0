//! A case on a GPU.

use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use conformance::tensors::HEADER;
use conformance::{Case, PTX};
use cust::context::{Context, CurrentContext};
use cust::device::{Device, DeviceAttribute};
use cust::memory::{CopyDestination, DeviceBuffer};
use cust::{CudaFlags, init};
use libcuda::{
    JitModule, JitOptions, LaunchConfig, Stream, encode_tensor_map, launch, load_ptx,
    module_function, set_max_dynamic_shared_bytes,
};
use tensor_map::TensorMap;

use crate::simulator::{POISON, describe};

/// A GPU of compute capability 9.0.
pub struct Gpu {
    /// One case at a time, so that a failure is its own.
    session: Mutex<Session>,
}

/// A context with the micro-kernels loaded.
struct Session {
    context: Context,
    modules: BTreeMap<&'static str, JitModule>,
    /// A kernel that faults takes its context with it.
    has_faulted: bool,
}

// SAFETY: contexts and modules are handles, which every thread may use.
unsafe impl Send for Session {}

impl Gpu {
    /// The first GPU, if it is a Hopper.
    pub fn find() -> Result<Self> {
        init(CudaFlags::empty()).context("there is no CUDA driver")?;
        let device = Device::get_device(0).context("there is no GPU")?;
        let major = device.get_attribute(DeviceAttribute::ComputeCapabilityMajor)?;
        let minor = device.get_attribute(DeviceAttribute::ComputeCapabilityMinor)?;
        ensure!(
            (major, minor) == (9, 0),
            "the GPU has compute capability {major}.{minor}, not 9.0"
        );
        let session = Mutex::new(Session::new(device)?);
        Ok(Self { session })
    }

    /// The case's output.
    pub fn run(&self, case: &Case) -> Result<Vec<u32>> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(
            !session.has_faulted,
            "the GPU faulted in an earlier case, which ends the process's use of it; run this case alone"
        );
        let output = session.run(case);
        session.has_faulted = output.is_err();
        output
    }
}

impl Session {
    fn new(device: Device) -> Result<Self> {
        let context = Context::new(device)?;
        let mut modules = BTreeMap::new();
        for (family, ptx) in PTX {
            let module = load_ptx(ptx, JitOptions::default());
            modules.insert(*family, module.with_context(|| format!("module {family}"))?);
        }
        Ok(Self {
            context,
            modules,
            has_faulted: false,
        })
    }

    fn run(&self, case: &Case) -> Result<Vec<u32>> {
        CurrentContext::set_current(&self.context)?;
        let input = DeviceBuffer::from_slice(&case.input)?;
        let output = DeviceBuffer::from_slice(&vec![POISON; case.output])?;
        let map = self.map(case, &input, &output)?;
        let map = match &map {
            None => 0,
            Some(map) => map.as_device_ptr().as_raw(),
        };
        let buffers = [&input, &output].map(|buffer| buffer.as_device_ptr().as_raw());
        self.launch(case, [buffers[0], buffers[1], map])?;
        let mut words = vec![0; case.output];
        output.copy_to(&mut words)?;
        Ok(words)
    }

    /// The tensor map in global memory.
    fn map(
        &self,
        case: &Case,
        input: &DeviceBuffer<u32>,
        output: &DeviceBuffer<u32>,
    ) -> Result<Option<DeviceBuffer<u8>>> {
        let Some(tensor) = &case.tensor else {
            return Ok(None);
        };
        let address = match tensor.is_output {
            true => output.as_device_ptr().as_raw(),
            false => input.as_device_ptr().as_raw() + 4 * u64::from(HEADER),
        };
        let map: TensorMap = encode_tensor_map(&describe(tensor, address))?;
        Ok(Some(DeviceBuffer::from_slice(map.as_bytes())?))
    }

    fn launch(&self, case: &Case, mut arguments: [u64; 3]) -> Result<()> {
        let Some(module) = self.modules.get(case.kernel.family()) else {
            bail!("no PTX of family {}", case.kernel.family());
        };
        let name = CString::new(case.kernel.name())?;
        // SAFETY: the module is loaded, in the current context.
        let function = unsafe { module_function(module.module, &name) }?;
        // SAFETY: a function of a loaded module.
        unsafe { set_max_dynamic_shared_bytes(function, case.config.shared_bytes) }?;
        let stream = Stream::new()?;
        let extents = |dim: cuda_sim::Dim3| [dim.x, dim.y, dim.z];
        let config = LaunchConfig {
            shared_bytes: case.config.shared_bytes,
            stream: stream.as_raw(),
            cluster: (case.config.cluster.count() > 1).then(|| extents(case.config.cluster)),
            ..LaunchConfig::new(extents(case.config.grid), extents(case.config.block))
        };
        let parameters = arguments
            .each_mut()
            .map(|value| ptr::from_mut(value).cast::<c_void>());
        // SAFETY: the kernel takes three pointers; its buffers have the sizes that the case names, and
        // outlive the launch, which is waited for.
        unsafe { launch(function, &config, &parameters) }?;
        Ok(stream.synchronize()?)
    }
}
