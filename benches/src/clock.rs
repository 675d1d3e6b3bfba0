//! The clock of the multiprocessors while something runs, by NVML.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::Clock;

/// Time between two readings.
const INTERVAL: Duration = Duration::from_millis(2);

/// The names that NVML goes by: development packages install the first, drivers the second.
const LIBRARIES: [&str; 2] = ["libnvidia-ml.so", "libnvidia-ml.so.1"];

/// Reads a GPU's clock. Where NVML cannot be loaded, there are no readings.
pub struct ClockMeter {
    nvml: Option<Arc<Nvml>>,
    ordinal: u32,
}

impl ClockMeter {
    /// Of the GPU of this ordinal.
    #[must_use]
    pub fn new(ordinal: u32) -> Self {
        let load = |name: &&str| Nvml::builder().lib_path(name.as_ref()).init().ok();
        Self {
            nvml: LIBRARIES.iter().find_map(load).map(Arc::new),
            ordinal,
        }
    }

    /// A meter without readings, for what is no GPU.
    #[must_use]
    pub fn absent() -> Self {
        Self {
            nvml: None,
            ordinal: 0,
        }
    }

    /// Runs `work`; gives its result and the median clock meanwhile, in megahertz.
    pub fn during<R>(&self, work: impl FnOnce() -> R) -> (R, Option<u32>) {
        let Some(nvml) = self.nvml.clone() else {
            return (work(), None);
        };
        let reader = Reader::start(nvml, self.ordinal);
        let result = work();
        (result, reader.stop())
    }
}

/// A thread that reads until it is told to stop.
struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u32>>,
}

impl Reader {
    fn start(nvml: Arc<Nvml>, ordinal: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            let mut readings = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let device = nvml.device_by_index(ordinal);
                readings.extend(device.and_then(|device| device.clock_info(Clock::SM)).ok());
                thread::sleep(INTERVAL);
            }
            readings
        });
        Self { stop, thread }
    }

    fn stop(self) -> Option<u32> {
        self.stop.store(true, Ordering::Relaxed);
        let mut readings = self.thread.join().ok()?;
        readings.sort_unstable();
        readings.get(readings.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::ClockMeter;

    #[test]
    fn work_runs_without_readings() {
        assert_eq!(ClockMeter::absent().during(|| 7), (7, None));
    }
}
