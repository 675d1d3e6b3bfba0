//! Shared memory: bytes behind 32-bit addresses, each with a state.
//!
//! ```text
//!   address   0 ......... 1024 ................... 1024 + size
//!             never valid │ dynamic shared memory │ never valid
//!
//!   state     unwritten ──store──> written ──cp.async──> in flight ──wait──> written
//! ```

use std::ops::Range;

use crate::fault::{FaultKind, Violation};

/// The shared-space address where dynamic shared memory begins. Hopper reserves the first 1024
/// bytes, and TMA and wgmma want tiles aligned to as much.
pub(crate) const SHARED_BASE: u32 = 1024;

/// What unwritten bytes hold: NaN in every floating-point format.
const POISON: u8 = 0xff;

/// Bytes of shared memory, as offsets from [`SHARED_BASE`].
pub(crate) type Span = Range<usize>;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Unwritten,
    Written,
    InFlight,
}

/// The dynamic shared memory of one block.
pub(crate) struct SharedMemory {
    bytes: Vec<u8>,
    states: Vec<State>,
}

impl SharedMemory {
    /// Poisoned memory. Without `detect_unwritten`, reading it is allowed.
    pub(crate) fn new(size: u32, detect_unwritten: bool) -> Self {
        let initial = match detect_unwritten {
            true => State::Unwritten,
            false => State::Written,
        };
        Self {
            bytes: vec![POISON; size as usize],
            states: vec![initial; size as usize],
        }
    }

    /// The bytes of an access of `size` bytes at `address`, which is naturally aligned: to its
    /// size, or to the largest power of two in it, 16 at most (PTX ISA, "Operand Alignment").
    pub(crate) fn span(&self, address: u32, size: usize) -> Result<Span, Violation> {
        let align = (1 << size.trailing_zeros().min(4)) as u32;
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
            Some(at) => Err(self.unreadable(span.start + at)),
        }
    }

    /// Overwrites `span`, of which no byte is in flight.
    pub(crate) fn write(&mut self, span: Span, value: &[u8]) -> Result<(), Violation> {
        self.check_landed(span.clone())?;
        self.land(span, value);
        Ok(())
    }

    /// A copy to `span` begins: nobody may touch the bytes until it lands.
    pub(crate) fn take_off(&mut self, span: Span) -> Result<(), Violation> {
        self.check_landed(span.clone())?;
        self.bytes[span.clone()].fill(POISON);
        self.states[span].fill(State::InFlight);
        Ok(())
    }

    /// A copy to `span` lands.
    pub(crate) fn land(&mut self, span: Span, value: &[u8]) {
        self.bytes[span.clone()].copy_from_slice(value);
        self.states[span].fill(State::Written);
    }

    fn check_landed(&self, span: Span) -> Result<(), Violation> {
        let states = &self.states[span.clone()];
        match states.iter().position(|state| *state == State::InFlight) {
            None => Ok(()),
            Some(at) => Err(self.unreadable(span.start + at)),
        }
    }

    fn unreadable(&self, offset: usize) -> Violation {
        let place = place(offset as u32 + SHARED_BASE);
        match self.states[offset] {
            State::InFlight => Violation::new(
                FaultKind::InFlight,
                format!("a cp.async to {place} has not been waited for by its thread"),
            ),
            _ => Violation::new(
                FaultKind::UnwrittenRead,
                format!("nobody wrote {place} before this read"),
            ),
        }
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

/// An address as a report names it.
pub(crate) fn place(address: u32) -> String {
    let offset = i64::from(address) - i64::from(SHARED_BASE);
    format!("shared address {address} (dynamic shared memory {offset:+})")
}
