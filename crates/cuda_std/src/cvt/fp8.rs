//! Pairs of 8-bit floats. Down-conversions round to the nearest, ties to even, and saturate.

#[cfg(not(target_arch = "nvptx64"))]
use formats::{E4m3, E5m2};
#[cfg(not(target_arch = "nvptx64"))]
use half::f16;

#[cfg(not(target_arch = "nvptx64"))]
use crate::rounding::{Rounding::Nearest, f16_bits, relu};

/// The codes of two values.
#[cfg(not(target_arch = "nvptx64"))]
fn encode(values: [f32; 2], code: impl Fn(f32) -> u8) -> u16 {
    u16::from_le_bytes(values.map(code))
}

/// The values of a pair of f16.
#[cfg(not(target_arch = "nvptx64"))]
fn halves(pair: u32) -> [f32; 2] {
    [pair as u16, (pair >> 16) as u16].map(|bits| f16::from_bits(bits).to_f32())
}

/// The pair of f16 of two codes, exactly.
#[cfg(not(target_arch = "nvptx64"))]
fn decode(codes: u16, value: impl Fn(u8) -> f64) -> u32 {
    let [low, high] = codes
        .to_le_bytes()
        .map(|code| u32::from(f16_bits(value(code), Nearest)));
    low | high << 16
}

/// What the `.relu` forms make of a value.
#[cfg(not(target_arch = "nvptx64"))]
fn clamp(value: f32) -> f32 {
    relu(f64::from(value)) as f32
}

macro_rules! from_f32 {
    ($($name:ident, $ptx:literal, |$value:ident| $sim:expr;)*) => { $(
        #[doc = concat!("Two `f32` as a pair of 8-bit floats (`", $ptx, "`, sm_89; in PTX ISA 7.8 and 8.0 sm_90).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(low: f32, high: f32) -> u16 {
            on! {
                gpu => compute!(reg16 u16 = concat!($ptx, " {0}, {1}, {2};"), reg32 high, reg32 low),
                sim => encode([low, high], |$value| $sim.to_bits()),
            }
        }
    )* };
}

from_f32! {
    f32x2_to_e4m3x2, "cvt.rn.satfinite.e4m3x2.f32", |x| E4m3::from_f32(x);
    f32x2_to_e4m3x2_relu, "cvt.rn.satfinite.relu.e4m3x2.f32", |x| E4m3::from_f32(clamp(x));
    f32x2_to_e5m2x2, "cvt.rn.satfinite.e5m2x2.f32", |x| E5m2::from_f32(x);
    f32x2_to_e5m2x2_relu, "cvt.rn.satfinite.relu.e5m2x2.f32", |x| E5m2::from_f32(clamp(x));
}

macro_rules! from_f16 {
    ($($name:ident, $ptx:literal, |$value:ident| $sim:expr;)*) => { $(
        #[doc = concat!("A pair of f16 as a pair of 8-bit floats (`", $ptx, "`, sm_89; in PTX ISA 7.8 and 8.0 sm_90).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(pair: u32) -> u16 {
            on! {
                gpu => compute!(reg16 u16 = concat!($ptx, " {0}, {1};"), reg32 pair),
                sim => encode(halves(pair), |$value| $sim.to_bits()),
            }
        }
    )* };
}

from_f16! {
    f16x2_to_e4m3x2, "cvt.rn.satfinite.e4m3x2.f16x2", |x| E4m3::from_f32(x);
    f16x2_to_e4m3x2_relu, "cvt.rn.satfinite.relu.e4m3x2.f16x2", |x| E4m3::from_f32(clamp(x));
    f16x2_to_e5m2x2, "cvt.rn.satfinite.e5m2x2.f16x2", |x| E5m2::from_f32(x);
    f16x2_to_e5m2x2_relu, "cvt.rn.satfinite.relu.e5m2x2.f16x2", |x| E5m2::from_f32(clamp(x));
}

macro_rules! to_f16 {
    ($($name:ident, $ptx:literal, |$code:ident| $sim:expr;)*) => { $(
        #[doc = concat!("A pair of 8-bit floats as a pair of f16, exactly (`", $ptx, "`, sm_89; in PTX ISA 7.8 and 8.0 sm_90).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(codes: u16) -> u32 {
            on! {
                gpu => compute!(reg32 u32 = concat!($ptx, " {0}, {1};"), reg16 codes),
                sim => decode(codes, |$code| $sim),
            }
        }
    )* };
}

to_f16! {
    e4m3x2_to_f16x2, "cvt.rn.f16x2.e4m3x2", |x| f64::from(E4m3::from_bits(x).to_f32());
    e4m3x2_to_f16x2_relu, "cvt.rn.relu.f16x2.e4m3x2", |x| relu(f64::from(E4m3::from_bits(x).to_f32()));
    e5m2x2_to_f16x2, "cvt.rn.f16x2.e5m2x2", |x| f64::from(E5m2::from_bits(x).to_f32());
    e5m2x2_to_f16x2_relu, "cvt.rn.relu.f16x2.e5m2x2", |x| relu(f64::from(E5m2::from_bits(x).to_f32()));
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::{
        e4m3x2_to_f16x2, e5m2x2_to_f16x2, e5m2x2_to_f16x2_relu, f16x2_to_e4m3x2, f16x2_to_e5m2x2,
        f32x2_to_e4m3x2, f32x2_to_e4m3x2_relu, f32x2_to_e5m2x2,
    };

    /// An E5M2 code is the upper byte of the f16 of the same value.
    #[test]
    fn e5m2_is_half_an_f16() {
        for code in 0..=u8::MAX {
            let pair = e5m2x2_to_f16x2(u16::from_le_bytes([code, 0x3c]));
            let exact = u16::from(code) << 8;
            let nan = f16::from_bits(exact).is_nan();
            assert_eq!(
                pair,
                0x3c00_0000 | u32::from(if nan { 0x7fff } else { exact })
            );
        }
    }

    /// Of every f16, the nearest E5M2 by integer arithmetic on its bits.
    #[test]
    fn f16_rounds_to_e5m2_by_its_bits() {
        for bits in 0..=u16::MAX {
            let rounded = bits.wrapping_add(0x7f + (bits >> 8 & 1)) >> 8 & 0x7f;
            let expected = match bits & 0x7fff {
                0x7c01.. => 0x7f,
                _ => rounded.min(0x7b) | bits >> 8 & 0x80,
            };
            assert_eq!(f16x2_to_e5m2x2(u32::from(bits)), expected, "{bits:04x}");
        }
    }

    #[test]
    fn both_sources_give_the_same_code() {
        for bits in 0..=u16::MAX {
            let value = f16::from_bits(bits).to_f32();
            assert_eq!(
                f16x2_to_e4m3x2(u32::from(bits)),
                f32x2_to_e4m3x2(value, 0.0)
            );
            assert_eq!(
                f16x2_to_e5m2x2(u32::from(bits)),
                f32x2_to_e5m2x2(value, 0.0)
            );
        }
    }

    #[test]
    fn the_first_element_is_the_low_byte() {
        assert_eq!(f32x2_to_e4m3x2(1.0, -1e9), 0xfe38);
        assert_eq!(e4m3x2_to_f16x2(0xfe38), 0xdf00_3c00);
    }

    #[test]
    fn relu_keeps_nan() {
        assert_eq!(f32x2_to_e4m3x2_relu(-1.0, f32::NAN), 0x7f00);
        assert_eq!(e5m2x2_to_f16x2_relu(0xfdc0), 0x7fff_0000);
    }
}
