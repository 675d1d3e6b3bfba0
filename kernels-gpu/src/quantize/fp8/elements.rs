//! Octets of a row that may end anywhere.

use core::marker::PhantomData;

use crate::activation::function::{Activation, Silu};
use crate::activation::source::Activated;
use crate::element::Element;
use crate::octet::{OCTET, Octet, Plain, RawOctet, Source, close, open};
use crate::pack::{Pack, Words4};

/// A source whose values are elements of memory, or rounded to such, and whose rows end anywhere.
pub(super) trait Elements: Source {
    /// Words of an octet in memory.
    const WORDS: usize;

    /// As [`Source::fetch`], of `count` elements, at most eight, aligned to an element and no more; zeros past them.
    ///
    /// # Safety
    /// There is such a row, and it has as many elements from there on.
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> Self::Raw;

    /// The octet as memory has it, or would have it.
    fn stored(&self, raw: &Self::Raw) -> RawOctet;

    /// The numbers of a stored octet.
    fn reopen(stored: &RawOctet) -> Octet;
}

/// The first `count` elements of an octet, and zeros.
///
/// # Safety
/// `from` is valid for as many elements.
#[inline(always)]
unsafe fn first<T: Element>(from: *const T, count: u32) -> RawOctet {
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

impl<T: Element, P: Pack<T>> Elements for Plain<T, P> {
    const WORDS: usize = OCTET / T::PER_WORD;

    #[inline(always)]
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> RawOctet {
        let offset = u64::from(row) * self.stride + u64::from(column);
        // SAFETY: the caller's contract.
        unsafe { first(self.x.add(offset as usize), count) }
    }

    #[inline(always)]
    fn stored(&self, raw: &RawOctet) -> RawOctet {
        *raw
    }

    #[inline(always)]
    fn reopen(stored: &RawOctet) -> Octet {
        open::<T>(stored)
    }
}

impl<T: Element, P: Pack<T>, A: Activation> Elements for Activated<T, P, A, true> {
    const WORDS: usize = OCTET / T::PER_WORD;

    #[inline(always)]
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> [RawOctet; 2] {
        let (row, column) = (row as usize, column as usize);
        let gate = row * self.gate_stride as usize + column;
        let up = row * self.up_stride as usize + column;
        // SAFETY: the caller's contract.
        unsafe {
            [
                first(self.gate.add(gate), count),
                first(self.up.add(up), count),
            ]
        }
    }

    #[inline(always)]
    fn stored(&self, raw: &[RawOctet; 2]) -> RawOctet {
        close::<T>(&self.values(raw))
    }

    #[inline(always)]
    fn reopen(stored: &RawOctet) -> Octet {
        open::<T>(stored)
    }
}

/// Rows of memory.
#[inline(always)]
pub(super) fn memory<T>(x: *const T, stride: u64, _columns: u32) -> Plain<T, Words4> {
    Plain {
        x,
        stride,
        pack: PhantomData,
    }
}

/// `silu_and_mul` of rows of `2 * columns` elements, the gates first.
#[inline(always)]
pub(super) fn silu_and_mul<T>(
    x: *const T,
    stride: u64,
    columns: u32,
) -> Activated<T, Words4, Silu, true> {
    Activated {
        gate: x,
        up: x.wrapping_add(columns as usize),
        gate_stride: stride,
        up_stride: stride,
        activation: Silu,
        pack: PhantomData,
    }
}

/// Rows of `columns` elements as octets.
#[derive(Clone, Copy)]
pub(super) struct Octets<S> {
    pub source: S,
    pub columns: u32,
    /// Whether octets are whole and aligned.
    pub wide: bool,
}

impl<S: Elements> Octets<S> {
    /// Octets of a row, the last of them perhaps short.
    #[inline(always)]
    pub fn count(&self) -> u32 {
        self.columns.div_ceil(OCTET as u32)
    }

    /// Reads octet `i` of a row, or the last one: a lane past the end has its share of the largest magnitude without
    /// changing it.
    ///
    /// # Safety
    /// There is such a row, and it has elements.
    #[inline(always)]
    pub unsafe fn fetch(&self, row: u32, i: u32) -> S::Raw {
        let column = i.min(self.count() - 1) * OCTET as u32;
        // SAFETY: inside the row.
        unsafe {
            if self.wide {
                self.source.fetch(row, column)
            } else {
                let count = (self.columns - column).min(OCTET as u32);
                self.source.fetch_first(row, column, count)
            }
        }
    }
}
