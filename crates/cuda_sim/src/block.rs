//! A block's state, as its threads share it.

use std::cell::{Cell, RefCell};

use crate::config::{Dim3, LaunchConfig};
use crate::memory::{History, Order, SharedMemory};
use crate::options::SimOptions;
use crate::schedule::ReadyQueue;
use crate::sync::{BarrierTable, Dependence, Mbarriers, RegisterPool};
use crate::thread::{Thread, WARP, WARPGROUP};
use crate::warp::Warp;
use crate::warpgroup::Warpgroup;

/// The state of one block.
pub(crate) struct Block {
    pub(crate) index: Dim3,
    /// Its rank in its cluster.
    pub(crate) rank: u32,
    pub(crate) threads: Vec<Thread>,
    pub(crate) shared: RefCell<SharedMemory>,
    pub(crate) history: RefCell<History>,
    pub(crate) barriers: RefCell<BarrierTable>,
    pub(crate) mbarriers: RefCell<Mbarriers>,
    pub(crate) registers: RefCell<RegisterPool>,
    pub(crate) dependence: Dependence,
    pub(crate) warps: Vec<RefCell<Warp>>,
    pub(crate) warpgroups: Vec<RefCell<Warpgroup>>,
    /// Threads that returned from the kernel.
    pub(crate) exited: Cell<u32>,
}

impl Block {
    pub(crate) fn new(
        config: &LaunchConfig,
        options: &SimOptions,
        (index, rank): (Dim3, u32),
        ready: &mut ReadyQueue,
        order: &mut Order,
    ) -> Self {
        let count = config.block.count() as u32;
        let (bytes, detectors) = (config.shared_bytes, options.detectors);
        let first = rank * config.thread_stride();
        let thread = |linear| Thread::new(first, linear, config.block, ready.fuel());
        Self {
            index,
            rank,
            threads: (0..count).map(thread).collect(),
            shared: SharedMemory::new(bytes, detectors.unwritten_reads).into(),
            history: History::new(detectors.races, bytes).into(),
            barriers: BarrierTable::new(count).into(),
            mbarriers: RefCell::default(),
            registers: RegisterPool::new(count, config.registers()).into(),
            dependence: Dependence::default(),
            warps: warps(count),
            warpgroups: (0..count / WARPGROUP)
                .map(|_| Warpgroup::new(order.new_agent()).into())
                .collect(),
            exited: Cell::default(),
        }
    }

    /// The id of this warp's lane 0.
    pub(crate) fn first_id(&self, warp: u32) -> u32 {
        self.threads[(warp * WARP) as usize].id
    }

    /// Whether all of its threads left the kernel.
    pub(crate) fn has_exited(&self) -> bool {
        self.exited.get() as usize == self.threads.len()
    }
}

fn warps(threads: u32) -> Vec<RefCell<Warp>> {
    (0..threads.div_ceil(WARP))
        .map(|warp| (threads - warp * WARP).min(WARP))
        .map(|lanes| RefCell::new(Warp::new(lanes)))
        .collect()
}
