//! A simulated thread: who it is and what it waits for.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr;

use corosensei::Yielder;

use crate::config::Dim3;
use crate::fault::Line;
use crate::memory::CopyQueue;
use crate::warp::Output;

/// Lanes in a warp.
pub(crate) const WARP: u32 = 32;

/// The state of a simulated thread that outlives its suspensions.
pub(crate) struct Thread {
    /// Position in the block, x fastest.
    pub(crate) linear: u32,
    pub(crate) index: Dim3,
    /// What it waits for, and where; `None` while it can run and after it left.
    pub(crate) waits: Cell<Option<(Wait, Line)>>,
    /// What the collective that it waited for left for it.
    pub(crate) output: Cell<Output>,
    pub(crate) copies: RefCell<CopyQueue>,
    /// Accesses of shared memory left before others get a turn.
    pub(crate) fuel: Cell<u32>,
    /// The handle that suspends its coroutine; null until first resumed.
    pub(crate) yielder: Cell<*const Yielder<(), ()>>,
}

impl Thread {
    pub(crate) fn new(linear: u32, block: Dim3, fuel: u32) -> Self {
        Self {
            linear,
            index: block.unflatten(u64::from(linear)),
            waits: Cell::new(None),
            output: Cell::default(),
            copies: RefCell::default(),
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
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Barrier { id, threads } => write!(f, "barrier {id} for {threads} threads"),
            Self::Collective { name, mask } => write!(f, "{name} with mask {mask:#010x}"),
            Self::Convergence => f.write_str("activemask"),
        }
    }
}
