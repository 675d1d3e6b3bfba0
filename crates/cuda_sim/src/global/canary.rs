//! The bytes between a buffer and its guards, which nobody may write.

use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::global::mapping::Mapping;
use crate::global::place;

/// What the bytes hold: unlike the poison, and no common value.
const BYTE: u8 = 0xca;

/// Eight of them.
const WORD: u64 = u64::from_ne_bytes([BYTE; 8]);

/// The bytes around one buffer. Other threads may write them meanwhile, though they should not.
#[derive(Clone, Debug)]
pub(super) struct Canary {
    pages: Range<usize>,
    buffer: Range<usize>,
    first: *const u8,
}

// SAFETY: the bytes are read and written atomically.
unsafe impl Send for Canary {}

impl Canary {
    /// The canary of a buffer that lies in `mapping`, to be used while that exists.
    pub(super) fn new(mapping: &Mapping, buffer: Range<usize>) -> Self {
        Self {
            pages: mapping.pages(),
            first: mapping.first().as_ptr(),
            buffer,
        }
    }

    /// Whether there are any bytes.
    pub(super) fn is_empty(&self) -> bool {
        self.pages == self.buffer
    }

    /// Writes the bytes anew.
    pub(super) fn restore(&self) {
        for word in self.words_before() {
            word.store(WORD, Ordering::Relaxed);
        }
        for address in self.after() {
            self.byte(address).store(BYTE, Ordering::Relaxed);
        }
    }

    /// What was written there.
    pub(super) fn damage(&self) -> Option<String> {
        let mut words = self.words_before();
        let mut after = self.after();
        if words.all(|word| word.load(Ordering::Relaxed) == WORD)
            && after.all(|address| self.is_intact(address))
        {
            return None;
        }
        let mut all = self.before().chain(self.after());
        let first = all.find(|&address| !self.is_intact(address))?;
        Some(format!(
            "some thread wrote {:#04x} at {first:#x}: {} a buffer of {} bytes",
            self.byte(first).load(Ordering::Relaxed),
            place(first, &self.buffer),
            self.buffer.len(),
        ))
    }

    fn before(&self) -> Range<usize> {
        self.pages.start..self.buffer.start
    }

    fn after(&self) -> Range<usize> {
        self.buffer.end..self.pages.end
    }

    fn is_intact(&self, address: usize) -> bool {
        self.byte(address).load(Ordering::Relaxed) == BYTE
    }

    /// The bytes before the buffer, which starts at a multiple of 16, by eights.
    fn words_before(&self) -> impl Iterator<Item = &AtomicU64> {
        self.before().step_by(8).map(|address| {
            // SAFETY: both ends of the range are multiples of 16, and its bytes are mapped.
            unsafe { AtomicU64::from_ptr(self.at(address).cast()) }
        })
    }

    fn byte(&self, address: usize) -> &AtomicU8 {
        // SAFETY: called for the canary's addresses, whose bytes are mapped.
        unsafe { AtomicU8::from_ptr(self.at(address)) }
    }

    fn at(&self, address: usize) -> *mut u8 {
        self.first.with_addr(address).cast_mut()
    }
}
