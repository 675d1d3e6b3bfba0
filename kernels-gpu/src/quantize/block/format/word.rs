//! The codes of an octet as words of memory.

use cuda_std::cache;

use crate::pack::{Words1, Words2, Words4};

/// Codes of an octet, as one or two words.
pub(in crate::quantize::block) trait Codes: Copy {
    /// Bytes of the words.
    const BYTES: u32;

    /// Reads the words, as one if they are `wide`, else byte by byte.
    ///
    /// # Safety
    /// `from` is valid for them, and aligned to all of them if that is said.
    unsafe fn load(from: *const u8, wide: bool) -> Self;
    /// Writes the words of two octets, as one if they are `wide`, else byte by byte.
    ///
    /// # Safety
    /// `to` is valid for them, nobody else's, and aligned to all of them if that is said.
    unsafe fn store_pair(pair: [Self; 2], to: *mut u8, wide: bool);
}

macro_rules! codes {
    ($($count:literal: $pack:ident, $packs:ident;)*) => { $(
        impl Codes for [u32; $count] {
            const BYTES: u32 = 4 * $count;

            #[inline(always)]
            unsafe fn load(from: *const u8, wide: bool) -> Self {
                if wide {
                    // SAFETY: valid and aligned by the caller's contract.
                    return unsafe { *from.cast::<$pack>() }.0;
                }
                let mut words = [0; $count];
                let mut i = 0;
                while i < 4 * $count {
                    // SAFETY: one of the words' bytes.
                    words[i / 4] |= u32::from(unsafe { *from.add(i) }) << (i % 4 * 8);
                    i += 1;
                }
                words
            }

            #[inline(always)]
            #[allow(clippy::modulo_one)] // of one word
            unsafe fn store_pair(pair: [Self; 2], to: *mut u8, wide: bool) {
                let mut words = [0; 2 * $count];
                let mut i = 0;
                while i < 2 * $count {
                    words[i] = pair[i / $count][i % $count];
                    i += 1;
                }
                if wide {
                    // SAFETY: valid and aligned by the caller's contract.
                    unsafe { cache::store(to.cast(), $packs(words)) };
                    return;
                }
                let mut i = 0;
                while i < 8 * $count {
                    // SAFETY: one of the words' bytes.
                    unsafe { *to.add(i) = (words[i / 4] >> (i % 4 * 8)) as u8 };
                    i += 1;
                }
            }
        }
    )* };
}

codes! {
    1: Words1, Words2;
    2: Words2, Words4;
}
