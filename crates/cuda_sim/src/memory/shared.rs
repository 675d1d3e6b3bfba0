//! Shared memory: bytes behind 32-bit addresses, each with a state.
//!
//! ```text
//!   address   bits 24..     the block's rank in its cluster
//!             bits 0..24    0 ......... 1024 ................... 1024 + size
//!                           never valid │ dynamic shared memory │ never valid
//!
//!   state     unwritten ──store──> written ──copy begins──> in flight ──copy lands──> written
//!             any ──mbarrier.init──> barrier ──mbarrier.inval──> unwritten
//! ```
//!
//! Bytes that asynchronous instructions still read (the operands of a `wgmma`, the source of a bulk
//! store) are counted besides, by chunks of 16.

use std::ops::Range;

use tensor_map::Swizzle;

use crate::fault::{FaultKind, Line, Violation};

/// The shared-space address where dynamic shared memory begins. Hopper reserves the first 1024
/// bytes, and TMA and wgmma want tiles aligned to as much.
pub(crate) const SHARED_BASE: u32 = 1024;

/// Where the rank of a block begins in a shared address, as on Hopper.
const RANK_SHIFT: u32 = 24;

/// What unwritten bytes hold: NaN in every floating-point format.
const POISON: u8 = 0xff;

/// Bytes that the asynchronous proxy reads together.
const CHUNK: usize = 16;

/// Bytes of shared memory, as offsets from [`SHARED_BASE`].
pub(crate) type Span = Range<usize>;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Unwritten,
    Written,
    InFlight,
    Barrier,
}

/// The dynamic shared memory of one block.
pub(crate) struct SharedMemory {
    bytes: Vec<u8>,
    states: Vec<State>,
    /// For each chunk, the mode in which a tensor copy permuted it, if one wrote it last.
    swizzles: Vec<Option<Swizzle>>,
    /// For each chunk, how many asynchronous reads are under way.
    readers: Vec<u8>,
    /// Those reads.
    reading: Vec<AsyncRead>,
}

/// An asynchronous instruction that still reads shared memory.
#[derive(Clone)]
pub(crate) struct AsyncRead {
    /// What ends the read knows it by this number.
    pub(crate) number: u64,
    pub(crate) instruction: &'static str,
    pub(crate) line: Line,
    pub(crate) spans: Vec<Span>,
}

/// The rank of the block that `address` lies in, and the address within it.
pub(crate) fn split(address: u32) -> (u32, u32) {
    (address >> RANK_SHIFT, address & ((1 << RANK_SHIFT) - 1))
}

/// The address of block `rank` that corresponds to `address`.
pub(crate) fn at_rank(address: u32, rank: u32) -> u32 {
    split(address).1 | rank << RANK_SHIFT
}

impl SharedMemory {
    /// Poisoned memory. Without `detect_unwritten`, reading it is allowed.
    pub(crate) fn new(size: u32, detect_unwritten: bool) -> Self {
        let initial = match detect_unwritten {
            true => State::Unwritten,
            false => State::Written,
        };
        let size = size as usize;
        Self {
            bytes: vec![POISON; size],
            states: vec![initial; size],
            swizzles: vec![None; size.div_ceil(CHUNK)],
            readers: vec![0; size.div_ceil(CHUNK)],
            reading: Vec::new(),
        }
    }

    /// The bytes of an access of `size` bytes at `address`, which is naturally aligned: to its
    /// size, or to the largest power of two in it, 16 at most (PTX ISA, "Operand Alignment").
    pub(crate) fn span(&self, address: u32, size: usize) -> Result<Span, Violation> {
        let align = 1 << size.trailing_zeros().min(4);
        self.aligned_span(address, size, align)
    }

    /// The bytes of an access of `size` bytes at `address`, which is a multiple of `align`.
    pub(crate) fn aligned_span(
        &self,
        address: u32,
        size: usize,
        align: u32,
    ) -> Result<Span, Violation> {
        if !address.is_multiple_of(align) {
            return Err(Violation::new(
                FaultKind::Misaligned,
                format!("{size} bytes at {}: needs {align}", place(address)),
            ));
        }
        let start = address.checked_sub(SHARED_BASE).map(|start| start as usize);
        start
            .map(|start| start..start + size)
            .filter(|span| span.end <= self.bytes.len())
            .ok_or_else(|| self.out_of_range(address, size))
    }

    /// The bytes in `span`, which all hold a value.
    pub(crate) fn read(&self, span: Span) -> Result<&[u8], Violation> {
        let states = &self.states[span.clone()];
        match states.iter().position(|state| *state != State::Written) {
            None => Ok(&self.bytes[span]),
            Some(at) => Err(self.unusable(span.start + at)),
        }
    }

    /// Overwrites `span`, of which no byte is in flight or read asynchronously.
    pub(crate) fn write(&mut self, span: Span, value: &[u8]) -> Result<(), Violation> {
        self.check_writable(span.clone())?;
        self.land(span, value);
        Ok(())
    }

    /// A copy to `span` begins: nobody may touch the bytes until it lands.
    pub(crate) fn take_off(&mut self, span: Span) -> Result<(), Violation> {
        self.check_writable(span.clone())?;
        self.bytes[span.clone()].fill(POISON);
        self.states[span].fill(State::InFlight);
        Ok(())
    }

    /// A copy to `span` lands.
    pub(crate) fn land(&mut self, span: Span, value: &[u8]) {
        self.bytes[span.clone()].copy_from_slice(value);
        self.states[span.clone()].fill(State::Written);
        self.swizzles[chunks(&span)].fill(None);
    }

    /// A tensor copy permuted `span` in this mode.
    pub(crate) fn mark_swizzled(&mut self, span: &Span, swizzle: Swizzle) {
        self.swizzles[chunks(span)].fill(Some(swizzle));
    }

    /// The mode in which a tensor copy permuted the line at `span`, if one wrote it last.
    pub(crate) fn swizzle(&self, span: &Span) -> Option<Swizzle> {
        self.swizzles[span.start / CHUNK]
    }

    /// `span` becomes a barrier, which only `mbarrier` instructions may touch.
    pub(crate) fn make_barrier(&mut self, span: Span) -> Result<(), Violation> {
        self.check_writable(span.clone())?;
        self.states[span].fill(State::Barrier);
        Ok(())
    }

    /// `span` is a barrier no longer, and holds nothing.
    pub(crate) fn unmake_barrier(&mut self, span: Span) {
        self.bytes[span.clone()].fill(POISON);
        self.states[span].fill(State::Unwritten);
    }

    /// An asynchronous instruction begins to read.
    pub(crate) fn begin_read(&mut self, read: AsyncRead) {
        self.count_readers(&read, |readers| readers.saturating_add(1));
        self.reading.push(read);
    }

    /// The asynchronous instruction with this number has read all.
    pub(crate) fn end_read(&mut self, number: u64) {
        while let Some(at) = self.reading.iter().position(|read| read.number == number) {
            let read = self.reading.swap_remove(at);
            self.count_readers(&read, |readers| readers.saturating_sub(1));
        }
    }

    fn count_readers(&mut self, read: &AsyncRead, count: impl Fn(u8) -> u8) {
        for span in &read.spans {
            for readers in &mut self.readers[chunks(span)] {
                *readers = count(*readers);
            }
        }
    }

    fn check_writable(&self, span: Span) -> Result<(), Violation> {
        let taken = |state: &State| matches!(state, State::InFlight | State::Barrier);
        if let Some(at) = self.states[span.clone()].iter().position(taken) {
            return Err(self.unusable(span.start + at));
        }
        let readers = &self.readers[chunks(&span)];
        match readers.iter().any(|readers| *readers > 0) {
            true => self.check_not_read(&span),
            false => Ok(()),
        }
    }

    fn check_not_read(&self, span: &Span) -> Result<(), Violation> {
        let overlaps = |read: &&AsyncRead| {
            let mut spans = read.spans.iter();
            spans.any(|other| other.start < span.end && span.start < other.end)
        };
        let Some(read) = self.reading.iter().find(overlaps) else {
            return Ok(());
        };
        let detail = format!(
            "writes {}, which {} at {} still reads",
            place(span.start as u32 + SHARED_BASE),
            read.instruction,
            read.line
        );
        Err(Violation::new(FaultKind::OperandOverwritten, detail))
    }

    fn unusable(&self, offset: usize) -> Violation {
        let place = place(offset as u32 + SHARED_BASE);
        let (kind, detail) = match self.states[offset] {
            State::InFlight => (
                FaultKind::InFlight,
                format!("a copy to {place} is under way, and nobody waited for it"),
            ),
            State::Barrier => (
                FaultKind::InvalidMbarrier,
                format!(
                    "{place} belongs to an mbarrier, which only its own instructions may touch"
                ),
            ),
            _ => (
                FaultKind::UnwrittenRead,
                format!("nobody wrote {place} before this read"),
            ),
        };
        Violation::new(kind, detail)
    }

    fn out_of_range(&self, address: u32, size: usize) -> Violation {
        Violation::new(
            FaultKind::OutOfRange,
            format!(
                "{size} bytes at {}; the block has {} bytes of shared memory",
                place(address),
                self.bytes.len()
            ),
        )
    }
}

/// The chunks that `span` touches.
fn chunks(span: &Span) -> Range<usize> {
    span.start / CHUNK..span.end.div_ceil(CHUNK)
}

/// An address within a block, as a report names it.
pub(crate) fn place(address: u32) -> String {
    let offset = i64::from(address) - i64::from(SHARED_BASE);
    format!("shared address {address} (dynamic shared memory {offset:+})")
}
