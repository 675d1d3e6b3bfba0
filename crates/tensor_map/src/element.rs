//! The elements of a tensor: their sizes, and what a copy does to them on its way.

use crate::{OutOfBounds, ReduceType};

/// `CUtensorMapDataType`: the elements, and how an out-of-range or denormal value is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TensorMapType {
    U8 = 0,
    U16 = 1,
    U32 = 2,
    I32 = 3,
    U64 = 4,
    I64 = 5,
    F16 = 6,
    F32 = 7,
    F64 = 8,
    Bf16 = 9,
    /// `f32` whose denormals reductions flush to zero.
    F32Ftz = 10,
    /// `f32` that loads round to TF32.
    Tf32 = 11,
    /// `f32` that loads round to TF32, and whose denormals reductions flush to zero.
    Tf32Ftz = 12,
}

/// Each 16 bits of the NaN that stands for an element outside of the tensor.
const OUT_OF_BOUNDS_NAN: u16 = 0x7ff7;
/// What every NaN becomes as a TF32.
const TF32_NAN: u32 = 0x7fff_e000;

impl TensorMapType {
    /// The size of an element, in bytes.
    pub const fn size(self) -> u64 {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::I32 | Self::F32 | Self::F32Ftz | Self::Tf32 | Self::Tf32Ftz => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether [`OutOfBounds::NanAsZero`] is allowed.
    pub const fn is_float(self) -> bool {
        !matches!(
            self,
            Self::U8 | Self::U16 | Self::U32 | Self::I32 | Self::U64 | Self::I64
        )
    }

    /// The elements that `cp.reduce.async.bulk.tensor` takes these for; `None` where the type cannot be
    /// reduced.
    ///
    /// PTX ISA, "cp.reduce.async.bulk.tensor", takes the type from the map and says no more; the types
    /// are those of "cp.reduce.async.bulk", which has no 8- or 16-bit integers and no TF32.
    pub const fn reduce_type(self) -> Option<ReduceType> {
        match self {
            Self::U32 => Some(ReduceType::U32),
            Self::I32 => Some(ReduceType::S32),
            Self::U64 => Some(ReduceType::U64),
            Self::I64 => Some(ReduceType::S64),
            Self::F16 => Some(ReduceType::F16),
            Self::Bf16 => Some(ReduceType::Bf16),
            Self::F32 | Self::F32Ftz => Some(ReduceType::F32),
            Self::F64 => Some(ReduceType::F64),
            Self::U8 | Self::U16 | Self::Tf32 | Self::Tf32Ftz => None,
        }
    }

    /// Writes whole elements as a load does where the tile lies outside of the tensor.
    ///
    /// PTX ISA, "Tensors: Out of Boundary Access", names the NaN `OOB-NaN` and does not give its bits.
    /// They are `0x7ff7` in each 16 bits of an element of any width, as later GPUs (sm_100, sm_120) are
    /// reported to write.
    pub fn fill(self, mode: OutOfBounds, elements: &mut [u8]) {
        let value = match mode {
            OutOfBounds::Zero => [0; 2],
            OutOfBounds::NanAsZero => OUT_OF_BOUNDS_NAN.to_le_bytes(),
        };
        for half in elements.chunks_mut(2) {
            half.copy_from_slice(&value[..half.len()]);
        }
    }

    /// Changes whole elements from the tensor as a load does: the TF32 types are rounded, the others are
    /// left alone. Fill values are not to be passed through this.
    ///
    /// To nearest, ties to even (PTX ISA, "Tensor Dimension, Size and Format"); denormals are kept. Every
    /// NaN becomes `0x7fffe000`, which is undocumented, as sm_100 and sm_120 are reported to do.
    pub fn convert_loaded(self, elements: &mut [u8]) {
        if matches!(self, Self::Tf32 | Self::Tf32Ftz) {
            for element in elements.as_chunks_mut::<4>().0 {
                *element = round_to_tf32(u32::from_le_bytes(*element)).to_le_bytes();
            }
        }
    }
}

/// The bits of an `f32` with its mantissa rounded to 10 bits.
const fn round_to_tf32(bits: u32) -> u32 {
    const DROPPED: u32 = (1 << 13) - 1;
    if f32::from_bits(bits).is_nan() {
        return TF32_NAN;
    }
    let odd = (bits >> 13) & 1;
    // A carry out of the mantissa raises the exponent, up to infinity, which is as it should be.
    (bits + DROPPED / 2 + odd) & !DROPPED
}

#[cfg(test)]
mod tests {
    use super::{OutOfBounds, TensorMapType, round_to_tf32};

    #[test]
    fn tf32_rounds_to_nearest_even_and_keeps_denormals() {
        let cases = [
            (0x3f80_1000, 0x3f80_0000),
            (0x3f80_1001, 0x3f80_2000),
            (0x3f80_3000, 0x3f80_4000),
            (0x0000_0001, 0x0000_0000),
            (0x8000_2000, 0x8000_2000),
            (0x007f_ffff, 0x0080_0000),
            (0x7f7f_ffff, 0x7f80_0000),
            (0xff80_0000, 0xff80_0000),
            (0xffc0_0001, 0x7fff_e000),
        ];
        for (bits, expected) in cases {
            assert_eq!(round_to_tf32(bits), expected, "{bits:#x}");
        }
    }

    #[test]
    fn loads_convert_tf32_alone() {
        let original = 0x3f80_1001_u32.to_le_bytes();
        for dtype in [
            TensorMapType::F32,
            TensorMapType::F32Ftz,
            TensorMapType::U32,
        ] {
            let mut element = original;
            dtype.convert_loaded(&mut element);
            assert_eq!(element, original, "{dtype:?}");
        }
        let mut element = original;
        TensorMapType::Tf32.convert_loaded(&mut element);
        assert_eq!(u32::from_le_bytes(element), 0x3f80_2000);
    }

    #[test]
    fn the_fill_is_a_nan_in_every_float_type() {
        let mut bytes = [0; 8];
        TensorMapType::F64.fill(OutOfBounds::NanAsZero, &mut bytes);
        assert!(f64::from_le_bytes(bytes).is_nan());
        assert!(f32::from_bits(0x7ff7_7ff7).is_nan());
        assert!(half::f16::from_bits(0x7ff7).is_nan());
        assert!(half::bf16::from_bits(0x7ff7).is_nan());
        assert_eq!(bytes, [0xf7, 0x7f, 0xf7, 0x7f, 0xf7, 0x7f, 0xf7, 0x7f]);
        TensorMapType::U8.fill(OutOfBounds::Zero, &mut bytes[..3]);
        assert_eq!(bytes[..4], [0, 0, 0, 0x7f]);
    }
}
