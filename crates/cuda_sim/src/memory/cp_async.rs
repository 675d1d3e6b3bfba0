//! `cp.async`: copies from global to shared memory that land when they are waited for.
//!
//! PTX ISA, "Data Movement and Conversion Instructions: Asynchronous Copy". A thread's copies form
//! groups; `wait_group n` waits for all but its `n` youngest groups. Nothing says that a copy
//! lands earlier, so here it never does, and its source is read only then.

use crate::fault::{FaultKind, Line, Violation};
use crate::global;
use crate::memory::order::Stamp;
use crate::memory::shared::Span;

/// One `cp.async`.
#[derive(Clone)]
pub(crate) struct Copy {
    /// Bytes of shared memory to write.
    pub(crate) target: Span,
    source: *const u8,
    /// Bytes to read; the rest of the target becomes zero.
    source_bytes: usize,
    /// Where the kernel asked for it.
    pub(crate) line: Line,
    /// Whether it has landed, as it may before its group is waited for.
    pub(crate) landed: bool,
    /// The moment of the first arrival that waits for it, if one does: whoever that arrival lets go on sees what landed,
    /// although a later one, which waits for more, may be what made it land.
    pub(crate) arrival: Option<Stamp>,
}

impl Copy {
    /// # Safety
    /// `source_bytes` bytes at `source` stay readable until the copy has landed.
    pub(crate) unsafe fn new(
        target: Span,
        source: *const u8,
        source_bytes: u32,
        line: Line,
    ) -> Result<Self, Violation> {
        let (bytes, source_bytes) = (target.len(), source_bytes as usize);
        let (kind, complaint) = if !matches!(bytes, 4 | 8 | 16) {
            (FaultKind::InvalidOperand, "copies have 4, 8 or 16 bytes")
        } else if source_bytes > bytes {
            (FaultKind::InvalidOperand, "the source exceeds the copy")
        } else if !source.addr().is_multiple_of(bytes) {
            (FaultKind::Misaligned, "the source is misaligned")
        } else {
            let copy = Self {
                target,
                source,
                source_bytes,
                line,
                landed: false,
                arrival: None,
            };
            // SAFETY: the caller's contract.
            unsafe { global::touch(source, source_bytes) };
            return Ok(copy);
        };
        let detail =
            format!("cp.async of {source_bytes} bytes at {source:p} to {bytes}: {complaint}");
        Err(Violation::new(kind, detail))
    }

    /// The bytes that land.
    pub(crate) fn read(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        // SAFETY: `new`'s caller keeps the source readable until the copy has landed, and `new`
        // checked that it is no longer than the 16 bytes of the buffer.
        unsafe {
            self.source
                .copy_to_nonoverlapping(bytes.as_mut_ptr(), self.source_bytes);
        }
        bytes
    }
}
