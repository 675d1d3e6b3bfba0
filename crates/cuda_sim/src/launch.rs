//! Launching: a grid's clusters, spread over rayon.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::cluster::Cluster;
use crate::config::LaunchConfig;
use crate::coroutine::MAX_STACKS;
use crate::fault::{Fault, FaultKind};
use crate::global;
use crate::options::SimOptions;
use crate::panic_capture;
use crate::runner::{self, Kernel};
use crate::schedule::Permutation;

/// Runs `thread` once for every thread of the grid and returns when all have ended.
///
/// `kernel` names the kernel in reports. `thread` is the kernel with its arguments; it calls the
/// functions of [`device`](crate::device) to learn which thread it is.
///
/// # Errors
/// What CUDA leaves undefined or forbids, as the [`Fault`] of the faulting cluster with the smallest
/// linear index, so that it does not depend on how they were spread. Other blocks may have
/// run before, after, partly or not at all.
pub fn launch(
    options: &SimOptions,
    kernel: &'static str,
    config: LaunchConfig,
    thread: &(dyn Fn() + Sync),
) -> Result<(), Fault> {
    if let Some(objection) = config.objection() {
        return Err(refusal(options, kernel, objection));
    }
    panic_capture::install();
    let grid = Grid {
        options,
        kernel,
        config,
        thread,
        order: Permutation::new(config.clusters().count(), options.seed),
        faults: LowestFault::default(),
    };
    grid.run();
    // Looked at whatever the outcome, so that the next launch is not blamed.
    let intact = global::check(options, kernel);
    grid.faults.into_result().and(intact)
}

fn refusal(options: &SimOptions, kernel: &'static str, objection: String) -> Fault {
    Fault {
        kernel,
        kind: FaultKind::InvalidLaunch,
        block: None,
        thread: None,
        location: None,
        detail: objection.into(),
        seed: options.seed,
    }
}

struct Grid<'a> {
    options: &'a SimOptions,
    kernel: &'static str,
    config: LaunchConfig,
    thread: Kernel<'a>,
    order: Permutation,
    faults: LowestFault,
}

impl Grid<'_> {
    fn run(&self) {
        let count = self.config.clusters().count();
        if !self.options.parallel {
            (0..count).for_each(|position| self.run_cluster(position));
            return;
        }
        let at_once = (MAX_STACKS / self.config.thread_ids().count()).max(1);
        let count = count as usize;
        let fewest = match rayon::current_num_threads() {
            workers if workers <= at_once => 1,
            _ => count.div_ceil(at_once),
        };
        (0..count)
            .into_par_iter()
            .with_min_len(fewest)
            .for_each(|position| self.run_cluster(position as u64));
    }

    fn run_cluster(&self, position: u64) {
        let linear = self.order.at(position);
        if self.faults.precedes(linear) {
            return;
        }
        let cluster = Cluster::new(self.kernel, self.config, *self.options, linear);
        let result = runner::run(cluster, self.thread, || self.faults.precedes(linear));
        if let Err(fault) = result {
            self.faults.offer(linear, fault);
        }
    }
}

/// The fault of the cluster with the smallest linear index.
struct LowestFault {
    cluster: AtomicU64,
    fault: Mutex<Option<Fault>>,
}

impl Default for LowestFault {
    fn default() -> Self {
        Self {
            cluster: AtomicU64::new(u64::MAX),
            fault: Mutex::new(None),
        }
    }
}

impl LowestFault {
    /// Whether a cluster before `linear` faulted, so that `linear` need not run.
    fn precedes(&self, linear: u64) -> bool {
        self.cluster.load(Ordering::Relaxed) < linear
    }

    fn offer(&self, linear: u64, fault: Fault) {
        let mut lowest = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if linear < self.cluster.load(Ordering::Relaxed) {
            self.cluster.store(linear, Ordering::Relaxed);
            *lowest = Some(fault);
        }
    }

    fn into_result(self) -> Result<(), Fault> {
        let fault = self.fault.into_inner();
        fault
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(()), Err)
    }
}
