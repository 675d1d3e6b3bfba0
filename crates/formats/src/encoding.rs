//! Bits of a small float from an `f32`, and back: the one algorithm behind the three signed formats.
//!
//! A code is `sign | exponent | mantissa`, and the code without its sign grows with the magnitude, so
//! that rounding may carry from the mantissa into the exponent by plain addition. Both directions are
//! short arithmetic, and rounding takes no branch, because kernels run it per element.

/// Mantissa bits of an `f32`.
const F32_MANTISSA: u32 = 23;
/// Exponent bias of an `f32`.
const F32_BIAS: u32 = 127;
/// Bits of an infinite `f32`, which are all those of the exponent.
const F32_INFINITY: u32 = 0x7f80_0000;
/// The bits of an `f32` that are not its sign.
const F32_MAGNITUDE: u32 = 0x7fff_ffff;

/// What tells one small float from another.
#[derive(Clone, Copy)]
pub(crate) struct Encoding {
    /// Stored mantissa bits.
    pub(crate) mantissa: u32,
    /// Exponent bias.
    pub(crate) bias: u32,
    /// Position of the sign bit.
    pub(crate) sign: u32,
    /// Code of the largest finite value.
    pub(crate) max: u8,
    /// Code of infinity, where there is one; other codes above `max` are NaN.
    pub(crate) infinity: Option<u8>,
    /// Code that a NaN becomes, whatever its sign.
    pub(crate) nan: u8,
}

impl Encoding {
    /// The code nearest to `value`, ties to even, overflow to the largest finite value.
    #[inline(always)]
    pub(crate) const fn encode(self, value: f32) -> u8 {
        let magnitude = value.to_bits() & F32_MAGNITUDE;
        let sign = (value.is_sign_negative() as u8) << self.sign;
        let code = sign | self.round(min(magnitude, self.widen(self.max)));
        if magnitude > F32_INFINITY {
            self.nan
        } else {
            code
        }
    }

    /// Rounds the bits of a magnitude that is at most the largest value.
    ///
    /// The adder does it. In the binade of `anchor` the last bit of an `f32` is worth one unit of the
    /// format at `magnitude`, so the sum holds the mantissa, rounded, in its low bits: with the leading
    /// 1 of a normal value, which adds one to its exponent, and without for a subnormal one.
    #[inline(always)]
    const fn round(self, magnitude: u32) -> u8 {
        let min_normal = self.widen(1 << self.mantissa);
        let binade = max(magnitude & F32_INFINITY, min_normal);
        let dropped = F32_MANTISSA - self.mantissa;
        let anchor = binade + (dropped << F32_MANTISSA);
        let sum = f32::from_bits(magnitude) + f32::from_bits(anchor);
        ((sum.to_bits() - anchor) + ((binade - min_normal) >> dropped)) as u8
    }

    /// The value of a code, exactly.
    #[inline(always)]
    pub(crate) const fn decode(self, code: u8) -> f32 {
        let sign = (code >> self.sign) as u32;
        let magnitude = self.magnitude(code);
        let unit = f32::from_bits(self.widen(1 << self.mantissa) - (self.mantissa << F32_MANTISSA));
        let subnormal = magnitude as f32 * unit;
        let value = if magnitude >> self.mantissa == 0 {
            subnormal
        } else {
            self.decode_normal(magnitude)
        };
        f32::from_bits(value.to_bits() | sign << 31)
    }

    /// The value of a code that has no sign and is not subnormal.
    #[inline(always)]
    const fn decode_normal(self, magnitude: u8) -> f32 {
        match self.infinity {
            _ if magnitude <= self.max => f32::from_bits(self.widen(magnitude)),
            Some(infinity) if magnitude == infinity => f32::INFINITY,
            _ => f32::NAN,
        }
    }

    /// Whether a code is a NaN.
    #[inline(always)]
    pub(crate) const fn is_nan(self, code: u8) -> bool {
        let largest = match self.infinity {
            Some(infinity) => infinity,
            None => self.max,
        };
        self.magnitude(code) > largest
    }

    /// The code without its sign.
    #[inline(always)]
    pub(crate) const fn magnitude(self, code: u8) -> u8 {
        code & (self.sign_mask() - 1)
    }

    /// The sign bit of a code.
    #[inline(always)]
    pub(crate) const fn sign_mask(self) -> u8 {
        1 << self.sign
    }

    /// Bits of the `f32` equal to a finite, normal code that has no sign.
    #[inline(always)]
    const fn widen(self, magnitude: u8) -> u32 {
        let rebias = (F32_BIAS - self.bias) << F32_MANTISSA;
        ((magnitude as u32) << (F32_MANTISSA - self.mantissa)) + rebias
    }
}

/// The smaller of two; `Ord::min` is not `const`.
#[inline(always)]
const fn min(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}

/// The larger of two; `Ord::max` is not `const`.
#[inline(always)]
const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}
