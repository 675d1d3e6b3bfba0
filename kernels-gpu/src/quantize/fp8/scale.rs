//! From the largest magnitude to the scale.

use super::POWER_OF_TWO;
use crate::quantize::fp8_code::Fp8Format;
use crate::quantize::quotient;

/// What a magnitude is at least: its quotients stay normal and finite.
const LEAST: f32 = 1e-12;

/// What a value is a code times, and what it is multiplied by to become one.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub stored: f32,
    pub multiplier: f32,
}

impl Scale {
    /// `amax / largest` and `largest / amax`, each rounded once; with [`POWER_OF_TWO`], the former rounded up to a power of
    /// two, and its reciprocal.
    #[inline(always)]
    pub fn of(amax: f32, format: Fp8Format, flags: u32) -> Self {
        let (amax, largest) = (amax.max(LEAST), format.largest());
        let quotient = quotient::under(amax, largest, format.reciprocal_of_largest());
        if flags & POWER_OF_TWO == 0 {
            return Self {
                stored: quotient,
                multiplier: quotient::over(largest, amax),
            };
        }
        // Any bit of the mantissa carries into the exponent; infinity stays what it is.
        let stored = f32::from_bits((quotient.to_bits() + 0x007f_ffff) & 0x7f80_0000);
        Self {
            stored,
            multiplier: reciprocal_of_power(stored),
        }
    }

    /// What a given scale says: its reciprocal, but no infinity, which zeros would be NaN by.
    #[inline(always)]
    pub fn given(scale: f32) -> Self {
        Self {
            stored: scale,
            multiplier: (1.0 / scale).min(f32::MAX),
        }
    }
}

/// `1 / x` of a power of two that is normal, as its reciprocal is, or infinite.
#[inline(always)]
fn reciprocal_of_power(x: f32) -> f32 {
    const ONE_SQUARED: u32 = 254 << 23;
    if x == f32::INFINITY {
        0.0
    } else {
        f32::from_bits(ONE_SQUARED - x.to_bits())
    }
}
