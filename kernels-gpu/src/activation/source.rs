//! An activation as a source of octets, for the quantisers that it is fused into.

use core::marker::PhantomData;

use super::function::Activation;
use crate::element::Element;
use crate::octet::{OCTET, RawOctet, Source, close, fetch, fetch_first, open};

/// Activated rows, each value rounded to `V` first: where that is `T`, as if it had been stored, fused and unfused give
/// the same bits.
#[derive(Clone, Copy)]
pub struct Activated<T, A, V = T> {
    /// The first gate of the first row.
    pub gate: *const T,
    /// What it gates; the gates again where the activation is of one number.
    pub up: *const T,
    /// Elements from row to row, of both.
    pub stride: u64,
    /// The activation.
    pub activation: A,
    /// What values are rounded to.
    pub value: PhantomData<V>,
}

impl<T, A, V> Activated<T, A, V> {
    /// The gate of a row and a column, and what it gates.
    #[inline(always)]
    fn at(&self, row: u32, column: u32) -> [*const T; 2] {
        let offset = u64::from(row) * self.stride + u64::from(column);
        [self.gate, self.up].map(|x| x.wrapping_add(offset as usize))
    }
}

impl<T: Element, A: Activation, V: Element> Source for Activated<T, A, V> {
    /// The gates, and what they gate.
    type Raw = [RawOctet; 2];
    type Value = V;

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> [RawOctet; 2] {
        // SAFETY: the caller's contract.
        self.at(row, column).map(|x| unsafe { fetch(x) })
    }

    #[inline(always)]
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> [RawOctet; 2] {
        // SAFETY: the caller's contract.
        self.at(row, column)
            .map(|x| unsafe { fetch_first(x, count) })
    }

    #[inline(always)]
    fn close(&self, [gate, up]: &[RawOctet; 2]) -> RawOctet {
        let (gate, up) = (open::<T>(gate), open::<T>(up));
        close::<V>(&self.activation.apply_all(OCTET, &gate, &up))
    }
}
