//! Octets in shared memory.
//!
//! ```text
//! bytes 0 .. REDUCE_BYTES      the maxima of warps
//!       ..                     words 0 to 3 of octet n at 16 n; of f32, words 4 to 7 after those of all
//! ```

use core::marker::PhantomData;

use cuda_std::shared::{self, Shared};

use super::elements::Elements;
use super::reduce::REDUCE_BYTES;
use crate::octet::{OCTET, RawOctet};
use crate::pack::Words4;

/// Bytes of dynamic shared memory at most, which every launch may have.
const MOST: u32 = 48 << 10;

/// Bytes of dynamic shared memory that a block needs for `octets` of elements of so many bytes.
#[must_use]
pub const fn kept_bytes(octets: u32, element: u32) -> u32 {
    let most = (MOST - REDUCE_BYTES) / (OCTET as u32 * element);
    let kept = if octets < most { octets } else { most };
    REDUCE_BYTES + kept * OCTET as u32 * element
}

/// Words that move as one.
const PIECE: usize = 4;

/// The first octets of some.
pub(super) struct Kept<S> {
    memory: Shared<Words4>,
    /// How many.
    count: u32,
    source: PhantomData<S>,
}

impl<S: Elements> Kept<S> {
    /// Of `octets`, as many as there is room for.
    #[inline(always)]
    pub fn new(octets: u32) -> Self {
        let most = (MOST - REDUCE_BYTES) / (4 * S::WORDS as u32);
        Self {
            memory: shared::dynamic_shared_mem::<u8>().byte_add(REDUCE_BYTES),
            count: octets.min(most),
            source: PhantomData,
        }
    }

    /// Whether octet `n` is one of them.
    #[inline(always)]
    pub fn holds(&self, n: u32) -> bool {
        n < self.count
    }

    /// Keeps octet `n` if it is one of them.
    ///
    /// # Safety
    /// The block has [`kept_bytes`] of shared memory, and the octet is this thread's.
    #[inline(always)]
    pub unsafe fn write(&self, n: u32, octet: &RawOctet) {
        if !self.holds(n) {
            return;
        }
        let mut first = 0;
        while first < S::WORDS {
            let piece = [
                octet[first],
                octet[first + 1],
                octet[first + 2],
                octet[first + 3],
            ];
            // SAFETY: inside the memory, and this thread's.
            unsafe { self.piece(n, first).write(Words4(piece)) };
            first += PIECE;
        }
    }

    /// Octet `n`.
    ///
    /// # Safety
    /// This thread has kept it.
    #[inline(always)]
    pub unsafe fn read(&self, n: u32) -> RawOctet {
        let mut octet = [0; OCTET];
        let mut first = 0;
        while first < S::WORDS {
            // SAFETY: written by this thread.
            let Words4(piece) = unsafe { self.piece(n, first).read() };
            let mut i = 0;
            while i < PIECE {
                octet[first + i] = piece[i];
                i += 1;
            }
            first += PIECE;
        }
        octet
    }

    /// Where the words from `first` on of octet `n` are.
    #[inline(always)]
    fn piece(&self, n: u32, first: usize) -> Shared<Words4> {
        self.memory.add((first / PIECE) as u32 * self.count + n)
    }
}
