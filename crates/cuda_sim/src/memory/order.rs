//! Who knows what: the happens-before order of a cluster.
//!
//! A happens-before detector with epochs (Flanagan and Freund, *FastTrack*, PLDI 2009). Each agent
//! counts its synchronisations; a [`Stamp`] is an agent and its count. For each thread the order
//! knows up to which count every agent's past is ordered before it. A barrier or `bar.warp.sync`
//! merges what its participants know; an `mbarrier` hands on what those who arrived know.
//!
//! ```text
//!   thread 0   write x   | barrier |            stamp of the write: (0, 1)
//!   thread 1             | barrier |  read x    knows agent 0 up to 1: ordered
//! ```
//!
//! Agents are the threads, each `mbarrier` (on whose behalf copies land; its count is its phase)
//! and each warpgroup (on whose behalf `wgmma` reads).
//!
//! What is ordered is not yet visible to the asynchronous proxy: that takes a
//! `fence.proxy.async` between a plain write and the asynchronous access (PTX ISA, "Memory
//! Consistency Model: Proxies"). So each [`Past`] has a second vector, of what such fences covered.
//!
//! Pasts are shared: after a barrier all threads hold one, so the cost is that of one vector an
//! event, not a thread.

use std::rc::Rc;

/// A thread, `mbarrier` or warpgroup.
pub(crate) type Agent = u32;

/// A moment of an agent's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) agent: Agent,
    pub(crate) count: u32,
}

/// What is ordered before some moment.
#[derive(Clone, Default)]
pub(crate) struct Past {
    /// For each agent, the count up to which its accesses are ordered before it.
    known: Vec<u32>,
    /// For each thread, the count up to which its plain writes are visible to the async proxy.
    fenced: Vec<u32>,
}

/// A past that several threads share.
pub(crate) type Knowledge = Rc<Past>;

/// What a synchronisation gathers from those who arrive and gives to those who leave.
#[derive(Default)]
pub(crate) struct Join {
    merged: Option<Knowledge>,
    released: Vec<Stamp>,
}

impl Join {
    /// Gathers these moments alone.
    pub(crate) fn show(&mut self, moments: impl Iterator<Item = Stamp>) {
        self.released.extend(moments);
    }

    /// Gathers what `other` gathered too.
    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut self.merged, other.merged) {
            (merged @ None, theirs) => *merged = theirs,
            (Some(merged), Some(theirs)) if !Rc::ptr_eq(merged, &theirs) => {
                Rc::make_mut(merged).merge(&theirs);
            }
            _ => {}
        }
        self.released.extend(other.released);
    }
}

/// The order of a cluster's accesses. One that is off orders everything.
pub(crate) struct Order {
    enabled: bool,
    threads: u32,
    counts: Vec<u32>,
    known: Vec<Knowledge>,
    /// The last merge of two pasts: threads that leave a barrier mostly repeat it.
    memo: Option<[Knowledge; 3]>,
}

impl Past {
    fn merge(&mut self, other: &Self) {
        raise_all(&mut self.known, &other.known);
        raise_all(&mut self.fenced, &other.fenced);
    }
}

fn raise_all(into: &mut Vec<u32>, from: &[u32]) {
    if into.len() < from.len() {
        into.resize(from.len(), 0);
    }
    for (into, from) in into.iter_mut().zip(from) {
        *into = (*into).max(*from);
    }
}

fn raise(counts: &mut Vec<u32>, Stamp { agent, count }: Stamp) {
    let agent = agent as usize;
    if counts.len() <= agent {
        counts.resize(agent + 1, 0);
    }
    counts[agent] = counts[agent].max(count);
}

fn count_of(counts: &[u32], agent: Agent) -> u32 {
    counts.get(agent as usize).copied().unwrap_or(0)
}

impl Order {
    /// The order of `threads` threads, which are agents `0..threads`.
    pub(crate) fn new(enabled: bool, threads: u32) -> Self {
        let nothing = Knowledge::default();
        Self {
            enabled,
            threads,
            counts: vec![1; threads as usize],
            known: vec![nothing; threads as usize],
            memo: None,
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// A new agent, at count zero.
    pub(crate) fn new_agent(&mut self) -> Agent {
        self.counts.push(0);
        self.counts.len() as Agent - 1
    }

    /// Whether `agent` accesses memory by the async proxy.
    pub(crate) fn is_async(&self, agent: Agent) -> bool {
        agent >= self.threads
    }

    /// The agent's present.
    pub(crate) fn now(&self, agent: Agent) -> Stamp {
        Stamp {
            agent,
            count: self.counts[agent as usize],
        }
    }

    /// The agent's next count begins.
    pub(crate) fn advance(&mut self, agent: Agent) {
        self.counts[agent as usize] += 1;
    }

    /// A moment of `thread` apart from its other accesses: what a fence shows alone.
    pub(crate) fn moment(&mut self, thread: Agent) -> Stamp {
        let moment = Stamp {
            agent: self.new_agent(),
            count: 1,
        };
        if self.enabled {
            raise(
                &mut Rc::make_mut(&mut self.known[thread as usize]).known,
                moment,
            );
        }
        moment
    }

    /// Whether what happened at `stamp` is ordered before `thread`'s present.
    pub(crate) fn is_ordered(&self, stamp: Stamp, thread: Agent) -> bool {
        let known = &self.known[thread as usize].known;
        !self.enabled || stamp.agent == thread || count_of(known, stamp.agent) >= stamp.count
    }

    /// Whether a plain write at `stamp` is visible to asynchronous accesses that `thread` begins.
    pub(crate) fn is_fenced(&self, stamp: Stamp, thread: Agent) -> bool {
        let fenced = &self.known[thread as usize].fenced;
        !self.enabled || count_of(fenced, stamp.agent) >= stamp.count
    }

    /// Whether both threads certainly know the same.
    pub(crate) fn know_alike(&self, thread: Agent, other: Agent) -> bool {
        Rc::ptr_eq(&self.known[thread as usize], &self.known[other as usize])
    }

    /// Up to which count `thread` knows `agent`.
    pub(crate) fn known(&self, thread: Agent, agent: Agent) -> u32 {
        count_of(&self.known[thread as usize].known, agent)
    }

    /// `thread` arrives at a synchronisation.
    pub(crate) fn release(&mut self, thread: Agent, join: &mut Join) {
        if !self.enabled {
            return;
        }
        let known = &self.known[thread as usize];
        match &mut join.merged {
            None => join.merged = Some(Rc::clone(known)),
            Some(merged) if Rc::ptr_eq(merged, known) => {}
            Some(merged) => Rc::make_mut(merged).merge(known),
        }
        join.released.push(self.now(thread));
        self.advance(thread);
    }

    /// What all who arrived know, once they have.
    pub(crate) fn conclude(&self, join: Join) -> Knowledge {
        let mut past = join.merged.unwrap_or_default();
        if !join.released.is_empty() {
            let past = Rc::make_mut(&mut past);
            for stamp in join.released {
                raise(&mut past.known, stamp);
            }
        }
        past
    }

    /// `past`, and what `stamp`'s agent did up to it.
    pub(crate) fn with(&self, mut past: Knowledge, stamp: Stamp) -> Knowledge {
        if self.enabled {
            raise(&mut Rc::make_mut(&mut past).known, stamp);
        }
        past
    }

    /// From now on `thread` knows `past` too.
    pub(crate) fn acquire(&mut self, thread: Agent, past: &Knowledge) {
        if !self.enabled {
            return;
        }
        let own = &self.known[thread as usize];
        if Rc::ptr_eq(own, past) {
            return;
        }
        if let Some([first, second, merged]) = &self.memo
            && Rc::ptr_eq(first, own)
            && Rc::ptr_eq(second, past)
        {
            self.known[thread as usize] = Rc::clone(merged);
            return;
        }
        let mut merged = Past::clone(own);
        merged.merge(past);
        let merged = Rc::new(merged);
        self.memo = Some([Rc::clone(own), Rc::clone(past), Rc::clone(&merged)]);
        self.known[thread as usize] = merged;
    }

    /// A synchronisation is complete: those who leave it, who all arrived, know what all knew.
    pub(crate) fn acquire_all(&mut self, join: Join, leaving: impl IntoIterator<Item = Agent>) {
        if !self.enabled || join.released.is_empty() {
            return;
        }
        let past = self.conclude(join);
        for thread in leaving {
            self.known[thread as usize] = Rc::clone(&past);
        }
    }

    /// `thread` knows what `stamp`'s agent did up to it.
    pub(crate) fn learn(&mut self, thread: Agent, stamp: Stamp) {
        if self.enabled && self.known(thread, stamp.agent) < stamp.count {
            raise(
                &mut Rc::make_mut(&mut self.known[thread as usize]).known,
                stamp,
            );
        }
    }

    /// `thread` executes `fence.proxy.async`: all plain writes that it knows of are covered.
    pub(crate) fn fence_async(&mut self, thread: Agent) {
        if !self.enabled {
            return;
        }
        let now = self.now(thread);
        let past = Rc::make_mut(&mut self.known[thread as usize]);
        let known = past.known.clone();
        raise_all(&mut past.fenced, &known);
        raise(&mut past.fenced, now);
        self.advance(thread);
    }
}
