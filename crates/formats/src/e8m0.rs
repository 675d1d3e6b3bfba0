//! `E8m0`: the power of two that scales a block of MXFP8 or MXFP4.

use half::{bf16, f16};

use crate::minifloat::value_traits;

/// An 8-bit exponent: code `b` is 2^(b-127), and 255 is NaN. There is no sign and no zero.
///
/// E8M0 in the OCP "Microscaling Formats (MX) Specification" 1.0, section 5.4.1; `float8_e8m0fnu` in
/// PyTorch, `__nv_fp8_e8m0` in CUDA, `.ue8m0` in PTX.
///
/// Conversions take the magnitude of their input, as CUDA's do (CUDA Math API,
/// `__nv_cvt_float_to_e8m0`): what is smaller than 2^-127, zero included, becomes 2^-127; what is larger
/// than 2^127, infinity included, becomes 2^127; NaN stays NaN. To `f32` and `bf16` they are exact. There
/// is none to `f16`, which lacks most of the range.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct E8m0(u8);

impl E8m0 {
    /// 2^-127, which quantisers store for a block of zeros.
    pub const MIN: Self = Self(0x00);
    /// 1.
    pub const ONE: Self = Self(0x7f);
    /// 2^127.
    pub const MAX: Self = Self(0xfe);
    /// NaN.
    pub const NAN: Self = Self(0xff);

    /// The value whose code is `bits`.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The code.
    #[inline(always)]
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// The smallest power of two that is not below the magnitude of `value`: no element overflows
    /// when a block is divided by a scale rounded this way. `cvt.rp.satfinite.ue8m0x2.f32`.
    #[inline(always)]
    #[must_use]
    pub const fn from_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let mantissa = bits & 0x007f_ffff;
        // With an exponent of 0 the value is mantissa * 2^-149, and 2^-127 has the mantissa 2^22.
        let exact = if bits & 0x7f80_0000 == 0 {
            0x0040_0000
        } else {
            0
        };
        Self::saturate(bits, (mantissa > exact) as u8)
    }

    /// The largest power of two that is not above the magnitude of `value`, the choice of the OCP MX
    /// specification, section 6.3. `cvt.rz.satfinite.ue8m0x2.f32`.
    #[inline(always)]
    #[must_use]
    pub const fn from_f32_toward_zero(value: f32) -> Self {
        Self::saturate(value.to_bits(), 0)
    }

    /// The exponent of an `f32` plus 0 or 1, held to the finite codes; NaN stays NaN.
    #[inline(always)]
    const fn saturate(bits: u32, increment: u8) -> Self {
        if bits & 0x7fff_ffff > 0x7f80_0000 {
            return Self::NAN;
        }
        let exponent = (bits >> 23) as u8;
        if exponent < Self::MAX.0 {
            Self(exponent + increment)
        } else {
            Self::MAX
        }
    }

    /// The same value as `f32`; 2^-127 is subnormal.
    #[inline(always)]
    #[must_use]
    pub const fn to_f32(self) -> f32 {
        match self.0 {
            0x00 => f32::from_bits(0x0040_0000),
            0xff => f32::NAN,
            code => f32::from_bits((code as u32) << 23),
        }
    }

    /// As [`from_f32`](Self::from_f32) of the same value.
    #[inline(always)]
    #[must_use]
    pub fn from_bf16(value: bf16) -> Self {
        Self::from_f32(value.to_f32())
    }

    /// The same value as `bf16`; 2^-127 is subnormal.
    #[inline(always)]
    #[must_use]
    pub const fn to_bf16(self) -> bf16 {
        match self.0 {
            0x00 => bf16::from_bits(0x0040),
            0xff => bf16::NAN,
            code => bf16::from_bits((code as u16) << 7),
        }
    }

    /// As [`from_f32`](Self::from_f32) of the same value.
    #[inline(always)]
    #[must_use]
    pub fn from_f16(value: f16) -> Self {
        Self::from_f32(value.to_f32())
    }

    /// The reciprocal, which is exact: the formats' range is its own mirror image.
    #[inline(always)]
    #[must_use]
    pub const fn recip(self) -> Self {
        match self.0 {
            0xff => Self::NAN,
            code => Self(Self::MAX.0 - code),
        }
    }

    /// Whether this is NaN.
    #[inline(always)]
    #[must_use]
    pub const fn is_nan(self) -> bool {
        self.0 == Self::NAN.0
    }
}

value_traits!(E8m0);
