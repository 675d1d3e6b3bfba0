//! Waiting for products, with what is in flight.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use super::Accumulator;
#[cfg(target_arch = "nvptx64")]
use super::product::Tie;

/// What products have in flight: accumulators, registers of `A`, and up to four of either in a tuple.
///
/// Implemented for `()`, `&mut Accumulator<R>`, arrays of them by `&mut`, `&mut [u32; 4]`.
pub trait InFlight {
    /// On the device, keeps uses of the registers behind this point; in the simulator, takes over
    /// results that have arrived.
    #[doc(hidden)]
    fn settle(self);
}

/// Waits until at most `N` of the warpgroup's latest groups of products are under way
/// (`wgmma.wait_group.sync.aligned`, sm_90a).
///
/// Whatever those groups use, and is used again after the wait, goes in as `registers`: neither
/// instruction nor type says that they are in flight, and the compiler would move their uses.
///
/// # Safety
/// All 128 threads of the warpgroup execute this together.
#[inline(always)]
#[track_caller]
pub unsafe fn wait_group<const N: u32>(registers: impl InFlight) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("wgmma.wait_group.sync.aligned {0};", const N, options(nostack)) },
        sim => cuda_sim::device::wgmma_wait_group(N),
    }
    registers.settle();
}

/// Keeps what is computed into `registers` before this point there. Left to itself, the compiler moves arithmetic down to where
/// its result is used, past waits, and keeps all that goes into it in registers until then. No instruction.
#[inline(always)]
pub fn pin(registers: impl InFlight) {
    on! {
        gpu => registers.settle(),
        // The simulator computes in order.
        sim => { let _ = registers; },
    }
}

impl InFlight for () {
    #[inline(always)]
    fn settle(self) {}
}

#[cfg(target_arch = "nvptx64")]
impl<const R: usize> InFlight for &mut Accumulator<R>
where
    Accumulator<R>: Tie,
{
    #[inline(always)]
    fn settle(self) {
        self.tie();
    }
}

#[cfg(not(target_arch = "nvptx64"))]
impl<const R: usize> InFlight for &mut Accumulator<R> {
    #[track_caller]
    fn settle(self) {
        cuda_sim::device::wgmma_settle(&mut self.fragment);
    }
}

impl<const R: usize, const N: usize> InFlight for &mut [Accumulator<R>; N]
where
    for<'a> &'a mut Accumulator<R>: InFlight,
{
    #[inline(always)]
    #[track_caller]
    fn settle(self) {
        for accumulator in self {
            accumulator.settle();
        }
    }
}

impl InFlight for &mut [u32; 4] {
    #[inline(always)]
    fn settle(self) {
        on! {
            gpu => {
                let [a, b, c, d] = self;
                // SAFETY: a comment does nothing.
                unsafe {
                    asm!("// {0} {1} {2} {3}",
                        inout(reg32) *a, inout(reg32) *b, inout(reg32) *c, inout(reg32) *d, options(nostack));
                }
            },
            // The simulator reads the registers of `A` when the product begins.
            sim => (),
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => { $(
        impl<$($name: InFlight),*> InFlight for ($($name,)*) {
            #[inline(always)]
            #[track_caller]
            #[allow(non_snake_case)]
            fn settle(self) {
                let ($($name,)*) = self;
                $($name.settle();)*
            }
        }
    )* };
}
tuples! {
    (A B) (A B C) (A B C D)
}
