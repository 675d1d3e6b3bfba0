//! An activation as a source of octets, for the quantisers that it is fused into.

use core::marker::PhantomData;

use super::function::Activation;
use crate::element::Element;
use crate::octet::{OCTET, Octet, Source, load};
use crate::pack::Pack;

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
    #[inline(always)]
    unsafe fn octet(&self, row: u32, column: u32) -> Octet {
        let (row, column) = (row as usize, column as usize);
        let gate = row * self.gate_stride as usize + column;
        let up = row * self.up_stride as usize + column;
        // SAFETY: the caller's contract.
        let (gate, up) = unsafe {
            (
                load::<T, P>(self.gate.add(gate)),
                load::<T, P>(self.up.add(up)),
            )
        };
        let mut octet = [0.0; OCTET];
        let mut i = 0;
        while i < OCTET {
            let value = self.activation.apply(gate[i], up[i]);
            octet[i] = if ROUNDED {
                T::from_f32(value).to_f32()
            } else {
                value
            };
            i += 1;
        }
        octet
    }
}
