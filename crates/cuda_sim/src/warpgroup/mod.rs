//! Warpgroups: four warps that execute `wgmma` together.
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions". A `wgmma` begins when all 128 threads
//! are there. Its result is worked out at once, but the threads cannot see it before they waited, and
//! its operands in shared memory may not change before.

mod descriptor;
mod fragment;
mod meeting;
mod multiply;
mod operand;
mod product;

pub use fragment::Fragment;
pub(crate) use meeting::{Brought, Meeting, begin, wait};
pub(crate) use product::{Product, Products};

use crate::memory::Agent;

/// The state of one warpgroup.
pub(crate) struct Warpgroup {
    /// On whose behalf `wgmma` reads shared memory.
    pub(crate) agent: Agent,
    /// The `wgmma` at which some of the threads are.
    pub(crate) meeting: Option<Meeting>,
}

impl Warpgroup {
    pub(crate) fn new(agent: Agent) -> Self {
        Self {
            agent,
            meeting: None,
        }
    }
}
