//! A thread's part of an accumulator.

use std::cell::Cell;

use crate::context::{Caller, with_caller};
use crate::fault::{FaultKind, Violation};

/// A thread's `R` registers of a 64 x (2 R) accumulator.
///
/// From a `wgmma` until the wait that is given the fragment, its registers belong to the tensor cores:
/// to touch them is a fault. After they were touched, a `wgmma_fence` must come before the next `wgmma`.
pub struct Fragment<const R: usize> {
    registers: [f32; R],
    /// The number of the `wgmma` that owns the registers, or 0.
    pending: u64,
    /// How many fences the thread had executed when it last touched a register.
    touched: Cell<Option<u64>>,
}

impl<const R: usize> Fragment<R> {
    /// All zero.
    #[must_use]
    #[track_caller]
    pub fn zero() -> Self {
        with_caller(|caller| Self {
            registers: [0.0; R],
            pending: 0,
            touched: Cell::new(Some(caller.thread.products.borrow().fences)),
        })
    }

    /// Register `i`.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize) -> f32 {
        with_caller(|caller| self.touch(caller));
        self.registers[i]
    }

    /// Sets register `i`.
    #[track_caller]
    pub fn set(&mut self, i: usize, value: f32) {
        with_caller(|caller| self.touch(caller));
        self.registers[i] = value;
    }

    fn touch(&self, caller: Caller<'_>) {
        let products = caller.thread.products.borrow();
        self.touched.set(Some(products.fences));
        if self.pending == 0 {
            return;
        }
        let detail = match products.is_waited(self.pending) {
            true => "the accumulator was not given to the wait that ended its wgmma",
            false => "a wgmma on this accumulator has not been waited for",
        };
        drop(products);
        caller.raise(Violation::new(FaultKind::AccumulatorInFlight, detail));
    }

    /// What the next `wgmma` adds to, if it may begin.
    pub(crate) fn addend(&self, caller: Caller<'_>) -> Result<Vec<f32>, Violation> {
        let products = caller.thread.products.borrow();
        if self.touched.get() == Some(products.fences) {
            return Err(Violation::new(
                FaultKind::MissingWgmmaFence,
                "the thread used the accumulator's registers, and no wgmma.fence came after that",
            ));
        }
        let in_flight = products.values(self.pending);
        Ok(in_flight.unwrap_or(&self.registers).to_vec())
    }

    /// The `wgmma` that owns the registers, or 0.
    pub(crate) fn pending(&self) -> u64 {
        self.pending
    }

    /// The registers belong to `wgmma` `number` from now on.
    pub(crate) fn lend(&mut self, number: u64) {
        self.pending = number;
        self.registers = [f32::NAN; R];
    }

    /// Takes over what came of the `wgmma`, if the thread has waited for it.
    pub(crate) fn settle(&mut self, caller: Caller<'_>) {
        let values = caller.thread.products.borrow_mut().take(self.pending);
        if let Some(values) = values {
            self.registers.copy_from_slice(&values);
            self.pending = 0;
        }
    }
}
