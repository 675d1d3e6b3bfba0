//! Which ready thread runs next: an adversary, driven by the launch's seed.
//!
//! Threads run in rounds. Each round takes every thread that became ready during the last one, in
//! a shuffled order. Now and then one warp is held back until the others can go no further, so
//! that the rest of the block gets as far ahead of it as its synchronisation allows.

use std::mem;

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::thread::WARP;

/// One round in this many starts to hold a warp back.
const HOLD_ONE_IN: u32 = 8;
/// One round in this many releases it although others could still run.
const RELEASE_ONE_IN: u32 = 16;
/// Accesses of shared memory between two preemptions of a thread.
const FUEL: std::ops::Range<u32> = 32..256;

/// The threads of a cluster that can run, by id.
pub(crate) struct ReadyQueue {
    next: Vec<u32>,
    held: Vec<u32>,
    rng: SmallRng,
}

impl ReadyQueue {
    /// All of these threads are ready.
    pub(crate) fn new(threads: impl Iterator<Item = u32>, seed: u64) -> Self {
        Self {
            next: threads.collect(),
            held: Vec::new(),
            rng: SmallRng::seed_from_u64(seed),
        }
    }

    /// `thread` can run in a later round.
    pub(crate) fn push(&mut self, thread: u32) {
        self.next.push(thread);
    }

    /// Fills `round` with the threads to run now, in order. It stays empty if none can run.
    pub(crate) fn take_round(&mut self, round: &mut Vec<u32>) {
        round.clear();
        mem::swap(round, &mut self.next);
        if round.is_empty() || self.rng.random_ratio(1, RELEASE_ONE_IN) {
            round.append(&mut self.held);
        } else if self.held.is_empty() && self.rng.random_ratio(1, HOLD_ONE_IN) {
            self.hold_one_warp(round);
        }
        round.shuffle(&mut self.rng);
    }

    /// How many accesses of shared memory a thread may make before the next preemption.
    pub(crate) fn fuel(&mut self) -> u32 {
        self.rng.random_range(FUEL)
    }

    fn hold_one_warp(&mut self, round: &mut Vec<u32>) {
        let victim = round[self.rng.random_range(0..round.len())] / WARP;
        if round.iter().all(|thread| thread / WARP == victim) {
            return;
        }
        let held = &mut self.held;
        round.retain(|&thread| {
            let stays = thread / WARP != victim;
            if !stays {
                held.push(thread);
            }
            stays
        });
    }
}

/// A well-spread 64-bit value from two (the finaliser of SplitMix64).
pub(crate) fn mix(seed: u64, salt: u64) -> u64 {
    let mut z = seed ^ salt.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A pseudo-random order of `0..count` that needs no memory: an affine map modulo `count`.
#[derive(Clone, Copy)]
pub(crate) struct Permutation {
    count: u64,
    factor: u64,
    offset: u64,
}

impl Permutation {
    pub(crate) fn new(count: u64, seed: u64) -> Self {
        let offset = mix(seed, 1) % count;
        let mut factor = mix(seed, 2) % count;
        while gcd(factor, count) != 1 {
            factor = (factor + 1) % count;
        }
        Self {
            count,
            factor,
            offset,
        }
    }

    /// The `position`-th element of the order.
    pub(crate) fn at(self, position: u64) -> u64 {
        let product = u128::from(position) * u128::from(self.factor);
        ((product + u128::from(self.offset)) % u128::from(self.count)) as u64
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::Permutation;

    #[test]
    fn a_permutation_visits_everything_once() {
        for count in [1, 2, 3, 8, 97, 360] {
            let order = Permutation::new(count, 7);
            let mut seen: Vec<u64> = (0..count).map(|position| order.at(position)).collect();
            seen.sort_unstable();
            assert!(seen.iter().copied().eq(0..count), "count {count}: {seen:?}");
        }
    }
}
