//! FP8 codes of octets, from numbers and back.

use cuda_std::bits::join;

use super::fp8::E5M2;
use crate::octet::{OCTET, Octet};

/// The two formats of one byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fp8Format {
    E4m3,
    E5m2,
}

impl Fp8Format {
    /// That of a kernel's flags.
    #[inline(always)]
    pub fn of(flags: u32) -> Self {
        if flags & E5M2 == 0 {
            Self::E4m3
        } else {
            Self::E5m2
        }
    }

    /// The largest value.
    #[inline(always)]
    pub fn largest(self) -> f32 {
        match self {
            Self::E4m3 => 448.0,
            Self::E5m2 => 57344.0,
        }
    }

    /// `1 / largest`.
    #[inline(always)]
    pub fn reciprocal_of_largest(self) -> f32 {
        match self {
            Self::E4m3 => 1.0 / 448.0,
            Self::E5m2 => 1.0 / 57344.0,
        }
    }

    /// The codes of `value * multiplier`, the first in the lowest byte of the first word; those beyond the largest value
    /// become that.
    #[inline(always)]
    pub fn encode(self, octet: &Octet, multiplier: f32) -> [u32; 2] {
        match self {
            Self::E4m3 => encode(octet, multiplier, pairs::e4m3),
            Self::E5m2 => encode(octet, multiplier, pairs::e5m2),
        }
    }

    /// The values of eight codes.
    #[inline(always)]
    pub fn decode(self, codes: [u32; 2]) -> Octet {
        match self {
            Self::E4m3 => decode(codes, pairs::of_e4m3),
            Self::E5m2 => decode(codes, pairs::of_e5m2),
        }
    }
}

/// Writes the first `count` of eight codes, or all.
///
/// # Safety
/// `to` is valid for so many.
#[inline(always)]
pub(super) unsafe fn write_first(to: *mut u8, codes: [u32; 2], count: u32) {
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the codes.
            unsafe { *to.add(i) = (codes[i / 4] >> (i % 4 * 8)) as u8 };
        }
        i += 1;
    }
}

/// Reads the first `count` of eight codes, or all; zeros past them.
///
/// # Safety
/// `from` is valid for so many.
#[inline(always)]
pub(crate) unsafe fn read_first(from: *const u8, count: u32) -> [u32; 2] {
    let mut codes = [0; 2];
    let mut i = 0;
    while i < OCTET {
        if (i as u32) < count {
            // SAFETY: one of the codes.
            codes[i / 4] |= u32::from(unsafe { *from.add(i) }) << (i % 4 * 8);
        }
        i += 1;
    }
    codes
}

/// The e4m3 of one number.
#[inline(always)]
pub(super) fn e4m3(value: f32) -> u8 {
    pairs::e4m3(value, 0.0) as u8
}

/// The number of one e4m3.
#[inline(always)]
pub(super) fn of_e4m3(code: u8) -> f32 {
    let [value, _] = pairs::of_e4m3(code.into());
    value
}

#[inline(always)]
fn encode(octet: &Octet, multiplier: f32, pair: impl Fn(f32, f32) -> u16) -> [u32; 2] {
    let pair = |i: usize| pair(octet[i] * multiplier, octet[i + 1] * multiplier);
    [join(pair(0), pair(2)), join(pair(4), pair(6))]
}

#[inline(always)]
fn decode(codes: [u32; 2], pair: impl Fn(u16) -> [f32; 2]) -> Octet {
    let mut octet = [0.0; OCTET];
    let mut i = 0;
    while i < OCTET {
        [octet[i], octet[i + 1]] = pair((codes[i / 4] >> (i % 4 * 8)) as u16);
        i += 2;
    }
    octet
}

#[cfg(not(target_arch = "nvptx64"))]
use instructions as pairs;

#[cfg(target_arch = "nvptx64")]
use chosen::pairs;

/// The instructions where it is certain that they are there, else arithmetic.
#[cfg(target_arch = "nvptx64")]
mod chosen {
    #[cfg(not(cuda_arch = "sm_90a"))]
    pub(super) use super::arithmetic as pairs;
    #[cfg(cuda_arch = "sm_90a")]
    pub(super) use super::instructions as pairs;
}

/// Two numbers at once, by instructions of compute capability 8.9, which the simulator has too.
#[allow(dead_code)] // where arithmetic is chosen
mod instructions {
    use cuda_std::cvt;

    #[inline(always)]
    pub(super) fn e4m3(low: f32, high: f32) -> u16 {
        cvt::f32x2_to_e4m3x2(low, high)
    }

    #[inline(always)]
    pub(super) fn e5m2(low: f32, high: f32) -> u16 {
        cvt::f32x2_to_e5m2x2(low, high)
    }

    #[inline(always)]
    fn halves(pair: u32) -> [f32; 2] {
        [
            cvt::f16_to_f32(pair as u16),
            cvt::f16_to_f32((pair >> 16) as u16),
        ]
    }

    #[inline(always)]
    pub(super) fn of_e4m3(codes: u16) -> [f32; 2] {
        halves(cvt::e4m3x2_to_f16x2(codes))
    }

    #[inline(always)]
    pub(super) fn of_e5m2(codes: u16) -> [f32; 2] {
        halves(cvt::e5m2x2_to_f16x2(codes))
    }
}

/// Two numbers at once, by arithmetic that every GPU has.
#[cfg(any(test, target_arch = "nvptx64"))]
#[allow(dead_code)] // where the instructions are chosen
mod arithmetic {
    use formats::{E4m3, E5m2};

    #[inline(always)]
    pub(super) fn e4m3(low: f32, high: f32) -> u16 {
        let code = |value| u16::from(E4m3::from_f32(value).to_bits());
        code(low) | code(high) << 8
    }

    #[inline(always)]
    pub(super) fn e5m2(low: f32, high: f32) -> u16 {
        let code = |value| u16::from(E5m2::from_f32(value).to_bits());
        code(low) | code(high) << 8
    }

    #[inline(always)]
    pub(super) fn of_e4m3(codes: u16) -> [f32; 2] {
        let value = |code: u16| E4m3::from_bits(code as u8).to_f32();
        [value(codes), value(codes >> 8)]
    }

    #[inline(always)]
    pub(super) fn of_e5m2(codes: u16) -> [f32; 2] {
        let value = |code: u16| E5m2::from_bits(code as u8).to_f32();
        [value(codes), value(codes >> 8)]
    }
}

#[cfg(test)]
mod tests {
    use super::{arithmetic, instructions};

    /// Values around all that round, and the ends of the range, of both signs.
    fn landmarks() -> impl Iterator<Item = f32> {
        let uppers = (0..=u16::MAX).map(|upper| f32::from_bits(u32::from(upper) << 16));
        uppers.flat_map(|value| [value, value.next_up(), value.next_down()])
    }

    #[test]
    fn arithmetic_and_instructions_agree() {
        for value in landmarks() {
            let pairs = [(value, 1.0), (-3.0, value)];
            for (low, high) in pairs {
                assert_eq!(arithmetic::e4m3(low, high), instructions::e4m3(low, high));
                assert_eq!(arithmetic::e5m2(low, high), instructions::e5m2(low, high));
            }
        }
        let same = |a: [f32; 2], b: [f32; 2]| {
            let equal =
                |i: usize| a[i].to_bits() == b[i].to_bits() || a[i].is_nan() && b[i].is_nan();
            equal(0) && equal(1)
        };
        for codes in 0..=u16::MAX {
            assert!(same(
                arithmetic::of_e4m3(codes),
                instructions::of_e4m3(codes)
            ));
            assert!(same(
                arithmetic::of_e5m2(codes),
                instructions::of_e5m2(codes)
            ));
        }
    }
}
