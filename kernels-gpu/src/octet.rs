//! Octets: eight consecutive elements of a row in one thread, what quantisers work on.
//!
//! ```text
//! row     | 0..8 | 8..16 | 16..24 | ...
//! lane       0       1        2            groups of 16, 32, 128 elements are 2, 4, 16 lanes
//! ```
//!
//! A [`Source`] is what an octet is made of: memory, or an activation of memory. A kernel that quantises is
//! generic over it, so that an activation fused into a quantiser is the same code.

use cuda_std::{cache, unroll};

use crate::element::Element;
use crate::pack::Words4;

/// Elements of an octet.
pub const OCTET: usize = 8;

/// Eight elements, as numbers to compute with.
pub type Octet = [f32; OCTET];

/// Eight elements as memory has them, one after the other; of 16-bit elements in the first four words.
pub type RawOctet = [u32; OCTET];

/// Reads an octet as it is, 16 bytes at once.
///
/// # Safety
/// `from` is valid for eight elements and aligned to 16 bytes.
#[inline(always)]
pub unsafe fn fetch<T: Element>(from: *const T) -> RawOctet {
    let mut raw = [0; OCTET];
    let mut first = 0;
    while first * T::PER_WORD < OCTET {
        // SAFETY: inside the eight elements.
        let Words4(words) = unsafe { cache::load(from.add(first * T::PER_WORD).cast()) };
        [raw[first], raw[first + 1], raw[first + 2], raw[first + 3]] = words;
        first += 4;
    }
    raw
}

/// The numbers of an octet.
#[inline(always)]
#[must_use]
pub fn open<T: Element>(raw: &RawOctet) -> Octet {
    let mut octet = [0.0; OCTET];
    let mut i = 0;
    while i < OCTET {
        let values = T::unpack_word(raw[i / T::PER_WORD]);
        octet[i] = values[i % T::PER_WORD];
        i += 1;
    }
    octet
}

/// The octet as memory has it, each element rounded to nearest even.
#[inline(always)]
#[must_use]
pub fn close<T: Element>(octet: &Octet) -> RawOctet {
    let mut raw = [0; OCTET];
    let mut i = 0;
    while i < OCTET {
        raw[i / T::PER_WORD] = T::pack_word([octet[i], octet[i + T::PER_WORD - 1]]);
        i += T::PER_WORD;
    }
    raw
}

/// Stores an octet, each element rounded to nearest even, 16 bytes at once.
///
/// # Safety
/// `to` is valid for eight elements, nobody else's, and aligned to 16 bytes.
#[inline(always)]
pub unsafe fn store<T: Element>(to: *mut T, octet: &Octet) {
    let raw = close::<T>(octet);
    let mut first = 0;
    while first * T::PER_WORD < OCTET {
        let words = [raw[first], raw[first + 1], raw[first + 2], raw[first + 3]];
        // SAFETY: inside the eight elements.
        unsafe { cache::store(to.add(first * T::PER_WORD).cast(), Words4(words)) };
        first += 4;
    }
}

/// Stores the first `count` elements of an octet, or all, each rounded to nearest even.
///
/// # Safety
/// `to` is valid for so many elements, and they are nobody else's.
#[inline(always)]
pub unsafe fn store_first<T: Element>(to: *mut T, octet: &Octet, count: u32) {
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the elements.
            unsafe { *to.add(i) = T::from_f32(octet[i]) };
        }
        i += 1;
    }
}

/// The largest magnitude of octets; NaN counts as nothing, as in PTX's `max`.
#[inline(always)]
#[must_use]
pub fn amax<T: Element, const N: usize>(octets: &[RawOctet; N]) -> f32 {
    let mut most = 0;
    let mut word = 0;
    while word * T::PER_WORD < N * OCTET {
        most = T::max_magnitude(
            most,
            octets[word * T::PER_WORD / OCTET][word % (OCTET / T::PER_WORD)],
        );
        word += 1;
    }
    let [a, b] = T::unpack_word(most);
    a.max(b)
}

/// Raises each magnitude of `most` to that of the same element of an octet; NaN counts as nothing, as in PTX's `max`.
#[inline(always)]
pub fn max_magnitudes<T: Element>(most: &mut RawOctet, raw: &RawOctet) {
    unroll!(word < OCTET => {
        if word * T::PER_WORD < OCTET {
            most[word] = T::max_magnitude(most[word], raw[word]);
        }
    });
}

/// The first `count` elements of an octet, and zeros.
///
/// # Safety
/// `from` is valid for as many elements.
#[inline(always)]
pub unsafe fn fetch_first<T: Element>(from: *const T, count: u32) -> RawOctet {
    let mut raw = [0; OCTET];
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the elements.
            let bits = unsafe { *from.add(i) }.to_word();
            raw[i / T::PER_WORD] |= bits << (i % T::PER_WORD * 16);
        }
        i += 1;
    }
    raw
}

/// Where octets come from. To load is one step and to compute another, so that a kernel can have loads under way while
/// it computes.
pub trait Source: Copy {
    /// What memory has of an octet.
    type Raw: Copy;
    /// What the values of octets are rounded to.
    type Value: Element;

    /// Reads what the octet of `row` is made of that starts at `column`, a multiple of eight.
    ///
    /// # Safety
    /// There is such a row, it has eight elements from there on, and they are aligned to 16 bytes.
    unsafe fn fetch(&self, row: u32, column: u32) -> Self::Raw;

    /// As [`fetch`](Self::fetch), of `count` elements, at most eight, aligned to an element and no more; zeros past them.
    ///
    /// # Safety
    /// There is such a row, and it has as many elements from there on.
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> Self::Raw;

    /// The octet, as memory has it, or would have it.
    fn close(&self, raw: &Self::Raw) -> RawOctet;

    /// The octet, to compute with.
    #[inline(always)]
    fn open(&self, raw: &Self::Raw) -> Octet {
        open::<Self::Value>(&self.close(raw))
    }
}

/// Rows in memory.
#[derive(Clone, Copy)]
pub struct Plain<T> {
    /// The first element of the first row.
    pub x: *const T,
    /// Elements from row to row.
    pub stride: u64,
}

impl<T> Plain<T> {
    /// The element of a row and a column.
    #[inline(always)]
    fn at(&self, row: u32, column: u32) -> *const T {
        let offset = u64::from(row) * self.stride + u64::from(column);
        self.x.wrapping_add(offset as usize)
    }
}

impl<T: Element> Source for Plain<T> {
    type Raw = RawOctet;
    type Value = T;

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> RawOctet {
        // SAFETY: the caller's contract.
        unsafe { fetch(self.at(row, column)) }
    }

    #[inline(always)]
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> RawOctet {
        // SAFETY: the caller's contract.
        unsafe { fetch_first(self.at(row, column), count) }
    }

    #[inline(always)]
    fn close(&self, raw: &RawOctet) -> RawOctet {
        *raw
    }
}
