//! Finds unordered accesses of shared memory: what happened to each byte, checked against the
//! cluster's [`Order`].
//!
//! Each byte remembers its last plain or asynchronous write and its last two readers, so a race of a
//! write with an older read can go unseen; what is reported is a race. Atomics count as reads: they
//! may not meet a plain write, but may meet each other.

use crate::fault::{FaultKind, Line, Violation};
use crate::memory::order::{Agent, Order, Stamp};
use crate::memory::shared::{SHARED_BASE, Span, place};

/// Nobody.
const NOBODY: Agent = Agent::MAX;

/// Who accessed a byte, when, and the index of a source line.
#[derive(Clone, Copy)]
struct Access {
    stamp: Stamp,
    line: u32,
}

impl Access {
    const NONE: Self = Self {
        stamp: Stamp {
            agent: NOBODY,
            count: 0,
        },
        line: 0,
    };

    fn is_some(self) -> bool {
        self.stamp.agent != NOBODY
    }
}

const WRITER: usize = 0;
const READER: usize = 1;
const OTHER_READER: usize = 2;

/// The history of a block's shared memory. A detector that is off has none.
pub(crate) struct History {
    bytes: Vec<[Access; 3]>,
    lines: Lines,
}

/// An access: on whose behalf it is recorded, and the thread whose knowledge must order it.
#[derive(Clone, Copy)]
pub(crate) struct Accessor {
    pub(crate) stamp: Stamp,
    pub(crate) thread: Agent,
    pub(crate) line: Line,
}

impl History {
    pub(crate) fn new(enabled: bool, bytes: u32) -> Self {
        Self {
            bytes: vec![[Access::NONE; 3]; if enabled { bytes as usize } else { 0 }],
            lines: Lines::default(),
        }
    }

    /// Reads `span`, or updates it atomically.
    pub(crate) fn read(
        &mut self,
        order: &Order,
        span: Span,
        by: Accessor,
    ) -> Result<(), Violation> {
        self.check_read(order, span.clone(), by.thread)?;
        self.record_read(span, by);
        Ok(())
    }

    /// What a read of `span` by `thread` would race with.
    pub(crate) fn check_read(
        &self,
        order: &Order,
        span: Span,
        thread: Agent,
    ) -> Result<(), Violation> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        for (offset, history) in span.clone().zip(&self.bytes[span]) {
            let writer = history[WRITER];
            if writer.is_some() && !order.is_ordered(writer.stamp, thread) {
                return Err(self.lines.race(order, offset, "reads", writer, "wrote"));
            }
        }
        Ok(())
    }

    /// Keeps a read that was checked.
    pub(crate) fn record_read(&mut self, span: Span, by: Accessor) {
        if self.bytes.is_empty() {
            return;
        }
        let access = self.access(by);
        for history in &mut self.bytes[span] {
            if history[READER].stamp.agent != access.stamp.agent {
                history[OTHER_READER] = history[READER];
            }
            history[READER] = access;
        }
    }

    /// Writes `span`, not atomically.
    pub(crate) fn write(
        &mut self,
        order: &Order,
        span: Span,
        by: Accessor,
    ) -> Result<(), Violation> {
        self.check_overwrite(order, span.clone(), by.thread)?;
        self.record_write(span, by);
        Ok(())
    }

    /// What a write of `span` by `thread` would race with.
    pub(crate) fn check_overwrite(
        &self,
        order: &Order,
        span: Span,
        thread: Agent,
    ) -> Result<(), Violation> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        for (offset, history) in span.clone().zip(&self.bytes[span]) {
            for (role, verb) in [(WRITER, "wrote"), (READER, "read"), (OTHER_READER, "read")] {
                let access = history[role];
                if access.is_some() && !order.is_ordered(access.stamp, thread) {
                    return Err(self.lines.race(order, offset, "writes", access, verb));
                }
            }
        }
        Ok(())
    }

    /// Keeps a write that was checked when it began.
    pub(crate) fn record_write(&mut self, span: Span, by: Accessor) {
        if self.bytes.is_empty() {
            return;
        }
        let access = self.access(by);
        self.bytes[span].fill([access, Access::NONE, Access::NONE]);
    }

    /// That each plain write of `span` has passed a proxy fence on its way to `thread`, which begins
    /// an asynchronous access of it.
    pub(crate) fn check_fenced(
        &self,
        order: &Order,
        span: Span,
        thread: Agent,
    ) -> Result<(), Violation> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        for (offset, history) in span.clone().zip(&self.bytes[span]) {
            let writer = history[WRITER];
            let plain = writer.is_some() && !order.is_async(writer.stamp.agent);
            if plain && !order.is_fenced(writer.stamp, thread) {
                return Err(self.lines.unfenced(offset, writer));
            }
        }
        Ok(())
    }

    fn access(&mut self, by: Accessor) -> Access {
        if self.bytes.is_empty() {
            return Access::NONE;
        }
        Access {
            stamp: by.stamp,
            line: self.lines.index(by.line),
        }
    }
}

/// Source lines by number, so that a byte's history stays small.
struct Lines {
    known: Vec<Line>,
    /// Where the lines last asked for are, by address.
    cache: [(usize, u32); Self::CACHE],
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            cache: [(0, 0); Self::CACHE],
        }
    }
}

impl Lines {
    const CACHE: usize = 64;

    fn index(&mut self, line: Line) -> u32 {
        let address = std::ptr::from_ref(line).addr();
        let slot = address / align_of_val(line) % Self::CACHE;
        if self.cache[slot].0 != address {
            let known = self.known.iter().position(|known| *known == line);
            let index = known.unwrap_or_else(|| {
                self.known.push(line);
                self.known.len() - 1
            });
            self.cache[slot] = (address, index as u32);
        }
        self.cache[slot].1
    }

    fn race(
        &self,
        order: &Order,
        offset: usize,
        verb: &str,
        other: Access,
        earlier: &str,
    ) -> Violation {
        let place = place(offset as u32 + SHARED_BASE);
        let line = self.known[other.line as usize];
        let agent = other.stamp.agent;
        let who = match order.is_async(agent) {
            true => "an asynchronous copy or matrix product".to_owned(),
            false => format!("thread {agent} of the cluster"),
        };
        Violation::new(
            FaultKind::Race,
            format!("{verb} {place}, which {who} {earlier} at {line}, unordered"),
        )
    }

    fn unfenced(&self, offset: usize, writer: Access) -> Violation {
        let place = place(offset as u32 + SHARED_BASE);
        let (thread, line) = (writer.stamp.agent, self.known[writer.line as usize]);
        Violation::new(
            FaultKind::MissingProxyFence,
            format!(
                "an asynchronous access of {place}, which thread {thread} of the cluster wrote with \
                 a plain store at {line}, and no fence.proxy.async came in between"
            ),
        )
    }
}
