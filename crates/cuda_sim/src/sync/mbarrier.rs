//! `mbarrier` objects: arrivals, bytes under way, phases.
//!
//! PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier". A phase is complete
//! when nobody is left to arrive and no byte is left to come; the next one begins at once, for as
//! many arrivals as the first.
//!
//! ```text
//!   pending = count ──arrive──> 0 ┐
//!   tx = 0 ──expect_tx──> + ──complete_tx──> 0 ┴─> phase + 1, waiters wake
//! ```
//!
//! A wait names its phase by parity alone. The simulator knows which phases the waiting thread can
//! know to be complete, so it knows which one the thread means: if the barrier is further on than
//! that, the thread was left behind and hardware would let it wait for another phase, or pass.

use std::collections::HashMap;

use crate::fault::{FaultKind, Line, Violation};
use crate::memory::{Accessor, Agent, Join, Knowledge, Stamp, place};

/// Most arrivals, and most bytes, that a barrier counts.
const MAX_COUNT: u32 = (1 << 20) - 1;

/// The barriers of one block, by address.
#[derive(Default)]
pub(crate) struct Mbarriers {
    objects: HashMap<u32, Mbarrier>,
    /// Who published barriers, and when.
    moments: Vec<(Agent, Stamp)>,
}

/// One barrier.
pub(crate) struct Mbarrier {
    address: u32,
    /// On whose behalf copies that complete here write: its count is the phases completed.
    pub(crate) agent: Agent,
    count: u32,
    pending: u32,
    bytes: i64,
    pub(crate) phase: u32,
    pub(crate) join: Join,
    /// What was known when the last phase completed.
    past: Knowledge,
    waiting: Vec<u32>,
    /// Who initialised it where.
    pub(crate) made: Accessor,
    /// Whether `fence.mbarrier_init` showed it to the cluster and the async proxy.
    pub(crate) published: bool,
}

/// A phase that completed.
pub(crate) struct PhaseEnd {
    /// The barrier at the end of the phase.
    pub(crate) stamp: Stamp,
    pub(crate) join: Join,
    pub(crate) waiting: Vec<u32>,
}

/// What a wait finds.
pub(crate) enum Test {
    Complete(Knowledge),
    /// The phase that is not complete.
    Pending(u32),
}

impl Mbarriers {
    /// Makes a barrier for `count` arrivals.
    pub(crate) fn insert(
        &mut self,
        address: u32,
        count: u32,
        agent: Agent,
        made: Accessor,
    ) -> Result<(), Violation> {
        if !(1..=MAX_COUNT).contains(&count) {
            let detail =
                format!("mbarrier.init for {count} arrivals: 1 to {MAX_COUNT} are possible");
            return Err(Violation::new(FaultKind::InvalidOperand, detail));
        }
        let object = Mbarrier {
            address,
            agent,
            count,
            pending: count,
            bytes: 0,
            phase: 0,
            join: Join::default(),
            past: Knowledge::default(),
            waiting: Vec::new(),
            made,
            published: false,
        };
        self.objects.insert(address, object);
        Ok(())
    }

    /// Forgets a barrier, at which nobody waits.
    pub(crate) fn remove(&mut self, address: u32) -> Result<(), Violation> {
        let object = self.get(address)?;
        if let [thread, ..] = object.waiting[..] {
            let detail = format!("mbarrier.inval while thread {thread} of the cluster waits there");
            return Err(Violation::new(FaultKind::InvalidMbarrier, detail));
        }
        self.objects.remove(&address);
        Ok(())
    }

    /// The barrier at `address`.
    pub(crate) fn get(&mut self, address: u32) -> Result<&mut Mbarrier, Violation> {
        self.objects.get_mut(&address).ok_or_else(|| {
            Violation::new(
                FaultKind::InvalidMbarrier,
                format!("no mbarrier was initialised at {}", place(address)),
            )
        })
    }

    /// The barrier at `address`, if there is one.
    pub(crate) fn find(&self, address: u32) -> Option<&Mbarrier> {
        self.objects.get(&address)
    }

    /// `thread` publishes the barriers that it initialised, at a moment of its own.
    pub(crate) fn publish(&mut self, thread: Agent, moment: Stamp) {
        for object in self.objects.values_mut() {
            if object.made.thread == thread && !object.published {
                object.published = true;
                object.made.stamp = moment;
            }
        }
        self.moments.push((thread, moment));
    }

    /// When `thread` published barriers.
    pub(crate) fn moments(&self, thread: Agent) -> impl Iterator<Item = Stamp> {
        let own = self.moments.iter().filter(move |(of, _)| *of == thread);
        own.map(|(_, moment)| *moment)
    }
}

impl Mbarrier {
    /// Counts `count` arrivals in.
    pub(crate) fn arrive(&mut self, count: u32, line: Line) -> Result<(), Violation> {
        if count == 0 || count > self.pending {
            return Err(Violation::new(
                FaultKind::MbarrierOverflow,
                format!(
                    "{count} arrivals at {line}, but phase {} of the mbarrier at {} waits for {} of {}",
                    self.phase,
                    place(self.address),
                    self.pending,
                    self.count
                ),
            ));
        }
        self.pending -= count;
        Ok(())
    }

    /// The phase waits for one arrival more (`cp.async.mbarrier.arrive` without `noinc`).
    pub(crate) fn expect_arrival(&mut self) {
        self.pending += 1;
    }

    /// The phase waits for `bytes` more bytes, or fewer.
    pub(crate) fn add_bytes(&mut self, bytes: i64) -> Result<(), Violation> {
        self.bytes += bytes;
        if self.bytes.abs() <= i64::from(MAX_COUNT) {
            return Ok(());
        }
        let detail = format!(
            "the mbarrier at {} has {} bytes to come; it counts up to {MAX_COUNT}",
            place(self.address),
            self.bytes
        );
        Err(Violation::new(FaultKind::TransactionCount, detail))
    }

    /// Ends the phase if nothing is left to come.
    pub(crate) fn end_phase(&mut self) -> Option<PhaseEnd> {
        if self.pending > 0 || self.bytes != 0 {
            return None;
        }
        self.phase += 1;
        self.pending = self.count;
        Some(PhaseEnd {
            stamp: Stamp {
                agent: self.agent,
                count: self.phase,
            },
            join: std::mem::take(&mut self.join),
            waiting: std::mem::take(&mut self.waiting),
        })
    }

    /// Keeps what was known at the end of a phase, for those who test it later.
    pub(crate) fn remember(&mut self, past: Knowledge) {
        self.past = past;
    }

    /// The stamp of bytes that land in the present phase.
    pub(crate) fn landing(&self) -> Stamp {
        Stamp {
            agent: self.agent,
            count: self.phase + 1,
        }
    }

    /// Whether the phase of this parity is complete, for a thread that knows of `known` complete
    /// phases; `None` if nobody keeps account of what threads know.
    pub(crate) fn test(&self, parity: u32, known: Option<u32>) -> Result<Test, Violation> {
        if parity > 1 {
            let detail = format!("a parity of {parity}: it is 0 or 1");
            return Err(Violation::new(FaultKind::InvalidOperand, detail));
        }
        if let Some(known) = known {
            self.check_slip(parity, known)?;
        }
        Ok(match self.phase & 1 == parity {
            true => Test::Pending(self.phase),
            false => Test::Complete(Knowledge::clone(&self.past)),
        })
    }

    /// `thread` waits for the present phase.
    pub(crate) fn wait(&mut self, thread: u32) {
        self.waiting.push(thread);
    }

    /// A thread that knows of `known` complete phases waits for the next one, or once more for the
    /// last of them. The barrier may be one phase further than what the thread waits for, not two.
    fn check_slip(&self, parity: u32, known: u32) -> Result<(), Violation> {
        let next = known & 1 == parity;
        let latest = if next { known + 1 } else { known };
        if self.phase <= latest {
            return Ok(());
        }
        let meant = match (next, known) {
            (true, _) => format!("phase {known}"),
            (false, 0) => "the phase before the first".to_owned(),
            (false, _) => format!("phase {}", known - 1),
        };
        Err(Violation::new(
            FaultKind::PhaseSlip,
            format!(
                "parity {parity} means {meant} to this thread, which knows of {known} complete \
                 phases; the mbarrier at {} completed {}",
                place(self.address),
                self.phase
            ),
        ))
    }

    /// What is missing, for a report of who waits for it.
    pub(crate) fn missing(&self) -> String {
        let arrivals = format!("{} of {} arrivals", self.pending, self.count);
        match self.bytes {
            0 => format!("{arrivals} are missing"),
            1.. => format!("{arrivals} and {} bytes are missing", self.bytes),
            _ => format!(
                "{arrivals} are missing and {} bytes more came than were expected",
                -self.bytes
            ),
        }
    }
}
