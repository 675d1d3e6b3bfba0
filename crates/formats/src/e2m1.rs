//! `E2m1`: the FP4 format of MXFP4 and NVFP4 elements.

use crate::encoding::Encoding;
use crate::minifloat::minifloat;

/// A 4-bit float of 2 exponent and 1 mantissa bits: ±0, 0.5, 1, 1.5, 2, 3, 4 and 6.
///
/// FP4 E2M1 in the OCP "Microscaling Formats (MX) Specification" 1.0, section 5.3.3; `__nv_fp4_e2m1`
/// in CUDA, `.e2m1` in PTX. Bias 1, neither infinities nor NaN. The code is in the low nibble of the
/// byte and the high nibble is 0; in memory codes lie in pairs, as [`E2m1x2`](crate::E2m1x2).
///
/// NaN converts to +6, as in `cvt.rn.satfinite.e2m1x2.f32`, whose NaN results become the positive
/// largest value (PTX ISA 9.0, section 9.7.9.22), and in `__nv_cvt_float_to_fp4`.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct E2m1(u8);

impl E2m1 {
    pub(crate) const ENCODING: Encoding = Encoding {
        mantissa: 1,
        bias: 1,
        sign: 3,
        max: 0x7,
        infinity: None,
        nan: 0x7,
    };

    /// +0.
    pub const ZERO: Self = Self(0x0);
    /// 1.
    pub const ONE: Self = Self(0x2);
    /// The largest value, 6.
    pub const MAX: Self = Self(0x7);
    /// The smallest value, -6.
    pub const MIN: Self = Self(0xf);
    /// The smallest positive normal value, 1.
    pub const MIN_POSITIVE: Self = Self(0x2);
    /// The smallest positive value, 0.5.
    pub const MIN_SUBNORMAL: Self = Self(0x1);
}

minifloat!(E2m1);
