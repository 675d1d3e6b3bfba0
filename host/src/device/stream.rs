//! Streams: queues of work that runs in order.
//!
//! On a GPU a stream is the driver's, and work on it is asynchronous; it owes nothing to the default stream.
//! On the CPU and in the simulator work runs at once, in the calling thread. While a stream captures, work is
//! kept for a [`Graph`] instead.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use cuda_std::launch::{Kernel, KernelArgs};
use libcuda::{CaptureMode, CaptureStatus};

use super::graph::HostTask;
use super::{CudaDevice, CudaStream, Device, Event, Graph, Kind, LaunchConfig, SimOptions};
use crate::error::{Error, Result};
use crate::gemm::Tuner;

/// A queue of work on a device. Cheap to clone; clones are the same queue.
#[derive(Clone)]
pub struct Stream {
    inner: Arc<Inner>,
    tuner: Option<Tuner>,
}

struct Inner {
    device: Device,
    queue: Queue,
}

enum Queue {
    Cuda(&'static CudaDevice, CudaStream),
    /// While capturing, the tasks so far.
    Host(Mutex<Option<Vec<HostTask>>>),
}

impl Stream {
    pub(super) fn new(device: &Device) -> Result<Self> {
        let queue = match device.kind() {
            Kind::Cuda(cuda) => {
                cuda.make_current()?;
                Queue::Cuda(cuda, CudaStream::new()?)
            }
            Kind::Cpu | Kind::Simulator(_) => Queue::Host(Mutex::new(None)),
        };
        let device = device.clone();
        Ok(Self {
            inner: Arc::new(Inner { device, queue }),
            tuner: None,
        })
    }

    /// The same queue for operations that run by this tuner's answers, where it has one. Without a tuner, and where it has
    /// none, the library's own choice is taken. Results may differ in the order of sums, and so in their last bits.
    #[must_use]
    pub fn with_tuner(&self, tuner: &Tuner) -> Self {
        Self {
            inner: self.inner.clone(),
            tuner: Some(tuner.clone()),
        }
    }

    /// What operations are tuned by.
    pub(crate) fn tuner(&self) -> Option<&Tuner> {
        self.tuner.as_ref()
    }

    /// The device that the work runs on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.inner.device
    }

    /// The driver's handle of the stream (`CUstream`), to lend to other libraries; none off a GPU. It stays
    /// this stream's, and lives as long.
    #[must_use]
    pub fn as_raw(&self) -> Option<*mut c_void> {
        self.cuda().map(|(_, stream)| stream.as_raw().cast())
    }

    /// Waits until all work so far has run.
    ///
    /// # Errors
    /// [`Error::Driver`] with the first failure of that work.
    pub fn synchronize(&self) -> Result<()> {
        match &self.inner.queue {
            Queue::Cuda(cuda, stream) => {
                cuda.make_current()?;
                stream.synchronize()
            }
            Queue::Host(_) => Ok(()),
        }
    }

    /// Lets later work on this stream wait for what `event` recorded.
    ///
    /// # Errors
    /// [`Error::Driver`] if the driver refuses, as for an event of another device.
    pub fn wait(&self, event: &Event) -> Result<()> {
        match (&self.inner.queue, event.cuda()) {
            (Queue::Cuda(cuda, stream), Some(event)) => {
                cuda.make_current()?;
                // SAFETY: both are alive: they are borrowed here.
                Ok(unsafe { event.hold(stream.as_raw()) }?)
            }
            // Work on the host has run already.
            _ => Ok(()),
        }
    }

    /// Records the work that `work` puts on this stream, without running it.
    ///
    /// The memory it uses must already exist: only the `_into` forms of operations can be captured.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Argument`] if this stream captures already; [`Error::Driver`] if
    /// something in `work` cannot be captured.
    pub fn capture(&self, work: impl FnOnce(&Self) -> Result<()>) -> Result<Graph> {
        self.begin_capture()?;
        let worked = work(self);
        let graph = self.end_capture();
        worked.and(graph)
    }

    fn begin_capture(&self) -> Result<()> {
        let captures = || {
            let expected = "one that does not capture";
            Error::argument("Stream::capture", "stream", expected, "capturing")
        };
        match &self.inner.queue {
            Queue::Cuda(cuda, stream) => {
                cuda.make_current()?;
                // SAFETY: the stream is alive: it is borrowed here.
                if unsafe { libcuda::capture_status(stream.as_raw()) }? != CaptureStatus::None {
                    return Err(captures());
                }
                // SAFETY: as above.
                Ok(unsafe { libcuda::begin_capture(stream.as_raw(), CaptureMode::ThreadLocal) }?)
            }
            Queue::Host(capture) => {
                let mut capture = capture.lock().unwrap_or_else(PoisonError::into_inner);
                if capture.is_some() {
                    return Err(captures());
                }
                *capture = Some(Vec::new());
                Ok(())
            }
        }
    }

    fn end_capture(&self) -> Result<Graph> {
        match &self.inner.queue {
            Queue::Cuda(cuda, stream) => {
                cuda.make_current()?;
                // SAFETY: the stream is alive: it is borrowed here.
                let graph = unsafe { libcuda::end_capture(stream.as_raw()) }?;
                Ok(Graph::cuda(graph.instantiate()?))
            }
            Queue::Host(capture) => {
                let tasks = capture
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                Ok(Graph::host(tasks.unwrap_or_default()))
            }
        }
    }

    /// Launches a kernel on a GPU or in the simulator.
    ///
    /// The argument tuple has the types of the kernel's own signature:
    ///
    /// ```
    /// # use gatewarp::device::{Device, LaunchConfig, SimOptions};
    /// # use gatewarp::kernels::moe::round_robin;
    /// # let stream = Device::simulator(SimOptions::default()).stream()?;
    /// let (mut weights, mut ids) = ([0.0f32; 8], [0i32; 8]);
    /// let args = (weights.as_mut_ptr(), ids.as_mut_ptr(), 8u32, 4u32, 2u32);
    /// // SAFETY: the arrays hold the 8 choices, and outlive the launch, which the simulator runs at once.
    /// unsafe { stream.launch(&round_robin, LaunchConfig::new(1, 256), args) }?;
    /// assert_eq!(ids, [0, 1, 2, 3, 0, 1, 2, 3]);
    /// # Ok::<(), gatewarp::Error>(())
    /// ```
    ///
    /// Any other tuple does not compile; here the two arrays are swapped:
    ///
    /// ```compile_fail
    /// # use gatewarp::device::{Device, LaunchConfig, SimOptions};
    /// # use gatewarp::kernels::moe::round_robin;
    /// # let stream = Device::simulator(SimOptions::default()).stream()?;
    /// let (mut weights, mut ids) = ([0.0f32; 8], [0i32; 8]);
    /// let args = (ids.as_mut_ptr(), weights.as_mut_ptr(), 8u32, 4u32, 2u32);
    /// // SAFETY: does not compile.
    /// unsafe { stream.launch(&round_robin, LaunchConfig::new(1, 256), args) }?;
    /// # Ok::<(), gatewarp::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if a block has more threads than the kernel was compiled for; [`Error::Driver`] if
    /// the driver refuses the launch; [`Error::Simulator`] for what the simulator finds;
    /// [`Error::Device`] on the CPU, which runs no kernels.
    ///
    /// # Safety
    /// The kernel's own contract for this configuration and these arguments, whose memory stays valid and
    /// otherwise unused until the work has run.
    pub unsafe fn launch<A: KernelArgs>(
        &self,
        kernel: &'static Kernel<A>,
        config: LaunchConfig,
        args: A,
    ) -> Result<()> {
        let threads = config.block.count();
        if threads > u64::from(kernel.bounds().max_threads) {
            let expected = format!(
                "launched with blocks of at most {} threads",
                kernel.bounds().max_threads
            );
            return Err(Error::argument("launch", kernel.name(), expected, threads));
        }
        match (&self.inner.queue, self.device().kind()) {
            // SAFETY: the caller's contract.
            (Queue::Cuda(cuda, stream), _) => unsafe {
                cuda.launch(stream.cust(), kernel, config, args)
            },
            (Queue::Host(_), Kind::Simulator(options)) => {
                let (options, args) = (*options, Shareable(args));
                // SAFETY: the caller's contract, which covers the replay of a capture too.
                self.run_on_host(move || unsafe { simulate(&options, kernel, config, args) })
            }
            _ => {
                let reason = format!("the CPU device runs no kernels, so not `{}`", kernel.name());
                Err(Error::Device {
                    op: "launch",
                    reason,
                })
            }
        }
    }

    /// Runs a task of the CPU or the simulator, or keeps it while capturing.
    pub(crate) fn run_on_host(
        &self,
        task: impl Fn() -> Result<()> + Send + Sync + 'static,
    ) -> Result<()> {
        if let Queue::Host(capture) = &self.inner.queue
            && let Some(tasks) = capture
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_mut()
        {
            tasks.push(Box::new(task));
            return Ok(());
        }
        task()
    }

    /// The GPU and the driver's stream.
    pub(super) fn cuda(&self) -> Option<(&'static CudaDevice, &CudaStream)> {
        match &self.inner.queue {
            Queue::Cuda(cuda, stream) => Some((cuda, stream)),
            Queue::Host(_) => None,
        }
    }

    /// Whether `other` is this queue.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// An address that tells streams apart, for messages.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }
}

/// Kernel arguments that threads of the simulator share.
#[derive(Clone, Copy)]
struct Shareable<A>(A);

// SAFETY: arguments are scalars and addresses of device memory, which a grid's threads share by the
// kernel's own contract.
unsafe impl<A> Send for Shareable<A> {}
// SAFETY: as above.
unsafe impl<A> Sync for Shareable<A> {}

/// Runs a grid in the simulator.
///
/// # Safety
/// The kernel's own contract.
unsafe fn simulate<A: KernelArgs>(
    options: &SimOptions,
    kernel: &'static Kernel<A>,
    config: LaunchConfig,
    args: Shareable<A>,
) -> Result<()> {
    let thread = move || {
        let Shareable(args) = { args };
        // SAFETY: the caller's contract, thread by thread.
        unsafe { kernel.run_thread(args) }
    };
    let config = config.with_registers(kernel.bounds().registers());
    Ok(cuda_sim::launch(options, kernel.name(), config, &thread)?)
}
