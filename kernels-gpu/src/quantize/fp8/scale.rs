//! From the largest magnitude to the scale.

use super::POWER_OF_TWO;
use super::code::Format;

/// What a magnitude is at least: its quotients stay normal and finite.
const LEAST: f32 = 1e-12;

/// What a value is a code times, and what it is multiplied by to become one.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub stored: f32,
    pub multiplier: f32,
}

impl Scale {
    /// `amax / largest` and `largest / amax`, each rounded once; with [`POWER_OF_TWO`], the former rounded up to a power of
    /// two, and its reciprocal.
    #[inline(always)]
    pub fn of(amax: f32, format: Format, flags: u32) -> Self {
        let amax = amax.max(LEAST);
        let quotient = amax / format.largest();
        if flags & POWER_OF_TWO == 0 {
            return Self {
                stored: quotient,
                multiplier: format.largest() / amax,
            };
        }
        // Any bit of the mantissa carries into the exponent; infinity stays what it is.
        let stored = f32::from_bits((quotient.to_bits() + 0x007f_ffff) & 0x7f80_0000);
        Self {
            stored,
            multiplier: 1.0 / stored,
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
