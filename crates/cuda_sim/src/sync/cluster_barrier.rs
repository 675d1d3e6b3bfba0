//! The barrier of a cluster, whose arrival and wait are two instructions.
//!
//! PTX ISA, "barrier.cluster". Threads that left the kernel count as arrived.

use std::collections::BTreeSet;
use std::mem;

use crate::fault::{FaultKind, Violation};
use crate::memory::{Join, Knowledge};

/// The barrier of one cluster.
pub(crate) struct ClusterBarrier {
    /// Threads that have not left the kernel.
    threads: u32,
    arrived: BTreeSet<u32>,
    pub(crate) join: Join,
    waiting: Vec<u32>,
    /// Threads that arrived in the phase before and have not waited for it.
    owing: BTreeSet<u32>,
    past: Knowledge,
}

/// A phase that completed: what all knew and who waits.
pub(crate) struct Complete {
    pub(crate) join: Join,
    pub(crate) waiting: Vec<u32>,
}

impl ClusterBarrier {
    pub(crate) fn new(threads: u32) -> Self {
        Self {
            threads,
            arrived: BTreeSet::new(),
            join: Join::default(),
            waiting: Vec::new(),
            owing: BTreeSet::new(),
            past: Knowledge::default(),
        }
    }

    /// Counts a thread in.
    pub(crate) fn arrive(&mut self, thread: u32) -> Result<(), Violation> {
        let twice = self.owing.contains(&thread) || !self.arrived.insert(thread);
        match twice {
            false => Ok(()),
            true => Err(Violation::new(
                FaultKind::InvalidBarrier,
                "barrier.cluster.arrive twice without a barrier.cluster.wait in between",
            )),
        }
    }

    /// Takes the completion if all have arrived.
    pub(crate) fn complete(&mut self) -> Option<Complete> {
        if self.arrived.is_empty() || self.arrived.len() < self.threads as usize {
            return None;
        }
        self.owing = mem::take(&mut self.arrived);
        let waiting = mem::take(&mut self.waiting);
        for thread in &waiting {
            self.owing.remove(thread);
        }
        Some(Complete {
            join: mem::take(&mut self.join),
            waiting,
        })
    }

    /// Keeps what all knew, for those who wait later.
    pub(crate) fn remember(&mut self, past: Knowledge) {
        self.past = past;
    }

    /// `thread` waits: what it learns if the phase is complete.
    pub(crate) fn wait(&mut self, thread: u32) -> Result<Option<Knowledge>, Violation> {
        if self.owing.remove(&thread) {
            return Ok(Some(Knowledge::clone(&self.past)));
        }
        if !self.arrived.contains(&thread) {
            return Err(Violation::new(
                FaultKind::InvalidBarrier,
                "barrier.cluster.wait without a barrier.cluster.arrive before it",
            ));
        }
        self.waiting.push(thread);
        Ok(None)
    }

    /// A thread leaves the kernel.
    pub(crate) fn exit(&mut self, thread: u32) {
        self.threads -= 1;
        self.arrived.remove(&thread);
        self.owing.remove(&thread);
    }
}
