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
use crate::pack::{MAX_LEN, Pack};

/// Elements of an octet.
pub const OCTET: usize = 8;

/// Eight elements, as numbers to compute with.
pub type Octet = [f32; OCTET];

/// Loads an octet, with as many loads as it takes packs.
///
/// # Safety
/// `from` is valid for eight elements and aligned to `P`.
#[inline(always)]
pub unsafe fn load<T: Element, P: Pack<T>>(from: *const T) -> Octet {
    const { assert!(OCTET.is_multiple_of(P::LEN)) };
    let mut octet = [0.0; OCTET];
    let mut first = 0;
    while first < OCTET {
        // SAFETY: inside the eight elements, a multiple of the pack's length.
        let lanes: [f32; MAX_LEN] = unsafe { *from.add(first).cast::<P>() }.unpack();
        let mut i = 0;
        while i < P::LEN {
            octet[first + i] = lanes[i];
            i += 1;
        }
        first += P::LEN;
    }
    octet
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
        unsafe { *to.add(first).cast::<P>() = P::pack(&lanes) };
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

/// Where octets come from.
pub trait Source: Copy {
    /// The octet of `row` that starts at `column`, a multiple of eight.
    ///
    /// # Safety
    /// There is such a row, and it has eight elements from there on.
    unsafe fn octet(&self, row: u32, column: u32) -> Octet;
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
    #[inline(always)]
    unsafe fn octet(&self, row: u32, column: u32) -> Octet {
        let offset = u64::from(row) * self.stride + u64::from(column);
        // SAFETY: the caller's contract.
        unsafe { load::<T, P>(self.x.add(offset as usize)) }
    }
}
