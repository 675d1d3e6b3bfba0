//! What C is made of.

use cuda_std::cache;
use formats::E4m3;
use half::{bf16, f16};

use crate::element::Element;
use crate::octet::OCTET;
use crate::pack::{MAX_LEN, Pack, Paired};
use crate::quantize::fp8_code::Fp8Format;

/// A type that C is made of.
pub trait Stored: Copy + 'static {
    /// What is added to values that become this.
    type Addend: Paired;

    /// Two of it, aligned to both.
    type Pair: Copy;

    /// Rounds.
    fn one(value: f32) -> Self;

    /// Rounds two.
    fn pair(values: [f32; 2]) -> Self::Pair;

    /// Stores four neighbours, each rounded.
    ///
    /// # Safety
    /// `to` is valid for four, nobody else's, and aligned to all.
    unsafe fn store(to: *mut Self, values: [f32; 4]);
}

macro_rules! elements {
    ($($type:ty)*) => { $(
        impl Stored for $type {
            type Addend = Self;
            type Pair = <Self as Paired>::Pair;

            #[inline(always)]
            fn one(value: f32) -> Self {
                // Not the type's own, which is arithmetic.
                Element::from_f32(value)
            }

            #[inline(always)]
            fn pair(values: [f32; 2]) -> Self::Pair {
                <Self::Pair as Pack<Self>>::pack(&lanes(values))
            }

            #[inline(always)]
            unsafe fn store(to: *mut Self, values: [f32; 4]) {
                let four = <<Self as Paired>::Four as Pack<Self>>::pack(&lanes(values));
                // SAFETY: the caller's contract.
                unsafe { cache::store(to.cast(), four) };
            }
        }
    )* };
}

elements!(bf16 f16 f32);

/// Values in the first lanes.
#[inline(always)]
fn lanes<const N: usize>(values: [f32; N]) -> [f32; MAX_LEN] {
    let mut lanes = [0.0; MAX_LEN];
    let mut i = 0;
    while i < N {
        lanes[i] = values[i];
        i += 1;
    }
    lanes
}

impl Stored for E4m3 {
    type Addend = bf16;
    type Pair = u16;

    #[inline(always)]
    fn one(value: f32) -> Self {
        Self::from_bits(codes([value]) as u8)
    }

    #[inline(always)]
    fn pair(values: [f32; 2]) -> u16 {
        codes(values) as u16
    }

    #[inline(always)]
    unsafe fn store(to: *mut Self, values: [f32; 4]) {
        // SAFETY: the caller's contract.
        unsafe { cache::store(to.cast(), codes(values)) };
    }
}

/// The codes of up to four values, the first in the lowest byte.
#[inline(always)]
fn codes<const N: usize>(values: [f32; N]) -> u32 {
    const { assert!(N <= 4 && MAX_LEN == OCTET) };
    let [word, _] = Fp8Format::E4m3.encode(&lanes(values), 1.0);
    word
}
