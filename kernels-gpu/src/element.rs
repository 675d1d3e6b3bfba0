//! Floating-point elements of tensors: stored narrow, computed in `f32`.

use cuda_std::{cvt, packed};
use half::{bf16, f16};

/// A float that kernels load, compute with in `f32`, and store rounded to nearest even.
pub trait Element: Copy + 'static {
    /// Elements in a 32-bit word.
    const PER_WORD: usize;

    /// The value as `f32`, exactly.
    fn to_f32(self) -> f32;

    /// The nearest value to an `f32`, ties to even.
    fn from_f32(value: f32) -> Self;

    /// The bits, in the low end of a word.
    fn to_word(self) -> u32;

    /// The elements of a word, the first in its low bits; an `f32` is the whole word and comes twice.
    fn unpack_word(word: u32) -> [f32; 2];

    /// The word of two elements; an `f32` is the first alone.
    fn pack_word(values: [f32; 2]) -> u32;

    /// The larger magnitude of `most`, which holds magnitudes, and of a word, element by element; NaN counts as nothing, as
    /// in PTX's `max`.
    fn max_magnitude(most: u32, word: u32) -> u32;
}

impl Element for bf16 {
    const PER_WORD: usize = 2;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        cvt::bf16_to_f32(self.to_bits())
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        cvt::f32_to_bf16(value)
    }

    #[inline(always)]
    fn to_word(self) -> u32 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn unpack_word(word: u32) -> [f32; 2] {
        [
            f32::from_bits(word << 16),
            f32::from_bits(word & 0xffff_0000),
        ]
    }

    #[inline(always)]
    fn pack_word(values: [f32; 2]) -> u32 {
        cvt::f32x2_to_bf16x2(values[0], values[1])
    }

    #[inline(always)]
    fn max_magnitude(most: u32, word: u32) -> u32 {
        packed::max_bf16x2(most, packed::abs_x2(word))
    }
}

impl Element for f16 {
    const PER_WORD: usize = 2;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        cvt::f16_to_f32(self.to_bits())
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        cvt::f32_to_f16(value)
    }

    #[inline(always)]
    fn to_word(self) -> u32 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn unpack_word(word: u32) -> [f32; 2] {
        [
            cvt::f16_to_f32(word as u16),
            cvt::f16_to_f32((word >> 16) as u16),
        ]
    }

    #[inline(always)]
    fn pack_word(values: [f32; 2]) -> u32 {
        cvt::f32x2_to_f16x2(values[0], values[1])
    }

    #[inline(always)]
    fn max_magnitude(most: u32, word: u32) -> u32 {
        packed::max_f16x2(most, packed::abs_x2(word))
    }
}

impl Element for f32 {
    const PER_WORD: usize = 1;

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn to_word(self) -> u32 {
        self.to_bits()
    }

    #[inline(always)]
    fn unpack_word(word: u32) -> [f32; 2] {
        [f32::from_bits(word); 2]
    }

    #[inline(always)]
    fn pack_word(values: [f32; 2]) -> u32 {
        values[0].to_bits()
    }

    #[inline(always)]
    fn max_magnitude(most: u32, word: u32) -> u32 {
        f32::from_bits(most)
            .max(f32::from_bits(word).abs())
            .to_bits()
    }
}
