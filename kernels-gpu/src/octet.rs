//! Octets: eight consecutive elements of a row in one thread, what quantisers work on.
//!
//! ```text
//! row     | 0..8 | 8..16 | 16..24 | ...
//! lane       0       1        2            groups of 16, 32, 128 elements are 2, 4, 16 lanes
//! ```
//!
//! A [`Source`] is what an octet is made of: memory, or an activation of memory. A kernel that quantises is
//! generic over it, so that an activation fused into a quantiser is the same code.

use core::marker::PhantomData;

use crate::element::Element;
use crate::pack::{MAX_LEN, Pack, Single};

/// Elements of an octet.
pub const OCTET: usize = 8;

/// Eight elements, as numbers to compute with.
pub type Octet = [f32; OCTET];

/// Eight elements as memory has them, one after the other; of 16-bit elements in the first four words.
pub type RawOctet = [u32; OCTET];

/// Reads an octet as it is, with as many loads as it takes packs.
///
/// # Safety
/// `from` is valid for eight elements and aligned to `P`.
#[inline(always)]
pub unsafe fn fetch<T: Element, P: Pack<T>>(from: *const T) -> RawOctet {
    const { assert!(OCTET.is_multiple_of(P::LEN)) };
    let mut raw = [0; OCTET];
    let mut first = 0;
    while first < OCTET {
        // SAFETY: inside the eight elements, a multiple of the pack's length.
        let words = unsafe { P::read(from.add(first).cast()) }.words();
        // An element narrower than a word goes to its place within one.
        let shift = first % T::PER_WORD * 16;
        let mut word = 0;
        while word * T::PER_WORD < P::LEN {
            raw[first / T::PER_WORD + word] |= words[word] << shift;
            word += 1;
        }
        first += P::LEN;
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

/// Loads an octet: [`fetch`] and [`open`].
///
/// # Safety
/// As [`fetch`].
#[inline(always)]
pub unsafe fn load<T: Element, P: Pack<T>>(from: *const T) -> Octet {
    // SAFETY: the caller's contract.
    open::<T>(&unsafe { fetch::<T, P>(from) })
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

/// An octet with each element rounded to nearest even, as if it had been stored and loaded.
#[inline(always)]
#[must_use]
pub fn rounded<T: Element>(octet: &Octet) -> Octet {
    open::<T>(&close::<T>(octet))
}

/// Stores an octet, each element rounded to nearest even.
///
/// # Safety
/// `to` is valid for eight elements, nobody else's, and aligned to `P`.
#[inline(always)]
pub unsafe fn store<T: Element, P: Pack<T>>(to: *mut T, octet: &Octet) {
    const { assert!(OCTET.is_multiple_of(P::LEN)) };
    let mut first = 0;
    while first < OCTET {
        let mut lanes = [0.0; MAX_LEN];
        let mut i = 0;
        while i < P::LEN {
            lanes[i] = octet[first + i];
            i += 1;
        }
        // SAFETY: inside the eight elements, a multiple of the pack's length.
        unsafe { P::pack(&lanes).write(to.add(first).cast()) };
        first += P::LEN;
    }
}

/// The largest magnitude of an octet; NaN counts as nothing, as in PTX's `max`.
#[inline(always)]
#[must_use]
pub fn amax(octet: &Octet) -> f32 {
    let mut max = 0.0f32;
    let mut i = 0;
    while i < OCTET {
        max = max.max(octet[i].abs());
        i += 1;
    }
    max
}

/// Where octets come from. To load is one step and to compute another, so that a kernel can have loads under way while
/// it computes.
pub trait Source: Copy {
    /// What memory has of an octet.
    type Raw: Copy;
    /// The same source, of memory that is aligned to its elements and no more.
    type Narrow: Source<Raw = Self::Raw>;

    /// The same source, of memory that is aligned to its elements and no more.
    fn narrow(self) -> Self::Narrow;

    /// Reads what the octet of `row` is made of that starts at `column`, a multiple of eight.
    ///
    /// # Safety
    /// There is such a row, and it has eight elements from there on.
    unsafe fn fetch(&self, row: u32, column: u32) -> Self::Raw;

    /// The octet.
    fn open(&self, raw: &Self::Raw) -> Octet;

    /// Both steps.
    ///
    /// # Safety
    /// As [`fetch`](Self::fetch).
    #[inline(always)]
    unsafe fn octet(&self, row: u32, column: u32) -> Octet {
        // SAFETY: the caller's contract.
        self.open(&unsafe { self.fetch(row, column) })
    }
}

/// Rows in memory.
#[derive(Clone, Copy)]
pub struct Plain<T, P> {
    /// The first element of the first row.
    pub x: *const T,
    /// Elements from row to row.
    pub stride: u64,
    /// How the memory is read.
    pub pack: PhantomData<P>,
}

impl<T: Element, P: Pack<T>> Source for Plain<T, P> {
    type Raw = RawOctet;
    type Narrow = Plain<T, Single<T>>;

    #[inline(always)]
    fn narrow(self) -> Self::Narrow {
        Plain {
            x: self.x,
            stride: self.stride,
            pack: PhantomData,
        }
    }

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> RawOctet {
        let offset = u64::from(row) * self.stride + u64::from(column);
        // SAFETY: the caller's contract.
        unsafe { fetch::<T, P>(self.x.add(offset as usize)) }
    }

    #[inline(always)]
    fn open(&self, raw: &RawOctet) -> Octet {
        open::<T>(raw)
    }
}
