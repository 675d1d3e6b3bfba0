//! The permutation of a tile's 16-byte chunks in shared memory.
//!
//! PTX ISA, "Tensors: Swizzling Modes". Each mode exchanges chunks within a span, by the number of the
//! 128-byte line that they lie in:
//!
//! | mode | address bits changed | by the bits | repeats every |
//! |---|---|---|---|
//! | 32 bytes | 4 | 7 | 256 bytes |
//! | 64 bytes | 4, 5 | 7, 8 | 512 bytes |
//! | 128 bytes | 4, 5, 6 | 7, 8, 9 | 1024 bytes |
//!
//! The bits are those of the address in shared memory, not of the offset in the tile (CUDA C++
//! Programming Guide, "Swizzle Pattern Pointer Offset Computation"): a tile that starts at a multiple of
//! 128 bytes but not of the period is permuted from the middle of the pattern on.

use crate::Swizzle;

/// What a tile's address in shared memory is a multiple of, in every mode.
///
/// CUDA C++ Programming Guide, "Tensor Memory Access: Alignment". A reader that permutes offsets in the
/// tile instead of addresses needs a multiple of [`Swizzle::period`].
pub const TILE_ALIGNMENT: u32 = 128;

impl Swizzle {
    /// The bytes that a row of a swizzled tile may have; `None` without swizzling.
    pub const fn span(self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Bytes32 => Some(32),
            Self::Bytes64 => Some(64),
            Self::Bytes128 => Some(128),
        }
    }

    /// The bytes after which the pattern repeats; 16, a chunk, without swizzling.
    pub const fn period(self) -> u32 {
        match self.span() {
            None => 16,
            Some(span) => 8 * span,
        }
    }

    /// Where the byte lies that would lie at `address` without swizzling; its own inverse.
    ///
    /// `address` is in the shared memory window, of which only bits 4 to 9 matter.
    #[must_use]
    pub const fn apply(self, address: u32) -> u32 {
        match self.span() {
            None => address,
            Some(span) => address ^ ((address >> 3) & (span - 16)),
        }
    }
}
