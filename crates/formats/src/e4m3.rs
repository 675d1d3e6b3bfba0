//! `E4m3`: the FP8 format of weights, activations and NVFP4 block scales.

use crate::encoding::Encoding;
use crate::minifloat::minifloat;

/// An 8-bit float of 4 exponent and 3 mantissa bits, with neither infinities nor more than one NaN
/// per sign.
///
/// The "fn" variant: `float8_e4m3fn` in PyTorch, `__nv_fp8_e4m3` in CUDA, `.e4m3` in PTX; E4M3 in the
/// OCP "8-bit Floating Point Specification" 1.0, table 1. Bias 7; the code `s.1111.111` is NaN, and
/// the others of the top binade are numbers, hence 448 rather than 240.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct E4m3(u8);

impl E4m3 {
    pub(crate) const ENCODING: Encoding = Encoding {
        mantissa: 3,
        bias: 7,
        sign: 7,
        max: 0x7e,
        infinity: None,
        nan: 0x7f,
    };

    /// +0.
    pub const ZERO: Self = Self(0x00);
    /// 1.
    pub const ONE: Self = Self(0x38);
    /// The largest value, 448.
    pub const MAX: Self = Self(0x7e);
    /// The smallest value, -448.
    pub const MIN: Self = Self(0xfe);
    /// The smallest positive normal value, 2^-6.
    pub const MIN_POSITIVE: Self = Self(0x08);
    /// The smallest positive value, 2^-9.
    pub const MIN_SUBNORMAL: Self = Self(0x01);
    /// The NaN that conversions give.
    pub const NAN: Self = Self(0x7f);
}

minifloat!(E4m3);
