//! Conversions between `f32`, 16- and 8-bit floats, TF32 and integers.
//!
//! A pair keeps its first element in the low half. Names say the rounding unless it is to the nearest,
//! ties to even: `_rz` towards zero, `_rna` to the nearest with ties away from zero, and for integers
//! `_rm` down and `_rp` up. `_relu` makes negative results +0.
//!
//! What overflows becomes an infinity, or the greatest finite value towards zero and in 8 bits. A NaN
//! becomes the one NaN of its format, whose bits are all set but the sign. PTX ISA, "cvt". Executed by any
//! thread.

use half::{bf16, f16};

#[cfg(not(target_arch = "nvptx64"))]
use crate::rounding::{
    Rounding::{Nearest, NearestAway, Zero},
    bf16_bits, f16_bits, relu, tf32_bits,
};

mod fp8;
mod integer;

pub use fp8::{
    e4m3x2_to_f16x2, e4m3x2_to_f16x2_relu, e5m2x2_to_f16x2, e5m2x2_to_f16x2_relu, f16x2_to_e4m3x2,
    f16x2_to_e4m3x2_relu, f16x2_to_e5m2x2, f16x2_to_e5m2x2_relu, f32x2_to_e4m3x2,
    f32x2_to_e4m3x2_relu, f32x2_to_e5m2x2, f32x2_to_e5m2x2_relu,
};
pub use integer::{
    f32_to_i8, f32_to_i32, f32_to_i32_rm, f32_to_i32_rp, f32_to_i32_rz, f32_to_u8, f32_to_u32,
    f32_to_u32_rm, f32_to_u32_rp, f32_to_u32_rz, i32_to_f32, i32_to_f32_rm, i32_to_f32_rp,
    i32_to_f32_rz, u32_to_f32, u32_to_f32_rm, u32_to_f32_rp, u32_to_f32_rz,
};

/// A TF32 float in 32 bits: the upper 19 of an `f32`. The type that names it to the matrix instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Tf32(u32);

impl Tf32 {
    /// The float of these bits, of which the matrix instructions ignore the lowest 13.
    #[inline(always)]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits.
    #[inline(always)]
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The same value as `f32`.
    #[inline(always)]
    #[must_use]
    pub const fn to_f32(self) -> f32 {
        f32::from_bits(self.0)
    }
}

/// Two `f32` to a pair of 16-bit floats.
macro_rules! pairs {
    ($($name:ident, $ptx:literal, |$value:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(low: f32, high: f32) -> u32 {
            on! {
                gpu => compute!(reg32 u32 = concat!($ptx, " {0}, {1}, {2};"), reg32 high, reg32 low),
                sim => {
                    let one = |$value: f32| {
                        let $value = f64::from($value);
                        u32::from($sim)
                    };
                    one(low) | one(high) << 16
                },
            }
        }
    )* };
}

pairs! {
    f32x2_to_bf16x2, "cvt.rn.bf16x2.f32", |x| bf16_bits(x, Nearest), "Two `f32` as a pair of bf16, sm_80";
    f32x2_to_bf16x2_rz, "cvt.rz.bf16x2.f32", |x| bf16_bits(x, Zero), "Two `f32` as a pair of bf16, sm_80";
    f32x2_to_bf16x2_relu, "cvt.rn.relu.bf16x2.f32", |x| bf16_bits(relu(x), Nearest),
        "Two `f32` as a pair of bf16, sm_80";
    f32x2_to_bf16x2_rz_relu, "cvt.rz.relu.bf16x2.f32", |x| bf16_bits(relu(x), Zero),
        "Two `f32` as a pair of bf16, sm_80";
    f32x2_to_f16x2, "cvt.rn.f16x2.f32", |x| f16_bits(x, Nearest), "Two `f32` as a pair of f16, sm_80";
    f32x2_to_f16x2_rz, "cvt.rz.f16x2.f32", |x| f16_bits(x, Zero), "Two `f32` as a pair of f16, sm_80";
    f32x2_to_f16x2_relu, "cvt.rn.relu.f16x2.f32", |x| f16_bits(relu(x), Nearest),
        "Two `f32` as a pair of f16, sm_80";
    f32x2_to_f16x2_rz_relu, "cvt.rz.relu.f16x2.f32", |x| f16_bits(relu(x), Zero),
        "Two `f32` as a pair of f16, sm_80";
}

/// An `f32` to TF32.
macro_rules! tf32 {
    ($($name:ident, $ptx:literal, |$value:ident| $sim:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(value: f32) -> Tf32 {
            Tf32(on! {
                gpu => compute!(reg32 u32 = concat!($ptx, " {0}, {1};"), reg32 value),
                sim => {
                    let $value = value;
                    $sim
                },
            })
        }
    )* };
}

/// `.rna` drops bits of a NaN as it does of a number.
#[cfg(not(target_arch = "nvptx64"))]
fn tf32_away(value: f32) -> u32 {
    match value.is_nan() {
        true => value.to_bits() & !0x1fff,
        false => tf32_bits(value.into(), NearestAway),
    }
}

tf32! {
    f32_to_tf32, "cvt.rn.tf32.f32", |x| tf32_bits(x.into(), Nearest), "An `f32` as TF32, sm_90";
    f32_to_tf32_rna, "cvt.rna.tf32.f32", |x| tf32_away(x), "An `f32` as TF32, sm_80";
    f32_to_tf32_rz, "cvt.rz.tf32.f32", |x| tf32_bits(x.into(), Zero), "An `f32` as TF32, sm_90";
    f32_to_tf32_relu, "cvt.rn.relu.tf32.f32", |x| tf32_bits(relu(x.into()), Nearest), "An `f32` as TF32, sm_90";
    f32_to_tf32_rz_relu, "cvt.rz.relu.tf32.f32", |x| tf32_bits(relu(x.into()), Zero), "An `f32` as TF32, sm_90";
}

/// A bf16 as `f32`: exact, a shift.
#[inline(always)]
#[must_use]
pub fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits((bits as u32) << 16)
}

/// An f16 as `f32`: exact (`cvt.f32.f16`).
#[inline(always)]
#[must_use]
pub fn f16_to_f32(bits: u16) -> f32 {
    on! {
        gpu => compute!(reg32 f32 = "cvt.f32.f16 {0}, {1};", reg16 bits),
        sim => crate::rounding::f32_nearest(f16::from_bits(bits).to_f64()),
    }
}

/// An `f32` as bf16.
#[inline(always)]
#[must_use]
pub fn f32_to_bf16(value: f32) -> bf16 {
    bf16::from_bits(f32x2_to_bf16x2(value, 0.0) as u16)
}

/// An `f32` as f16.
#[inline(always)]
#[must_use]
pub fn f32_to_f16(value: f32) -> f16 {
    f16::from_bits(f32x2_to_f16x2(value, 0.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::{
        f16_to_f32, f32_to_tf32, f32x2_to_bf16x2, f32x2_to_bf16x2_relu, f32x2_to_bf16x2_rz,
        f32x2_to_f16x2, f32x2_to_f16x2_rz_relu,
    };

    #[test]
    fn the_first_element_is_the_low_half() {
        assert_eq!(f32x2_to_bf16x2(1.0, -2.0), 0xc000_3f80);
        assert_eq!(f32x2_to_f16x2(1.0, -2.0), 0xc000_3c00);
    }

    #[test]
    fn overflow_depends_on_the_rounding() {
        assert_eq!(f32x2_to_bf16x2(f32::MAX, 0.0), 0x7f80);
        assert_eq!(f32x2_to_bf16x2_rz(f32::MAX, f32::INFINITY), 0x7f80_7f7f);
        assert_eq!(f32x2_to_f16x2(1e5, -1e5), 0xfc00_7c00);
    }

    #[test]
    fn relu_keeps_nan() {
        assert_eq!(f32x2_to_bf16x2_relu(-3.0, f32::NAN), 0x7fff_0000);
        assert_eq!(f32x2_to_f16x2_rz_relu(-0.0, -f32::INFINITY), 0);
    }

    #[test]
    fn nan_is_canonical() {
        assert_eq!(f32x2_to_bf16x2(f32::from_bits(0xff80_0001), 0.0), 0x7fff);
        assert_eq!(f16_to_f32(0xfc01).to_bits(), 0x7fff_ffff);
        assert_eq!(f32_to_tf32(-f32::NAN).to_bits(), 0x7fff_e000);
    }
}
