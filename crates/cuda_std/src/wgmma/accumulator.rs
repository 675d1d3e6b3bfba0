//! The accumulator of a warpgroup's products.

use super::{Descriptor, Major, Product, Reads};

/// A thread's `R` registers of a 64 x 2R accumulator; R = 4, 8, .. 128.
///
/// On the device it must stay in registers: index it by constants, or in [`unroll!`](crate::unroll!).
pub struct Accumulator<const R: usize> {
    #[cfg(target_arch = "nvptx64")]
    pub(super) registers: [f32; R],
    #[cfg(not(target_arch = "nvptx64"))]
    pub(super) fragment: cuda_sim::device::Fragment<R>,
}

impl<const R: usize> Accumulator<R> {
    /// N: the columns of the tile.
    pub const COLUMNS: u32 = 2 * R as u32;

    /// All zero. A [`fence`](super::fence) must follow before the first product that adds to it.
    #[inline(always)]
    #[must_use]
    pub fn zero() -> Self {
        const { assert!(R >= 4 && R <= 128 && R.is_multiple_of(4)) };
        Self {
            #[cfg(target_arch = "nvptx64")]
            registers: [0.0; R],
            #[cfg(not(target_arch = "nvptx64"))]
            fragment: cuda_sim::device::Fragment::zero(),
        }
    }

    /// Register `i`, less than `R`, of a product that was waited for.
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub fn get(&self, i: usize) -> f32 {
        on! {
            gpu => match self.registers.get(i) {
                Some(register) => *register,
                None => trap(),
            },
            sim => self.fragment.get(i),
        }
    }

    /// Sets register `i`, less than `R`. A [`fence`](super::fence) must follow before the next product.
    #[inline(always)]
    #[track_caller]
    pub fn set(&mut self, i: usize, value: f32) {
        on! {
            gpu => match self.registers.get_mut(i) {
                Some(register) => *register = value,
                None => trap(),
            },
            sim => self.fragment.set(i, value),
        }
    }

    /// `D = A B + D`, or `D = A B` unless `scale_d` (`wgmma.mma_async.sync.aligned`, sm_90a), with both
    /// operands in shared memory.
    ///
    /// A constant `scale_d` costs nothing.
    ///
    /// # Safety
    /// - All 128 threads of the warpgroup execute this together, with the same operands.
    /// - The descriptors describe tiles inside the block's dynamic shared memory, which are not written
    ///   before the product was waited for.
    /// - A [`fence`](super::fence) came after the last write to the accumulator's registers, which are
    ///   not touched before the product was waited for.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn mma<A: Reads<MA>, B: Reads<MB>, MA: Major, MB: Major>(
        &mut self,
        a: Descriptor<MA>,
        b: Descriptor<MB>,
        scale_d: bool,
    ) where
        Self: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe { self.ss::<MA, MB>(a.bits(), b.bits(), scale_d) }
    }

    /// `D = A B`: [`mma`](Self::mma) that does not need `D` to hold anything.
    ///
    /// # Safety
    /// As [`mma`](Self::mma).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn mma_first<A: Reads<MA>, B: Reads<MB>, MA: Major, MB: Major>(
        &mut self,
        a: Descriptor<MA>,
        b: Descriptor<MB>,
    ) where
        Self: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe { self.ss_first::<MA, MB>(a.bits(), b.bits()) }
    }

    /// `D = A B + D`, or `D = A B` unless `scale_d`, with `A` in registers: the rows of its warp, as
    /// `mma.sync` of the same types holds 16 rows of `A` (PTX ISA, "Register Fragments for
    /// wgmma.mma_async").
    ///
    /// # Safety
    /// As [`mma`](Self::mma); the registers of `a` are like those of the accumulator: pass them to
    /// [`wait_group`](super::wait_group) if they are used again.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn mma_rs<A, B: Reads<MB>, MB: Major>(
        &mut self,
        a: [u32; 4],
        b: Descriptor<MB>,
        scale_d: bool,
    ) where
        Self: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe { self.rs::<MB>(a, b.bits(), scale_d) }
    }

    /// `D = A B` with `A` in registers: [`mma_rs`](Self::mma_rs) that does not need `D` to hold anything.
    ///
    /// # Safety
    /// As [`mma_rs`](Self::mma_rs).
    #[inline(always)]
    #[track_caller]
    pub unsafe fn mma_rs_first<A, B: Reads<MB>, MB: Major>(
        &mut self,
        a: [u32; 4],
        b: Descriptor<MB>,
    ) where
        Self: Product<A, B>,
    {
        // SAFETY: the caller's contract.
        unsafe { self.rs_first::<MB>(a, b.bits()) }
    }
}

/// Where an index is out of range: a plain instruction, since a panic is a call, and wgmma does not
/// pipeline in a function that calls.
#[cfg(target_arch = "nvptx64")]
#[inline(always)]
fn trap() -> ! {
    // SAFETY: `trap` has no preconditions.
    unsafe { core::arch::nvptx::trap() }
}
