//! A cluster's state: its blocks and what they share.
//!
//! A cluster is what runs on one OS thread; a launch without clusters has clusters of one block.
//! Everything is in cells: the threads run one at a time, and nobody holds a borrow across a
//! suspension.

use std::cell::{Cell, RefCell};

use crate::block::Block;
use crate::config::{Dim3, LaunchConfig};
use crate::fault::{Fault, FaultKind, SourceLine, Violation};
use crate::memory::Order;
use crate::options::SimOptions;
use crate::schedule::{ReadyQueue, mix};
use crate::sync::ClusterBarrier;
use crate::thread::Thread;
use crate::transfer::Transfers;
use crate::warp::Output;

/// Preemptions in a row, with nobody getting anywhere, after which a pending copy lands although
/// threads could still run: they may be polling for it.
const PATIENCE: u32 = 512;

/// The state of one cluster.
pub(crate) struct Cluster {
    pub(crate) kernel: &'static str,
    pub(crate) config: LaunchConfig,
    pub(crate) options: SimOptions,
    /// The cluster's position in the grid of clusters.
    pub(crate) index: Dim3,
    pub(crate) blocks: Vec<Block>,
    pub(crate) order: RefCell<Order>,
    pub(crate) barrier: RefCell<ClusterBarrier>,
    pub(crate) transfers: RefCell<Transfers>,
    pub(crate) ready: RefCell<ReadyQueue>,
    /// Preemptions since a thread last got anywhere.
    spins: Cell<u32>,
    /// How many of them may pass before a copy lands.
    patience: Cell<u32>,
    fault: RefCell<Option<Fault>>,
}

impl Cluster {
    pub(crate) fn new(
        kernel: &'static str,
        config: LaunchConfig,
        options: SimOptions,
        linear: u64,
    ) -> Self {
        let index = config.clusters().unflatten(linear);
        let stride = config.thread_stride();
        let ranks = config.cluster.count() as u32;
        let (seed, races) = (mix(options.seed, linear), options.detectors.races);
        let mut ready = ReadyQueue::new(config.thread_ids(), seed);
        let mut order = Order::new(races, ranks * stride);
        let blocks = (0..ranks).map(|rank| {
            let index = config.block_index(index, rank);
            Block::new(&config, &options, (index, rank), &mut ready, &mut order)
        });
        Self {
            kernel,
            config,
            options,
            index,
            blocks: blocks.collect(),
            order: order.into(),
            barrier: ClusterBarrier::new(config.thread_ids().count() as u32).into(),
            transfers: Transfers::new(seed).into(),
            ready: ready.into(),
            spins: Cell::default(),
            patience: Cell::new(PATIENCE),
            fault: RefCell::default(),
        }
    }

    /// All threads of all blocks.
    pub(crate) fn threads(&self) -> impl Iterator<Item = &Thread> {
        self.blocks.iter().flat_map(|block| &block.threads)
    }

    /// The block and the thread of this id.
    pub(crate) fn thread(&self, id: u32) -> (&Block, &Thread) {
        let stride = self.config.thread_stride();
        let block = &self.blocks[(id / stride) as usize];
        (block, &block.threads[(id % stride) as usize])
    }

    /// How many threads returned from the kernel.
    pub(crate) fn exited(&self) -> u32 {
        self.blocks.iter().map(|block| block.exited.get()).sum()
    }

    /// Something happened that threads may have been waiting for.
    pub(crate) fn progress(&self) {
        self.spins.set(0);
        self.patience.set(PATIENCE);
    }

    /// Makes a waiting thread ready, with what it waited for.
    pub(crate) fn wake(&self, id: u32, output: Output) {
        self.progress();
        self.thread(id).1.output.set(output);
        self.ready.borrow_mut().push(id);
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
        ready.push(thread.id);
        Ok(ready.fuel())
    }

    /// Whether threads have been polling long enough for a pending copy to land.
    pub(crate) fn is_impatient(&self) -> bool {
        let (spins, patience) = (self.spins.get(), self.patience.get());
        let impatient = spins >= patience;
        if impatient {
            self.patience.set(spins + PATIENCE);
        }
        impatient
    }

    /// Keeps the cluster's first fault.
    pub(crate) fn record_fault(&self, thread: &Thread, line: SourceLine, violation: Violation) {
        let block = self.thread(thread.id).0;
        let mut fault = self.fault.borrow_mut();
        fault.get_or_insert_with(|| Fault {
            kernel: self.kernel,
            kind: violation.kind,
            block: Some(block.index),
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
