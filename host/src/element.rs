//! The element types of tensors.

use std::fmt;

use formats::{E2m1x2, E4m3, E5m2, E8m0};
use half::{bf16, f16};

use crate::device::tensor_map::Tiled;

/// The name of an element type.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DType {
    /// bfloat16: 8 bits of exponent, 7 of mantissa.
    Bf16,
    /// IEEE binary16.
    F16,
    /// IEEE binary32.
    F32,
    /// Signed 32-bit integer.
    I32,
    /// Unsigned byte.
    U8,
    /// OCP 8-bit float: 4 bits of exponent, 3 of mantissa.
    E4m3,
    /// OCP 8-bit float: 5 bits of exponent, 2 of mantissa.
    E5m2,
    /// Two 4-bit floats in a byte, the first in its low bits.
    E2m1x2,
    /// A power of two: the scale of an MX block.
    E8m0,
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::I32 => "i32",
            Self::U8 => "u8",
            Self::E4m3 => "e4m3",
            Self::E5m2 => "e5m2",
            Self::E2m1x2 => "e2m1x2",
            Self::E8m0 => "e8m0",
        })
    }
}

/// What a tensor holds.
///
/// # Safety
/// Every bit pattern is a value, and there is no padding.
pub unsafe trait Element: Copy + Send + Sync + fmt::Debug + 'static {
    /// The type's name.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ty: $dtype:ident;)*) => { $(
        // SAFETY: a plain number.
        unsafe impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )* };
}

elements! {
    bf16: Bf16;
    f16: F16;
    f32: F32;
    i32: I32;
    u8: U8;
    E4m3: E4m3;
    E5m2: E5m2;
    E2m1x2: E2m1x2;
    E8m0: E8m0;
}

/// A floating-point element: computed in `f32`, rounded to nearest even when stored; FP8 saturates.
pub trait Float: Tiled {
    /// What is added to values that are to become this: itself, or `bf16` for FP8.
    type Addend: Float;
    /// The value as `f32`, exactly.
    fn to_f32(self) -> f32;
    /// The nearest value to an `f32`, ties to even.
    fn from_f32(value: f32) -> Self;
}

impl Float for bf16 {
    type Addend = Self;
    fn to_f32(self) -> f32 {
        bf16::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        bf16::from_f32(value)
    }
}

impl Float for f16 {
    type Addend = Self;
    fn to_f32(self) -> f32 {
        f16::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        f16::from_f32(value)
    }
}

impl Float for E4m3 {
    type Addend = bf16;
    fn to_f32(self) -> f32 {
        Self::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        Self::from_f32(value)
    }
}

impl Float for E5m2 {
    type Addend = bf16;
    fn to_f32(self) -> f32 {
        Self::to_f32(self)
    }
    fn from_f32(value: f32) -> Self {
        Self::from_f32(value)
    }
}

impl Float for f32 {
    type Addend = Self;
    fn to_f32(self) -> f32 {
        self
    }
    fn from_f32(value: f32) -> Self {
        value
    }
}
