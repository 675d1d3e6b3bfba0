//! The products: one instruction for each accumulator size and pair of element types.

#[cfg(target_arch = "nvptx64")]
#[cfg(cuda_arch = "sm_90a")]
use core::arch::asm;

use super::{Accumulator, Major};

/// Products of `A` by `B` that an accumulator takes. Used through [`Accumulator::mma`] and its
/// neighbours; as a bound, it says which element types a generic kernel multiplies.
pub trait Product<A, B> {
    /// [`Accumulator::mma`].
    ///
    /// # Safety
    /// As there.
    #[doc(hidden)]
    unsafe fn ss<MA: Major, MB: Major>(&mut self, a: u64, b: u64, scale_d: bool);

    /// [`Accumulator::mma_first`].
    ///
    /// # Safety
    /// As there.
    #[doc(hidden)]
    unsafe fn ss_first<MA: Major, MB: Major>(&mut self, a: u64, b: u64);

    /// [`Accumulator::mma_rs`].
    ///
    /// # Safety
    /// As there.
    #[doc(hidden)]
    unsafe fn rs<MB: Major>(&mut self, a: [u32; 4], b: u64, scale_d: bool);

    /// [`Accumulator::mma_rs_first`].
    ///
    /// # Safety
    /// As there.
    #[doc(hidden)]
    unsafe fn rs_first<MB: Major>(&mut self, a: [u32; 4], b: u64);
}

/// An accumulator whose registers an empty instruction can take and give back.
#[cfg(target_arch = "nvptx64")]
pub trait Tie {
    /// No use of the registers moves across this.
    #[doc(hidden)]
    fn tie(&mut self);
}

// Only where the instructions exist: they are many.
#[cfg(target_arch = "nvptx64")]
#[cfg(cuda_arch = "sm_90a")]
cuda_std_macros::wgmma_products!();

/// The simulator's face: which kinds of product there are.
#[cfg(not(target_arch = "nvptx64"))]
mod simulated {
    use cuda_sim::device::{MmaKind, Wgmma, WgmmaOperand, wgmma};
    use formats::{E4m3, E5m2};
    use half::{bf16, f16};

    use super::{Accumulator, Major, Product};
    use crate::cvt::Tf32;

    /// An element type of `A`, with one of `B` that it multiplies.
    pub trait Kind<B> {
        const KIND: MmaKind;
    }

    macro_rules! kinds {
        ($($a:ty, $b:ty => $kind:ident;)*) => { $(
            impl Kind<$b> for $a {
                const KIND: MmaKind = MmaKind::$kind;
            }
        )* };
    }
    kinds! {
        bf16, bf16 => Bf16;
        f16, f16 => F16;
        Tf32, Tf32 => Tf32;
        E4m3, E4m3 => E4m3;
        E4m3, E5m2 => E4m3E5m2;
        E5m2, E4m3 => E5m2E4m3;
        E5m2, E5m2 => E5m2;
    }

    /// The immediates of a product.
    fn immediates(kind: MmaKind, scale_d: bool, transposes: (bool, bool)) -> Wgmma {
        Wgmma {
            kind,
            scale_d,
            negate_a: false,
            negate_b: false,
            transpose_a: transposes.0,
            transpose_b: transposes.1,
        }
    }

    impl<A: Kind<B>, B, const R: usize> Product<A, B> for Accumulator<R> {
        #[track_caller]
        unsafe fn ss<MA: Major, MB: Major>(&mut self, a: u64, b: u64, scale_d: bool) {
            let product = immediates(A::KIND, scale_d, (MA::TRANSPOSED, MB::TRANSPOSED));
            wgmma(&mut self.fragment, WgmmaOperand::Shared(a), b, product);
        }

        #[track_caller]
        unsafe fn ss_first<MA: Major, MB: Major>(&mut self, a: u64, b: u64) {
            // SAFETY: the caller's contract.
            unsafe { Product::<A, B>::ss::<MA, MB>(self, a, b, false) }
        }

        #[track_caller]
        unsafe fn rs<MB: Major>(&mut self, a: [u32; 4], b: u64, scale_d: bool) {
            let product = immediates(A::KIND, scale_d, (false, MB::TRANSPOSED));
            wgmma(&mut self.fragment, WgmmaOperand::Registers(a), b, product);
        }

        #[track_caller]
        unsafe fn rs_first<MB: Major>(&mut self, a: [u32; 4], b: u64) {
            // SAFETY: the caller's contract.
            unsafe { Product::<A, B>::rs::<MB>(self, a, b, false) }
        }
    }
}
