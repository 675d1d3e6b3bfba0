//! A block's state, as its threads share it.
//!
//! Everything is in cells: the threads run one at a time on one OS thread, and nobody holds a
//! borrow across a suspension.

use std::cell::{Cell, RefCell};

use crate::config::{Dim3, LaunchConfig};
use crate::fault::{Fault, FaultKind, SourceLine, Violation};
use crate::memory::{RaceDetector, SharedMemory};
use crate::options::SimOptions;
use crate::schedule::{ReadyQueue, mix};
use crate::sync::BarrierTable;
use crate::thread::{Thread, WARP};
use crate::warp::{Output, Warp};

/// The state of one block.
pub(crate) struct Block {
    pub(crate) kernel: &'static str,
    pub(crate) config: LaunchConfig,
    pub(crate) options: SimOptions,
    pub(crate) index: Dim3,
    pub(crate) threads: Vec<Thread>,
    pub(crate) shared: RefCell<SharedMemory>,
    pub(crate) races: RefCell<RaceDetector>,
    pub(crate) barriers: RefCell<BarrierTable>,
    pub(crate) warps: Vec<RefCell<Warp>>,
    pub(crate) ready: RefCell<ReadyQueue>,
    /// Threads that returned from the kernel.
    pub(crate) exited: Cell<u32>,
    /// Preemptions since a thread last got anywhere.
    spins: Cell<u32>,
    fault: RefCell<Option<Fault>>,
}

impl Block {
    pub(crate) fn new(
        kernel: &'static str,
        config: LaunchConfig,
        options: SimOptions,
        linear: u64,
    ) -> Self {
        let count = config.block.count() as u32;
        let (bytes, detectors) = (config.shared_bytes, options.detectors);
        let mut ready = ReadyQueue::new(count, mix(options.seed, linear));
        let thread = |linear| Thread::new(linear, config.block, ready.fuel());
        Self {
            kernel,
            config,
            options,
            index: config.grid.unflatten(linear),
            threads: (0..count).map(thread).collect(),
            shared: SharedMemory::new(bytes, detectors.unwritten_reads).into(),
            races: RaceDetector::new(detectors.races, count, bytes).into(),
            barriers: BarrierTable::new(count).into(),
            warps: warps(count),
            ready: ready.into(),
            exited: Cell::default(),
            spins: Cell::default(),
            fault: RefCell::default(),
        }
    }

    /// Makes a waiting thread ready, with what it waited for.
    pub(crate) fn wake(&self, thread: u32, output: Output) {
        self.spins.set(0);
        self.threads[thread as usize].output.set(output);
        self.ready.borrow_mut().push(thread);
    }

    /// Makes a running thread ready for a later round, and says how long it may run then.
    pub(crate) fn requeue(&self, thread: &Thread) -> Result<u32, Violation> {
        self.spins.set(self.spins.get() + 1);
        if self.spins.get() > self.options.spin_limit {
            return Err(Violation::new(
                FaultKind::Livelock,
                format!(
                    "the threads were preempted {} times and none of them got anywhere",
                    self.options.spin_limit
                ),
            ));
        }
        let mut ready = self.ready.borrow_mut();
        ready.push(thread.linear);
        Ok(ready.fuel())
    }

    /// A thread returned from the kernel.
    pub(crate) fn thread_exited(&self, thread: &Thread) -> Result<(), Violation> {
        self.spins.set(0);
        self.exited.set(self.exited.get() + 1);
        self.barriers.borrow_mut().exit(thread)?;
        self.warps[thread.warp() as usize]
            .borrow_mut()
            .exit(thread.lane())
    }

    /// Keeps the block's first fault.
    pub(crate) fn record_fault(&self, thread: &Thread, line: SourceLine, violation: Violation) {
        let mut fault = self.fault.borrow_mut();
        fault.get_or_insert_with(|| Fault {
            kernel: self.kernel,
            kind: violation.kind,
            block: Some(self.index),
            thread: Some(thread.index),
            location: Some(line),
            detail: violation.detail.into_boxed_str(),
            seed: self.options.seed,
        });
    }

    pub(crate) fn has_fault(&self) -> bool {
        self.fault.borrow().is_some()
    }

    pub(crate) fn into_fault(self) -> Option<Fault> {
        self.fault.into_inner()
    }
}

fn warps(threads: u32) -> Vec<RefCell<Warp>> {
    (0..threads.div_ceil(WARP))
        .map(|warp| (threads - warp * WARP).min(WARP))
        .map(|lanes| RefCell::new(Warp::new(lanes)))
        .collect()
}
