//! `E2m1x2`: the byte in which FP4 elements lie in memory.

use half::{bf16, f16};

use crate::E2m1;

/// Two [`E2m1`] in a byte: element 0 in the low nibble, element 1 in the high one.
///
/// ```text
/// bit  7   6 5   4   3   2 1   0
///      s1  e1    m1  s0  e0    m0
/// ```
///
/// A row of `K` elements is `K / 2` such bytes, element `k` in byte `k / 2`. `.e2m1x2` in PTX, whose
/// `cvt` takes the high element first; `__nv_fp4x2_e2m1` in CUDA. Equality is that of the bytes, so
/// that it tells +0 from -0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct E2m1x2(u8);

impl E2m1x2 {
    /// The pair held by a byte.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte.
    #[inline(always)]
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// Packs two elements.
    #[inline(always)]
    #[must_use]
    pub const fn new([low, high]: [E2m1; 2]) -> Self {
        Self(low.to_bits() | high.to_bits() << 4)
    }

    /// The two elements.
    #[inline(always)]
    #[must_use]
    pub const fn elements(self) -> [E2m1; 2] {
        [E2m1::from_bits(self.0), E2m1::from_bits(self.0 >> 4)]
    }

    /// Converts and packs, as `cvt.rn.satfinite.e2m1x2.f32 d, high, low` does.
    #[inline(always)]
    #[must_use]
    pub const fn from_f32([low, high]: [f32; 2]) -> Self {
        Self::new([E2m1::from_f32(low), E2m1::from_f32(high)])
    }

    /// The two values as `f32`.
    #[inline(always)]
    #[must_use]
    pub const fn to_f32(self) -> [f32; 2] {
        let [low, high] = self.elements();
        [low.to_f32(), high.to_f32()]
    }

    /// As [`from_f32`](Self::from_f32) of the same values.
    #[inline(always)]
    #[must_use]
    pub fn from_bf16([low, high]: [bf16; 2]) -> Self {
        Self::new([E2m1::from_bf16(low), E2m1::from_bf16(high)])
    }

    /// The two values as `bf16`.
    #[inline(always)]
    #[must_use]
    pub fn to_bf16(self) -> [bf16; 2] {
        self.elements().map(E2m1::to_bf16)
    }

    /// As [`from_f32`](Self::from_f32) of the same values.
    #[inline(always)]
    #[must_use]
    pub fn from_f16([low, high]: [f16; 2]) -> Self {
        Self::new([E2m1::from_f16(low), E2m1::from_f16(high)])
    }

    /// The two values as `f16`.
    #[inline(always)]
    #[must_use]
    pub fn to_f16(self) -> [f16; 2] {
        self.elements().map(E2m1::to_f16)
    }
}
