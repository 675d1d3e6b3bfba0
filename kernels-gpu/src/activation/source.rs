//! An activation as a source of octets, for the quantisers that it is fused into.

use core::marker::PhantomData;

use super::function::Activation;
use crate::element::Element;
use crate::octet::{OCTET, Octet, RawOctet, Source, fetch, open, rounded};
use crate::pack::{Pack, Single};

/// Activated rows. With `ROUNDED`, each value is rounded to `T` first, as if it had been stored: then fused and
/// unfused give the same bits.
#[derive(Clone, Copy)]
pub struct Activated<T, P, A, const ROUNDED: bool> {
    /// The first gate of the first row.
    pub gate: *const T,
    /// What it gates; the gates again where the activation is of one number.
    pub up: *const T,
    /// Elements from row to row of the gates.
    pub gate_stride: u64,
    /// Elements from row to row of what they gate.
    pub up_stride: u64,
    /// The activation.
    pub activation: A,
    /// How the memory is read.
    pub pack: PhantomData<P>,
}

impl<T: Element, P: Pack<T>, A: Activation, const ROUNDED: bool> Source
    for Activated<T, P, A, ROUNDED>
{
    /// The gates, and what they gate.
    type Raw = [RawOctet; 2];
    type Narrow = Activated<T, Single<T>, A, ROUNDED>;

    #[inline(always)]
    fn narrow(self) -> Self::Narrow {
        Activated {
            gate: self.gate,
            up: self.up,
            gate_stride: self.gate_stride,
            up_stride: self.up_stride,
            activation: self.activation,
            pack: PhantomData,
        }
    }

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> [RawOctet; 2] {
        let (row, column) = (row as usize, column as usize);
        let gate = row * self.gate_stride as usize + column;
        let up = row * self.up_stride as usize + column;
        // SAFETY: the caller's contract.
        unsafe {
            [
                fetch::<T, P>(self.gate.add(gate)),
                fetch::<T, P>(self.up.add(up)),
            ]
        }
    }

    #[inline(always)]
    fn open(&self, raw: &[RawOctet; 2]) -> Octet {
        let octet = self.values(raw);
        if ROUNDED { rounded::<T>(&octet) } else { octet }
    }
}

impl<T: Element, P, A: Activation, const ROUNDED: bool> Activated<T, P, A, ROUNDED> {
    /// The activation of gates and what they gate, not rounded.
    #[inline(always)]
    pub fn values(&self, [gate, up]: &[RawOctet; 2]) -> Octet {
        let (gate, up) = (open::<T>(gate), open::<T>(up));
        let mut octet = [0.0; OCTET];
        let mut i = 0;
        while i < OCTET {
            octet[i] = self.activation.apply(gate[i], up[i]);
            i += 1;
        }
        if ROUNDED { rounded::<T>(&octet) } else { octet }
    }
}
