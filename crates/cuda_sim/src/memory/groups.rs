//! Groups of asynchronous operations, in the order in which they were committed.
//!
//! `cp.async`, `cp.async.bulk` and `wgmma` all gather operations in an open group, close it with a
//! commit, and wait until at most so many of the youngest groups are under way.

use std::collections::VecDeque;
use std::mem;

/// Operations that have not been waited for.
pub(crate) struct Groups<T> {
    open: Vec<T>,
    closed: VecDeque<Vec<T>>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            closed: VecDeque::new(),
        }
    }
}

impl<T> Groups<T> {
    /// Adds an operation to the open group.
    pub(crate) fn push(&mut self, operation: T) {
        self.open.push(operation);
    }

    /// Closes the open group. An empty group counts too.
    pub(crate) fn commit(&mut self) {
        self.closed.push_back(mem::take(&mut self.open));
    }

    /// Takes out the operations of all but the `pending` youngest groups.
    pub(crate) fn wait(&mut self, pending: u32) -> Vec<T> {
        let done = self.closed.len().saturating_sub(pending as usize);
        self.closed.drain(..done).flatten().collect()
    }

    /// The operations of all but the `pending` youngest groups, oldest first.
    pub(crate) fn older_than(&mut self, pending: u32) -> impl Iterator<Item = &mut T> {
        let done = self.closed.len().saturating_sub(pending as usize);
        self.closed.range_mut(..done).flatten()
    }

    /// All operations, oldest first.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.closed.iter_mut().flatten().chain(&mut self.open)
    }
}
