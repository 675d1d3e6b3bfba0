//! A GPU: its context, and its kernels as they are needed.
//!
//! A GPU is opened once a process and stays open. Its modules load at the first launch of a kernel of
//! their family; a kernel is looked up once.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use cuda_std::launch::{Kernel, KernelArgs};
use cust::context::{Context, CurrentContext};
use cust::device::{Device as CustDevice, DeviceAttribute};
use cust::error::CudaError;
use cust::function::Function;
use cust::module::Module;
use libcuda::DriverError;

use super::ptx::{self, ComputeCapability};
use super::{Dim3, LaunchConfig, unavailable};
use crate::error::{Error, Result};
use crate::heuristics::clusters::Clusters;
use crate::kernels::ceiling::memory::read_v4;

/// Dynamic shared memory that every kernel may have without asking.
const DEFAULT_SHARED_BYTES: u32 = 48 * 1024;

/// Dynamic shared memory of a block that leaves none for another on a multiprocessor of Hopper.
const ALONE_SHARED_BYTES: u32 = 160 * 1024;

/// A GPU that is open.
pub(crate) struct CudaDevice {
    ordinal: usize,
    name: String,
    compute_capability: ComputeCapability,
    multiprocessors: u32,
    stream_ordered_memory: bool,
    context: Context,
    clusters: OnceLock<Clusters>,
    modules: Mutex<HashMap<&'static str, &'static Module>>,
    functions: RwLock<HashMap<&'static str, Loaded>>,
}

/// A kernel that is loaded, and the shared memory it may have.
#[derive(Clone, Copy)]
struct Loaded {
    function: &'static Function<'static>,
    shared_bytes: u32,
}

impl CudaDevice {
    /// The GPU of this ordinal, opened at the first call.
    pub(crate) fn get(ordinal: usize) -> Result<&'static Self> {
        static OPEN: OnceLock<Mutex<HashMap<usize, &'static CudaDevice>>> = OnceLock::new();
        let mut open = OPEN
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = open.get(&ordinal) {
            return Ok(device);
        }
        let device: &'static Self = Box::leak(Box::new(Self::open(ordinal)?));
        open.insert(ordinal, device);
        Ok(device)
    }

    fn open(ordinal: usize) -> Result<Self> {
        libcuda::driver()?;
        check("cuInit", cust::init(cust::CudaFlags::empty()))?;
        let count = check("cuDeviceGetCount", CustDevice::num_devices())? as usize;
        if ordinal >= count {
            let reason = format!("there is no GPU {ordinal}; the driver has {count}");
            return Err(unavailable("Device::cuda", reason));
        }
        let device = check("cuDeviceGet", CustDevice::get_device(ordinal as u32))?;
        let attribute = |attribute| {
            check("cuDeviceGetAttribute", device.get_attribute(attribute)).map(|v| v as u32)
        };
        let compute_capability = ComputeCapability {
            major: attribute(DeviceAttribute::ComputeCapabilityMajor)?,
            minor: attribute(DeviceAttribute::ComputeCapabilityMinor)?,
        };
        for module in ptx::modules() {
            ptx::best_for(ptx::modules(), module.family, compute_capability)?;
        }
        let this = Self {
            ordinal,
            name: check("cuDeviceGetName", device.name())?,
            compute_capability,
            multiprocessors: attribute(DeviceAttribute::MultiprocessorCount)?,
            stream_ordered_memory: libcuda::memory_pools_supported(device.as_raw())?,
            context: check("cuDevicePrimaryCtxRetain", Context::new(device))?,
            clusters: OnceLock::new(),
            modules: Mutex::default(),
            functions: RwLock::default(),
        };
        if this.stream_ordered_memory {
            // Otherwise every synchronisation gives freed memory back and the next call asks for it again.
            libcuda::MemoryPool::of_device(device.as_raw())?.set_release_threshold(u64::MAX)?;
        }
        Ok(this)
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.ordinal
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn compute_capability(&self) -> ComputeCapability {
        self.compute_capability
    }

    pub(crate) fn multiprocessors(&self) -> u32 {
        self.multiprocessors
    }

    /// How many clusters run at the same time, of blocks that have a multiprocessor each: as the driver counts them at
    /// the first call, or an estimate where it does not.
    pub(crate) fn clusters(&'static self) -> Clusters {
        *self.clusters.get_or_init(|| {
            let estimate = Clusters::of_multiprocessors(self.multiprocessors as usize);
            Clusters::new(|size| match self.count_clusters(size as u32) {
                Ok(count) => count as usize,
                Err(_) => estimate.of(size),
            })
        })
    }

    /// How many clusters of `size` blocks run at the same time. Any kernel will do, with shared memory for one block on
    /// a multiprocessor.
    fn count_clusters(&'static self, size: u32) -> Result<u32> {
        self.make_current()?;
        let kernel = &read_v4;
        let function = self.function(kernel.name(), kernel.family(), ALONE_SHARED_BYTES)?;
        let config = libcuda::LaunchConfig {
            shared_bytes: ALONE_SHARED_BYTES,
            cluster: Some([size, 1, 1]),
            ..libcuda::LaunchConfig::new([size, 1, 1], [128, 1, 1])
        };
        // SAFETY: the function's module stays loaded, and this context is current.
        Ok(unsafe { libcuda::most_active_clusters(function.to_raw(), &config) }?)
    }

    pub(crate) fn has_stream_ordered_memory(&self) -> bool {
        self.stream_ordered_memory
    }

    /// Makes this GPU the calling thread's; every driver call needs it.
    pub(crate) fn make_current(&self) -> Result<()> {
        check(
            "cuCtxSetCurrent",
            CurrentContext::set_current(&self.context),
        )
    }

    /// Launches a kernel.
    ///
    /// # Safety
    /// The kernel's own contract, for this configuration and these arguments.
    pub(crate) unsafe fn launch<A: KernelArgs>(
        &'static self,
        stream: &cust::stream::Stream,
        kernel: &Kernel<A>,
        config: LaunchConfig,
        mut args: A,
    ) -> Result<()> {
        self.make_current()?;
        let function = self.function(kernel.name(), kernel.family(), config.shared_bytes)?;
        let dependent = kernel.is_dependent() && self.has_dependent_launches();
        args.with_pointers(|pointers: &[*mut c_void]| {
            if config.cluster.count() == 1 && !dependent {
                // SAFETY: one pointer an argument of the kernel's own signature; the rest is the caller's.
                unsafe { launch_blocks(stream, function, config, pointers) }
            } else {
                // SAFETY: as above; a dependent kernel waits for the grids before it.
                unsafe { launch_extended(stream, function, config, dependent, pointers) }
            }
        })
    }

    /// Whether the modules that this GPU runs were compiled to wait for the grids before them.
    fn has_dependent_launches(&self) -> bool {
        self.compute_capability == ComputeCapability::HOPPER
    }

    /// The kernel of this name, allowed this much shared memory.
    fn function(
        &'static self,
        name: &'static str,
        family: &'static str,
        shared_bytes: u32,
    ) -> Result<&'static Function<'static>> {
        if let Some(loaded) = self
            .functions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            && loaded.shared_bytes >= shared_bytes
        {
            return Ok(loaded.function);
        }
        // From here on alone, so that of two threads' limits the larger stays.
        let mut functions = self
            .functions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let known = functions.get(name).copied();
        if let Some(loaded) = known.filter(|loaded| loaded.shared_bytes >= shared_bytes) {
            return Ok(loaded.function);
        }
        let function = match known {
            Some(loaded) => loaded.function,
            None => self.load(name, family)?,
        };
        if shared_bytes > DEFAULT_SHARED_BYTES {
            // SAFETY: the function is of a module that stays loaded.
            unsafe { libcuda::set_max_dynamic_shared_bytes(function.to_raw(), shared_bytes)? };
        }
        let shared_bytes = shared_bytes.max(DEFAULT_SHARED_BYTES);
        functions.insert(
            name,
            Loaded {
                function,
                shared_bytes,
            },
        );
        Ok(function)
    }

    /// The kernel of this name, which stays loaded.
    fn load(&'static self, name: &str, family: &'static str) -> Result<&'static Function<'static>> {
        let function = check(
            "cuModuleGetFunction",
            self.module(family)?.get_function(name),
        )?;
        Ok(Box::leak(Box::new(function)))
    }

    /// The module of a kernel family, loaded at the first call.
    fn module(&'static self, family: &'static str) -> Result<&'static Module> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(family) {
            return Ok(module);
        }
        let ptx = ptx::best_for(ptx::modules(), family, self.compute_capability)?;
        // Loading allocates, which a capture of this thread would forbid.
        let _relaxed = libcuda::RelaxedCapture::enter()?;
        let module = Module::from_ptx(ptx.text, &[]).map_err(|error| jit_error(ptx.text, error))?;
        let module: &'static Module = Box::leak(Box::new(module));
        modules.insert(family, module);
        Ok(module)
    }
}

/// Launches a grid of single blocks.
///
/// # Safety
/// The kernel's own contract; there is a pointer to each of its arguments.
unsafe fn launch_blocks(
    stream: &cust::stream::Stream,
    function: &Function<'_>,
    config: LaunchConfig,
    pointers: &[*mut c_void],
) -> Result<()> {
    let (grid, block) = (config.grid, config.block);
    // SAFETY: the caller's contract.
    let launched = unsafe {
        stream.launch(
            function,
            (grid.x, grid.y, grid.z),
            (block.x, block.y, block.z),
            config.shared_bytes,
            pointers,
        )
    };
    check("cuLaunchKernel", launched)
}

/// Launches a grid of clusters, or while the grid before it ends, which cust cannot.
///
/// # Safety
/// As [`launch_blocks`]; if `dependent`, the kernel waits for the grids before it.
unsafe fn launch_extended(
    stream: &cust::stream::Stream,
    function: &Function<'_>,
    config: LaunchConfig,
    dependent: bool,
    pointers: &[*mut c_void],
) -> Result<()> {
    let extents = |dim: Dim3| [dim.x, dim.y, dim.z];
    let launch = libcuda::LaunchConfig {
        shared_bytes: config.shared_bytes,
        stream: stream.as_inner(),
        cluster: (config.cluster.count() > 1).then(|| extents(config.cluster)),
        programmatic_serialization: dependent,
        ..libcuda::LaunchConfig::new(extents(config.grid), extents(config.block))
    };
    // SAFETY: the caller's contract; the function's module stays loaded, and the stream is alive.
    Ok(unsafe { libcuda::launch(function.to_raw(), &launch, pointers) }?)
}

/// The driver's own words on PTX it refused: asks it once more, for the log that cust does not keep.
fn jit_error(text: &str, error: CudaError) -> Error {
    match libcuda::load_ptx(text, libcuda::JitOptions::default()) {
        Err(told) => told.into(),
        Ok(_) => driver_error("cuModuleLoadDataEx", error),
    }
}

/// A cust result as this library's, with the call that failed.
pub(crate) fn check<T>(call: &'static str, result: std::result::Result<T, CudaError>) -> Result<T> {
    result.map_err(|error| driver_error(call, error))
}

fn driver_error(call: &'static str, error: CudaError) -> Error {
    if let (CudaError::NotFound, Some(symbol), Ok(driver)) =
        (error, libcuda::take_missing_symbol(), libcuda::driver())
    {
        return DriverError::MissingSymbol {
            symbol,
            version: driver.version,
        }
        .into();
    }
    DriverError::Call {
        call,
        code: error as u32,
        // cust prints its errors in quotes.
        text: error.to_string().trim_matches('"').to_owned(),
    }
    .into()
}
