//! What the signed small floats have in common: a trait for generic code, and the macro that gives
//! each format its methods and operators.

use core::fmt::{Debug, Display};
use core::ops::Neg;

use half::{bf16, f16};

/// A signed float of at most eight bits: `E4m3`, `E5m2` or `E2m1`.
///
/// For code generic over the format; each method is the inherent one of the same name.
pub trait Minifloat:
    Copy + Debug + Default + Display + Neg<Output = Self> + PartialOrd + Send + Sync + 'static
{
    /// Bits of a code.
    const BITS: u32;
    /// The largest finite value.
    const MAX: Self;

    /// The value whose code is `bits`; bits above the format's width are ignored.
    fn from_bits(bits: u8) -> Self;
    /// The code.
    fn to_bits(self) -> u8;
    /// The value nearest to `value`, ties to even, saturating.
    fn from_f32(value: f32) -> Self;
    /// The same value as `f32`.
    fn to_f32(self) -> f32;
    /// The value nearest to `value`, ties to even, saturating.
    fn from_bf16(value: bf16) -> Self;
    /// The same value as `bf16`.
    fn to_bf16(self) -> bf16;
    /// The value nearest to `value`, ties to even, saturating.
    fn from_f16(value: f16) -> Self;
    /// The same value as `f16`.
    fn to_f16(self) -> f16;
    /// Whether this is NaN.
    fn is_nan(self) -> bool;
}

/// Gives the newtype `$name`, whose `ENCODING` describes it, conversions, comparisons and formatting.
macro_rules! minifloat {
    ($name:ident) => {
        impl $name {
            /// Bits of a code.
            pub const BITS: u32 = Self::ENCODING.sign + 1;

            /// The value whose code is `bits`; bits above the format's width are ignored.
            #[inline(always)]
            #[must_use]
            pub const fn from_bits(bits: u8) -> Self {
                Self(bits & (u8::MAX >> (8 - Self::BITS)))
            }

            /// The code.
            #[inline(always)]
            #[must_use]
            pub const fn to_bits(self) -> u8 {
                self.0
            }

            /// The value nearest to `value`: ties to the even code, overflow to the largest finite
            /// value of the same sign, NaN as the [crate's documentation](crate#numerics) says.
            #[inline(always)]
            #[must_use]
            pub const fn from_f32(value: f32) -> Self {
                Self(Self::ENCODING.encode(value))
            }

            /// The same value as `f32`.
            #[inline(always)]
            #[must_use]
            pub const fn to_f32(self) -> f32 {
                Self::ENCODING.decode(self.0)
            }

            /// As [`from_f32`](Self::from_f32) of the same value.
            #[inline(always)]
            #[must_use]
            pub fn from_bf16(value: ::half::bf16) -> Self {
                Self::from_f32(value.to_f32())
            }

            /// The same value as `bf16`.
            #[inline(always)]
            #[must_use]
            pub fn to_bf16(self) -> ::half::bf16 {
                ::half::bf16::from_f32(self.to_f32())
            }

            /// As [`from_f32`](Self::from_f32) of the same value.
            #[inline(always)]
            #[must_use]
            pub fn from_f16(value: ::half::f16) -> Self {
                Self::from_f32(value.to_f32())
            }

            /// The same value as `f16`.
            #[inline(always)]
            #[must_use]
            pub fn to_f16(self) -> ::half::f16 {
                ::half::f16::from_f32(self.to_f32())
            }

            /// Whether this is NaN.
            #[inline(always)]
            #[must_use]
            pub const fn is_nan(self) -> bool {
                Self::ENCODING.is_nan(self.0)
            }

            /// Whether the sign bit is set; -0 and NaN have one too.
            #[inline(always)]
            #[must_use]
            pub const fn is_sign_negative(self) -> bool {
                self.0 & Self::ENCODING.sign_mask() != 0
            }

            /// The value without its sign.
            #[inline(always)]
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(Self::ENCODING.magnitude(self.0))
            }
        }

        impl crate::Minifloat for $name {
            const BITS: u32 = Self::BITS;
            const MAX: Self = Self::MAX;

            #[inline(always)]
            fn from_bits(bits: u8) -> Self {
                Self::from_bits(bits)
            }
            #[inline(always)]
            fn to_bits(self) -> u8 {
                self.to_bits()
            }
            #[inline(always)]
            fn from_f32(value: f32) -> Self {
                Self::from_f32(value)
            }
            #[inline(always)]
            fn to_f32(self) -> f32 {
                self.to_f32()
            }
            #[inline(always)]
            fn from_bf16(value: ::half::bf16) -> Self {
                Self::from_bf16(value)
            }
            #[inline(always)]
            fn to_bf16(self) -> ::half::bf16 {
                self.to_bf16()
            }
            #[inline(always)]
            fn from_f16(value: ::half::f16) -> Self {
                Self::from_f16(value)
            }
            #[inline(always)]
            fn to_f16(self) -> ::half::f16 {
                self.to_f16()
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }

        impl ::core::ops::Neg for $name {
            type Output = Self;

            #[inline(always)]
            fn neg(self) -> Self {
                Self(self.0 ^ Self::ENCODING.sign_mask())
            }
        }

        crate::minifloat::value_traits!($name);
    };
}

/// Comparison, widening and formatting of a newtype over `u8`, all by its value as `f32`.
macro_rules! value_traits {
    ($name:ident) => {
        /// IEEE 754 equality: NaN differs from itself, and zeros are equal.
        impl PartialEq for $name {
            #[inline(always)]
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        /// IEEE 754 order: NaN is unordered.
        impl PartialOrd for $name {
            #[inline(always)]
            fn partial_cmp(&self, other: &Self) -> Option<::core::cmp::Ordering> {
                self.to_f32().partial_cmp(&other.to_f32())
            }
        }

        impl From<$name> for f32 {
            #[inline(always)]
            fn from(value: $name) -> f32 {
                value.to_f32()
            }
        }

        /// The value, formatted as `f32` is.
        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.to_f32(), f)
            }
        }

        /// The value and its code: `E4m3(1.5 = 0x3c)`.
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let (value, bits) = (self.to_f32(), self.0);
                write!(
                    f,
                    concat!(stringify!($name), "({:?} = {:#04x})"),
                    value, bits
                )
            }
        }
    };
}

pub(crate) use {minifloat, value_traits};
