//! A thread's `wgmma`s: which it has waited for, and what came of them.

use std::collections::HashMap;

use crate::memory::{Groups, Stamp};

/// One `wgmma`, as each thread of the warpgroup keeps it.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    /// Unique in the cluster.
    pub(crate) number: u64,
    /// When the warpgroup read the operands.
    pub(crate) read: Stamp,
}

/// What a `wgmma` left for a thread's fragment.
struct Outcome {
    values: Vec<f32>,
    waited: bool,
}

/// The `wgmma`s of one thread.
#[derive(Default)]
pub(crate) struct Products {
    groups: Groups<Product>,
    outcomes: HashMap<u64, Outcome>,
    latest: u64,
    /// How many `wgmma.fence` the thread has executed.
    pub(crate) fences: u64,
}

impl Products {
    /// A `wgmma` begins; it continues in the accumulator of `previous`, if that is one.
    pub(crate) fn begin(&mut self, product: Product, previous: u64, values: Vec<f32>) {
        self.outcomes.remove(&previous);
        self.latest = product.number;
        self.groups.push(product);
        let waited = false;
        self.outcomes
            .insert(product.number, Outcome { values, waited });
    }

    /// The number of the `wgmma` that began last.
    pub(crate) fn latest(&self) -> u64 {
        self.latest
    }

    /// Closes the open group.
    pub(crate) fn commit(&mut self) {
        self.groups.commit();
    }

    /// Waits for all but the `pending` youngest groups, and yields what they hold.
    pub(crate) fn wait(&mut self, pending: u32) -> Vec<Product> {
        let done = self.groups.wait(pending);
        for product in &done {
            if let Some(outcome) = self.outcomes.get_mut(&product.number) {
                outcome.waited = true;
            }
        }
        done
    }

    /// What `number` left, whether or not it was waited for.
    pub(crate) fn values(&self, number: u64) -> Option<&[f32]> {
        let outcome = self.outcomes.get(&number)?;
        Some(&outcome.values)
    }

    /// Whether `number` was waited for.
    pub(crate) fn is_waited(&self, number: u64) -> bool {
        let outcome = self.outcomes.get(&number);
        outcome.is_none_or(|outcome| outcome.waited)
    }

    /// Takes what `number` left, if it was waited for.
    pub(crate) fn take(&mut self, number: u64) -> Option<Vec<f32>> {
        if !self.outcomes.get(&number)?.waited {
            return None;
        }
        Some(self.outcomes.remove(&number)?.values)
    }
}
