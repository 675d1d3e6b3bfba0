//! The two formats of one byte.

use formats::{E4m3, E5m2};

use crate::element::Element;

/// What FP8 quantisers make: [`E4m3`] or [`E5m2`].
pub trait Fp8Code: Element + sealed::Sealed {
    /// The largest value.
    const LARGEST: f32;
    /// The nearest code, ties to even; the largest for what is larger, and one NaN for all of them.
    fn encode(value: f32) -> Self;
    /// The value of the code.
    fn decode(self) -> f32;
}

mod sealed {
    /// There are no others.
    pub trait Sealed {}
}

macro_rules! codes {
    ($($type:ident)*) => { $(
        impl sealed::Sealed for $type {}

        impl Fp8Code for $type {
            const LARGEST: f32 = Self::MAX.to_f32();

            fn encode(value: f32) -> Self {
                Self::from_f32(value)
            }

            fn decode(self) -> f32 {
                self.to_f32()
            }
        }
    )* };
}

codes! { E4m3 E5m2 }
