//! `E5m2`: the FP8 format of wide range.

use crate::encoding::Encoding;
use crate::minifloat::minifloat;

/// An 8-bit float of 5 exponent and 2 mantissa bits: the upper half of an `f16`.
///
/// `float8_e5m2` in PyTorch, `__nv_fp8_e5m2` in CUDA, `.e5m2` in PTX; E5M2 in the OCP "8-bit Floating
/// Point Specification" 1.0, table 1. Bias 15, infinities and NaNs as in IEEE 754. Conversions
/// saturate, so that only [`from_bits`](Self::from_bits) makes an infinity.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct E5m2(u8);

impl E5m2 {
    pub(crate) const ENCODING: Encoding = Encoding {
        mantissa: 2,
        bias: 15,
        sign: 7,
        max: 0x7b,
        infinity: Some(0x7c),
        nan: 0x7f,
    };

    /// +0.
    pub const ZERO: Self = Self(0x00);
    /// 1.
    pub const ONE: Self = Self(0x3c);
    /// The largest finite value, 57344.
    pub const MAX: Self = Self(0x7b);
    /// The smallest finite value, -57344.
    pub const MIN: Self = Self(0xfb);
    /// The smallest positive normal value, 2^-14.
    pub const MIN_POSITIVE: Self = Self(0x04);
    /// The smallest positive value, 2^-16.
    pub const MIN_SUBNORMAL: Self = Self(0x01);
    /// Positive infinity.
    pub const INFINITY: Self = Self(0x7c);
    /// Negative infinity.
    pub const NEG_INFINITY: Self = Self(0xfc);
    /// The NaN that conversions give.
    pub const NAN: Self = Self(0x7f);

    /// Whether this is infinite.
    #[inline(always)]
    #[must_use]
    pub const fn is_infinite(self) -> bool {
        self.abs().0 == Self::INFINITY.0
    }
}

minifloat!(E5m2);
