//! Finds unordered accesses of shared memory.
//!
//! A happens-before detector with epochs (Flanagan and Freund, *FastTrack*, PLDI 2009). Each
//! thread counts its synchronisations; a *stamp* is a thread and its count. For each thread the
//! detector knows up to which count every other thread's past is ordered before it. A barrier or
//! `bar.warp.sync` merges what its participants know.
//!
//! ```text
//!   thread 0   write x   | barrier |            stamp of the write: (0, 1)
//!   thread 1             | barrier |  read x    knows thread 0 up to 1: ordered
//! ```
//!
//! Each byte remembers its last plain write and its last two readers, so a race of a write with
//! an older read can go unseen; what is reported is a race. Atomics count as reads: they may not
//! meet a plain write, but may meet each other.
//!
//! What threads know is shared: after a barrier they all hold one vector, and a warp's lanes hold
//! another until the next barrier, so the cost is that of one vector per event, not per thread.

use std::rc::Rc;

use crate::fault::{FaultKind, Line, Violation};
use crate::memory::shared::{SHARED_BASE, Span, place};

/// Bits of a stamp that hold the count; the thread is above them. A stamp of zero is nobody's.
const COUNT_BITS: u32 = 22;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;

/// For each thread, the count up to which its past is known.
type Knowledge = Rc<Vec<u32>>;

/// Who accessed a byte: a stamp and the index of a source line.
type Access = [u32; 2];

const WRITER: usize = 0;
const READER: usize = 1;
const OTHER_READER: usize = 2;

/// The history of a block's shared memory. A detector that is off has no histories.
pub(crate) struct RaceDetector {
    counts: Vec<u32>,
    known: Vec<Option<Knowledge>>,
    histories: Vec<[Access; 3]>,
    lines: Lines,
}

/// What a synchronisation gathers from those who arrive and gives to those who leave.
#[derive(Default)]
pub(crate) struct Join {
    known: Vec<Knowledge>,
    released: Vec<(u32, u32)>,
}

impl RaceDetector {
    pub(crate) fn new(enabled: bool, threads: u32, bytes: u32) -> Self {
        let threads = threads as usize;
        let nothing: Knowledge = Rc::new(vec![0; threads]);
        Self {
            counts: vec![1; threads],
            known: vec![Some(nothing); threads],
            histories: vec![[[0; 2]; 3]; if enabled { bytes as usize } else { 0 }],
            lines: Lines::default(),
        }
    }

    /// `thread` reads `span`, or updates it atomically.
    pub(crate) fn read(&mut self, thread: u32, span: Span, line: Line) -> Result<(), Violation> {
        if self.histories.is_empty() {
            return Ok(());
        }
        let access = self.access(thread, line);
        let known = self.known[thread as usize].as_deref();
        for (offset, history) in span.clone().zip(&mut self.histories[span]) {
            if !ordered(history[WRITER], thread, known) {
                return Err(self.lines.race(offset, "reads", history[WRITER], "wrote"));
            }
            if history[READER][0] >> COUNT_BITS != thread {
                history[OTHER_READER] = history[READER];
            }
            history[READER] = access;
        }
        Ok(())
    }

    /// `thread` writes `span`, not atomically.
    pub(crate) fn write(&mut self, thread: u32, span: Span, line: Line) -> Result<(), Violation> {
        if self.histories.is_empty() {
            return Ok(());
        }
        let access = self.access(thread, line);
        let known = self.known[thread as usize].as_deref();
        for (offset, history) in span.clone().zip(&mut self.histories[span]) {
            for (role, verb) in [(WRITER, "wrote"), (READER, "read"), (OTHER_READER, "read")] {
                if !ordered(history[role], thread, known) {
                    return Err(self.lines.race(offset, "writes", history[role], verb));
                }
            }
            *history = [access, [0; 2], [0; 2]];
        }
        Ok(())
    }

    /// `thread` arrives at a synchronisation. If it `leaves` later, it must be given to
    /// [`Self::acquire`]; until then it accesses nothing.
    pub(crate) fn release(&mut self, thread: u32, leaves: bool, join: &mut Join) {
        if self.histories.is_empty() {
            return;
        }
        let slot = &mut self.known[thread as usize];
        let known = if leaves { slot.take() } else { slot.clone() };
        if let Some(known) = known
            && !join.known.iter().any(|other| Rc::ptr_eq(other, &known))
        {
            join.known.push(known);
        }
        let count = &mut self.counts[thread as usize];
        join.released.push((thread, *count));
        *count = (*count + 1).min(COUNT_MASK);
    }

    /// A synchronisation is complete: those who leave it know what all who arrived knew.
    pub(crate) fn acquire(&mut self, join: Join, leaving: impl IntoIterator<Item = u32>) {
        let mut sources = join.known.into_iter();
        let Some(mut merged) = sources.next() else {
            return;
        };
        let known = Rc::make_mut(&mut merged);
        for source in sources {
            for (into, from) in known.iter_mut().zip(source.iter()) {
                *into = (*into).max(*from);
            }
        }
        for (thread, count) in join.released {
            known[thread as usize] = known[thread as usize].max(count);
        }
        for thread in leaving {
            self.known[thread as usize] = Some(Rc::clone(&merged));
        }
    }

    fn access(&mut self, thread: u32, line: Line) -> Access {
        let count = self.counts[thread as usize];
        [thread << COUNT_BITS | count, self.lines.index(line)]
    }
}

/// Whether an access is ordered before `thread`, which has `known`.
fn ordered([stamp, _]: Access, thread: u32, known: Option<&Vec<u32>>) -> bool {
    let (other, count) = (stamp >> COUNT_BITS, stamp & COUNT_MASK);
    let up_to = known.and_then(|known| known.get(other as usize));
    stamp == 0 || other == thread || up_to.is_some_and(|up_to| *up_to >= count)
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

    fn race(&self, offset: usize, verb: &str, [stamp, line]: Access, earlier: &str) -> Violation {
        let place = place(offset as u32 + SHARED_BASE);
        let other = stamp >> COUNT_BITS;
        let line = self.known[line as usize];
        Violation::new(
            FaultKind::Race,
            format!(
                "{verb} {place}, which thread {other} of the block {earlier} at {line}, unordered"
            ),
        )
    }
}
