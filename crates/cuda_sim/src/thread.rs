//! A simulated thread: who it is and what it waits for.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr;

use corosensei::Yielder;

use crate::config::Dim3;
use crate::fault::Line;
use crate::memory::{Copy, Groups, place};
use crate::transfer::Store;
use crate::warp::Output;
use crate::warpgroup::Products;

/// Lanes in a warp.
pub(crate) const WARP: u32 = 32;
/// Threads in a warpgroup.
pub(crate) const WARPGROUP: u32 = 4 * WARP;

/// The state of a simulated thread that outlives its suspensions.
pub(crate) struct Thread {
    /// Unique in the cluster; threads of one warp are neighbours.
    pub(crate) id: u32,
    /// Position in the block, x fastest.
    pub(crate) linear: u32,
    pub(crate) index: Dim3,
    /// What it waits for, and where; `None` while it can run and after it left.
    pub(crate) waits: Cell<Option<(Wait, Line)>>,
    /// What the collective that it waited for left for it.
    pub(crate) output: Cell<Output>,
    /// Its `cp.async`.
    pub(crate) copies: RefCell<Groups<Copy>>,
    /// Its bulk stores.
    pub(crate) stores: RefCell<Groups<Store>>,
    /// Its `wgmma`.
    pub(crate) products: RefCell<Products>,
    /// Whether what it copies is written by no grid before its own.
    pub(crate) copies_constants: Cell<bool>,
    pub(crate) exited: Cell<bool>,
    /// Whether its warp got the registers that it is about to wait for.
    pub(crate) granted: Cell<bool>,
    /// Accesses of shared memory left before others get a turn.
    pub(crate) fuel: Cell<u32>,
    /// The handle that suspends its coroutine; null until first resumed.
    pub(crate) yielder: Cell<*const Yielder<(), ()>>,
}

impl Thread {
    pub(crate) fn new(first_id: u32, linear: u32, block: Dim3, fuel: u32) -> Self {
        Self {
            id: first_id + linear,
            linear,
            index: block.unflatten(u64::from(linear)),
            waits: Cell::new(None),
            output: Cell::default(),
            copies: RefCell::default(),
            stores: RefCell::default(),
            products: RefCell::default(),
            copies_constants: Cell::new(false),
            exited: Cell::new(false),
            granted: Cell::new(false),
            fuel: Cell::new(fuel),
            yielder: Cell::new(ptr::null()),
        }
    }

    pub(crate) fn lane(&self) -> u32 {
        self.linear % WARP
    }

    pub(crate) fn warp(&self) -> u32 {
        self.linear / WARP
    }
}

/// What a thread waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    /// A block barrier with this id, for this many threads.
    Barrier { id: u32, threads: u32 },
    /// A warp collective with this name, for these lanes.
    Collective { name: &'static str, mask: u32 },
    /// `activemask`: the other lanes to arrive or to wait elsewhere.
    Convergence,
    /// An `mbarrier` of block `rank` at this address to complete this phase.
    Mbarrier { rank: u32, address: u32, phase: u32 },
    /// The barrier of the cluster.
    ClusterBarrier,
    /// A warpgroup's other threads at this instruction.
    Warpgroup { name: &'static str },
    /// The register pool to have this many registers for the warp.
    Registers { registers: u32 },
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Barrier { id, threads } => write!(f, "barrier {id} for {threads} threads"),
            Self::Collective { name, mask } => write!(f, "{name} with mask {mask:#010x}"),
            Self::Convergence => f.write_str("activemask"),
            Self::Mbarrier {
                rank,
                address,
                phase,
            } => write!(
                f,
                "phase {phase} of the mbarrier at {} of block {rank} of the cluster",
                place(address)
            ),
            Self::ClusterBarrier => f.write_str("barrier.cluster"),
            Self::Warpgroup { name } => write!(f, "{name} for the whole warpgroup"),
            Self::Registers { registers } => {
                write!(f, "setmaxnreg.inc to {registers} registers")
            }
        }
    }
}
