//! Asynchronous copies under way: they land as late as the waits allow, in an order drawn from the
//! seed.
//!
//! A copy towards shared memory lands when no thread of the cluster can run, or when threads have
//! polled for long. Until then nobody may touch its destination. A copy towards global memory lands
//! when its thread waits for its bulk group, or leaves.

mod land;
mod load;
mod store;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::fault::Line;
use crate::memory::{Join, Stamp};

pub(crate) use land::{land_copy, land_one};
pub(crate) use load::{Destination, Piece, Source, begin_load, ranks};
pub(crate) use store::{Put, Reduction, Store, begin_store, finish_stores, wait_stores};

/// A copy, or an arrival that waits for copies.
pub(crate) struct Transfer {
    /// The thread that asked for it.
    pub(crate) issuer: u32,
    /// Where it did.
    pub(crate) line: Line,
    pub(crate) work: Work,
}

/// What a transfer does when its time comes.
pub(crate) enum Work {
    /// Writes pieces in each destination and completes their bytes there.
    Load {
        pieces: Vec<Piece>,
        bytes: u32,
        destinations: Vec<Destination>,
    },
    /// Lands the issuer's first `copies` outstanding `cp.async` and arrives at a barrier of its block.
    Arrive {
        copies: usize,
        /// When the issuer asked, in its own count.
        now: Stamp,
        address: u32,
        join: Join,
    },
}

/// The transfers of one cluster.
pub(crate) struct Transfers {
    pending: Vec<Transfer>,
    rng: SmallRng,
    /// Numbers given to asynchronous reads so far.
    numbers: u64,
}

impl Transfers {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            pending: Vec::new(),
            rng: SmallRng::seed_from_u64(!seed),
            numbers: 0,
        }
    }

    /// A transfer begins.
    pub(crate) fn push(&mut self, transfer: Transfer) {
        self.pending.push(transfer);
    }

    /// Any of them.
    pub(crate) fn take_one(&mut self) -> Option<Transfer> {
        match self.pending.len() {
            0 => None,
            count => Some(self.pending.swap_remove(self.rng.random_range(0..count))),
        }
    }

    /// A number that no other asynchronous read of the cluster has.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Whether a wait that could go on for a while gives up early.
    pub(crate) fn gives_up(&mut self) -> bool {
        self.rng.random_ratio(1, 8)
    }

    /// The line of a copy that will complete on the `mbarrier` at `address` of block `rank`.
    pub(crate) fn line_to(&self, rank: u32, address: u32) -> Option<Line> {
        self.find(|destination| destination.rank == rank && destination.barrier == address)
    }

    /// The line of a copy that will write block `rank`.
    pub(crate) fn line_into(&self, rank: u32) -> Option<Line> {
        self.find(|destination| destination.rank == rank)
    }

    fn find(&self, wanted: impl Fn(&Destination) -> bool) -> Option<Line> {
        let mut pending = self.pending.iter();
        let found = pending.find(|transfer| match &transfer.work {
            Work::Load { destinations, .. } => destinations.iter().any(&wanted),
            Work::Arrive { .. } => false,
        });
        found.map(|transfer| transfer.line)
    }
}
