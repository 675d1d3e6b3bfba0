//! The sixteen barriers of a block.
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: bar, barrier". These are the
//! `.aligned` forms: all lanes of a warp execute the same barrier instruction, and the warp counts
//! with all of its lanes.

use std::mem;

use crate::fault::{FaultKind, Line, Violation};
use crate::memory::Join;
use crate::thread::{Thread, WARP};

/// Barriers of a block.
const BARRIERS: usize = 16;

/// How `bar.red` combines the predicates of its threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarrierReduce {
    /// `bar.red.popc`: how many are true.
    Popc,
    /// `bar.red.and`: whether all are true.
    And,
    /// `bar.red.or`: whether any is true.
    Or,
}

/// Which barrier instructions meet at a barrier: `bar.sync` and `bar.arrive` mix, reductions meet
/// only their like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Sync,
    Reduce(BarrierReduce),
}

/// A thread's arrival at a barrier.
pub(crate) struct Arrival {
    pub(crate) id: u32,
    /// How many threads the barrier is for; all of the block if `None`.
    pub(crate) threads: Option<u32>,
    pub(crate) flavour: Flavour,
    pub(crate) predicate: bool,
    /// Whether the thread waits for the others.
    pub(crate) waits: bool,
    pub(crate) line: Line,
}

/// A barrier at which all have arrived.
pub(crate) struct Completion {
    pub(crate) waiting: Vec<u32>,
    pub(crate) result: u32,
    pub(crate) join: Join,
}

/// The barriers of one block.
pub(crate) struct BarrierTable {
    threads: u32,
    /// The lanes of each warp that left the kernel.
    exited: Vec<u32>,
    any_exited: bool,
    /// The barriers at which some threads have arrived, by id.
    open: u32,
    barriers: [Barrier; BARRIERS],
}

/// One barrier, between two completions.
#[derive(Default)]
struct Barrier {
    expected: u32,
    flavour: Option<Flavour>,
    arrived: u32,
    predicates: u32,
    warps: Vec<Presence>,
    waiting: Vec<u32>,
    join: Join,
}

/// The lanes of one warp that arrived, and where the first of them is.
#[derive(Clone, Copy, Default)]
struct Presence {
    lanes: u32,
    line: Option<Line>,
}

impl BarrierTable {
    pub(crate) fn new(threads: u32) -> Self {
        Self {
            threads,
            exited: vec![0; threads.div_ceil(WARP) as usize],
            any_exited: false,
            open: 0,
            barriers: Default::default(),
        }
    }

    /// How many threads a barrier with this count is for.
    pub(crate) fn expected(&self, threads: Option<u32>) -> u32 {
        threads.unwrap_or(self.threads)
    }

    /// Counts a thread in. The caller gives the thread's past to the [`Join`], and takes the
    /// completion if there is one.
    pub(crate) fn arrive(
        &mut self,
        thread: &Thread,
        arrival: &Arrival,
    ) -> Result<&mut Join, Violation> {
        let expected = self.check_operands(arrival)?;
        let barrier = &mut self.barriers[arrival.id as usize];
        barrier.check_agreement(arrival, expected)?;
        barrier.warps.resize(self.exited.len(), Presence::default());
        barrier.enter(thread, arrival)?;
        barrier.expected = expected;
        barrier.flavour = Some(arrival.flavour);
        self.open |= 1 << arrival.id;
        self.check_all_can_come(arrival.id)?;
        Ok(&mut self.barriers[arrival.id as usize].join)
    }

    /// Takes barrier `id`'s completion if all have arrived.
    pub(crate) fn complete(&mut self, id: u32) -> Result<Option<Completion>, Violation> {
        let threads = self.threads;
        let barrier = &mut self.barriers[id as usize];
        if barrier.arrived < barrier.expected {
            return Ok(None);
        }
        barrier.check_whole_warps(id, threads)?;
        let done = mem::take(barrier);
        self.open &= !(1 << id);
        Ok(Some(Completion {
            result: done.result(),
            waiting: done.waiting,
            join: done.join,
        }))
    }

    /// Whether barrier `id` has waiting threads and is for the whole block.
    pub(crate) fn holds_whole_block(&self, id: u32) -> bool {
        let barrier = &self.barriers[id as usize];
        !barrier.waiting.is_empty() && barrier.expected == self.threads
    }

    /// A thread leaves: nobody may wait for it.
    pub(crate) fn exit(&mut self, thread: &Thread) -> Result<(), Violation> {
        self.any_exited = true;
        self.exited[thread.warp() as usize] |= 1 << thread.lane();
        if self.open == 0 {
            return Ok(());
        }
        (0..BARRIERS as u32).try_for_each(|id| self.check_all_can_come(id))
    }

    /// A barrier for the whole block is one that no thread left without arriving at it.
    fn check_all_can_come(&self, id: u32) -> Result<(), Violation> {
        let barrier = &self.barriers[id as usize];
        if !self.any_exited || !self.holds_whole_block(id) {
            return Ok(());
        }
        let lanes = self.exited.iter().zip(&barrier.warps);
        let absent = lanes.map(|(exited, presence)| (exited & !presence.lanes).count_ones());
        let absent: u32 = absent.sum();
        if absent == 0 {
            return Ok(());
        }
        let detail = format!(
            "{} threads wait at barrier {id} for the whole block, but {absent} threads left the \
             kernel without arriving at it",
            barrier.waiting.len()
        );
        Err(Violation::new(FaultKind::DivergentBarrier, detail))
    }

    fn check_operands(&self, arrival: &Arrival) -> Result<u32, Violation> {
        let complaint = match (arrival.id, arrival.threads) {
            (16.., _) => "ids go from 0 to 15",
            (_, Some(count)) if count == 0 || !count.is_multiple_of(WARP) => {
                "the thread count must be a positive multiple of 32"
            }
            (_, Some(count)) if count > self.threads.next_multiple_of(WARP) => {
                "the block has fewer threads"
            }
            _ => return Ok(self.expected(arrival.threads).min(self.threads)),
        };
        let (id, count) = (arrival.id, self.expected(arrival.threads));
        let detail = format!("barrier {id} for {count} threads: {complaint}");
        Err(Violation::new(FaultKind::InvalidBarrier, detail))
    }
}

impl Barrier {
    fn check_agreement(&self, arrival: &Arrival, expected: u32) -> Result<(), Violation> {
        let Some(flavour) = self.flavour else {
            return Ok(());
        };
        if flavour == arrival.flavour && self.expected == expected {
            return Ok(());
        }
        Err(Violation::new(
            FaultKind::InvalidBarrier,
            format!(
                "barrier {} is {:?} for {expected} threads here, but {:?} for {} threads \
                 where others arrived",
                arrival.id, arrival.flavour, flavour, self.expected
            ),
        ))
    }

    fn enter(&mut self, thread: &Thread, arrival: &Arrival) -> Result<(), Violation> {
        self.warps[thread.warp() as usize].enter(thread, arrival)?;
        self.arrived += 1;
        self.predicates += u32::from(arrival.predicate);
        if arrival.waits {
            self.waiting.push(thread.id);
        }
        Ok(())
    }

    /// A warp counts with all of its lanes, so a part of one completes the barrier too early.
    fn check_whole_warps(&self, id: u32, threads: u32) -> Result<(), Violation> {
        for (warp, presence) in (0..).zip(&self.warps) {
            let lanes = (threads - warp * WARP).min(WARP);
            if presence.lanes != 0 && presence.lanes.count_ones() < lanes {
                return Err(Violation::new(
                    FaultKind::DivergentBarrier,
                    format!(
                        "only lanes {:#010x} of warp {warp} arrived at barrier {id}",
                        presence.lanes
                    ),
                ));
            }
        }
        Ok(())
    }

    fn result(&self) -> u32 {
        match self.flavour {
            Some(Flavour::Reduce(BarrierReduce::And)) => u32::from(self.predicates == self.arrived),
            Some(Flavour::Reduce(BarrierReduce::Or)) => u32::from(self.predicates > 0),
            _ => self.predicates,
        }
    }
}

impl Presence {
    fn enter(&mut self, thread: &Thread, arrival: &Arrival) -> Result<(), Violation> {
        let (id, bit) = (arrival.id, 1 << thread.lane());
        if self.lanes & bit != 0 {
            let detail = format!("the thread arrived twice at barrier {id} in one phase");
            return Err(Violation::new(FaultKind::InvalidBarrier, detail));
        }
        let line = *self.line.get_or_insert(arrival.line);
        if line != arrival.line {
            let detail = format!(
                "lanes of warp {} arrive at barrier {id} here and at {line}: a warp arrives as one",
                thread.warp()
            );
            return Err(Violation::new(FaultKind::DivergentBarrier, detail));
        }
        self.lanes |= bit;
        Ok(())
    }
}
