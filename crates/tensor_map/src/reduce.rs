//! The arithmetic of reducing copies.
//!
//! PTX ISA, "cp.reduce.async.bulk", into global memory; `ptxas` 13.0 accepts just these for sm_90a:
//!
//! | operation | elements |
//! |---|---|
//! | `add` | `u32 s32 u64 f16 bf16 f32 f64` |
//! | `min`, `max` | `u32 s32 u64 s64 f16 bf16` |
//! | `inc`, `dec` | `u32` |
//! | `and`, `or`, `xor` | `b32 b64`, taken here as integers of either sign |
//!
//! # Numerics
//!
//! Integer sums wrap. `inc` and `dec` count within `0..=source`. Floating-point sums round to nearest,
//! ties to even, and keep denormals: those of `f16` and `bf16` by `.noftz`, those of `f32` on an H200, though
//! PTX has `red.add.f32` flush them. PTX does not say what becomes of NaN: a sum that is NaN has every bit
//! set but the sign, and a minimum or maximum of one NaN is the other element, as in the `min` and `max`
//! instructions, to which -0 is less than +0. An H200 does the same.

use core::{error, fmt};

use half::{bf16, f16};

/// What a reducing copy does with the destination and the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReduceOp {
    /// The sum.
    Add,
    /// The lesser.
    Min,
    /// The greater.
    Max,
    /// One more, or zero where the destination is not less than the source.
    Inc,
    /// One less, or the source where the destination is zero or greater than the source.
    Dec,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

/// The elements that a reducing copy works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ReduceType {
    U32,
    S32,
    U64,
    S64,
    F16,
    Bf16,
    F32,
    F64,
}

impl ReduceType {
    /// The size of an element, in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::U32 | Self::S32 | Self::F32 => 4,
            Self::U64 | Self::S64 | Self::F64 => 8,
        }
    }

    const fn is_integer(self) -> bool {
        matches!(self, Self::U32 | Self::S32 | Self::U64 | Self::S64)
    }
}

impl ReduceOp {
    /// Whether there is such an instruction into global memory.
    pub const fn accepts(self, dtype: ReduceType) -> bool {
        match self {
            Self::Add => !matches!(dtype, ReduceType::S64),
            Self::Min | Self::Max => !matches!(dtype, ReduceType::F32 | ReduceType::F64),
            Self::Inc | Self::Dec => matches!(dtype, ReduceType::U32),
            Self::And | Self::Or | Self::Xor => dtype.is_integer(),
        }
    }
}

/// Why bytes cannot be reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReduceError {
    /// PTX has no such operation on these elements.
    #[allow(missing_docs, reason = "the names say it")]
    Unsupported { op: ReduceOp, dtype: ReduceType },
    /// There are not as many bytes on either side, or not whole elements.
    #[allow(missing_docs, reason = "the names say it")]
    Lengths { destination: usize, source: usize },
}

impl fmt::Display for ReduceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { op, dtype } => {
                write!(f, "a bulk copy has no reduction {op:?} of {dtype:?}")
            }
            Self::Lengths {
                destination,
                source,
            } => write!(
                f,
                "{source} bytes are not reduced into {destination}: both are as many whole elements"
            ),
        }
    }
}

impl error::Error for ReduceError {}

/// Reduces the little-endian elements of `source` into those of `destination`, one by one.
///
/// # Errors
/// Where PTX has no such instruction, or the two are not as many whole elements; nothing is changed then.
pub fn reduce(
    op: ReduceOp,
    dtype: ReduceType,
    destination: &mut [u8],
    source: &[u8],
) -> Result<(), ReduceError> {
    if !op.accepts(dtype) {
        return Err(ReduceError::Unsupported { op, dtype });
    }
    let lengths = (destination.len(), source.len());
    if lengths.0 != lengths.1 || !lengths.0.is_multiple_of(dtype.size()) {
        let (destination, source) = lengths;
        return Err(ReduceError::Lengths {
            destination,
            source,
        });
    }
    reduce_elements(op, dtype, destination, source);
    Ok(())
}

fn reduce_elements(op: ReduceOp, dtype: ReduceType, destination: &mut [u8], source: &[u8]) {
    /// Reads two elements, reduces them, and writes the result.
    macro_rules! each {
        ($type:ty, $reduce:expr) => {
            for (d, s) in destination
                .as_chunks_mut()
                .0
                .iter_mut()
                .zip(source.as_chunks().0)
            {
                *d = $reduce(op, <$type>::from_le_bytes(*d), <$type>::from_le_bytes(*s))
                    .to_le_bytes();
            }
        };
    }
    match dtype {
        ReduceType::U32 => each!(u32, reduce_u32),
        ReduceType::S32 => each!(i32, reduce_s32),
        ReduceType::U64 => each!(u64, reduce_u64),
        ReduceType::S64 => each!(i64, reduce_s64),
        ReduceType::F16 => each!(f16, reduce_f16),
        ReduceType::Bf16 => each!(bf16, reduce_bf16),
        ReduceType::F32 => each!(f32, |_, d, s| add_f32(d, s)),
        ReduceType::F64 => each!(f64, |_, d, s| add_f64(d, s)),
    }
}

/// Defines the reductions of an integer type.
macro_rules! integer {
    ($name:ident, $type:ty) => {
        fn $name(op: ReduceOp, d: $type, s: $type) -> $type {
            match op {
                ReduceOp::Add => d.wrapping_add(s),
                ReduceOp::Min => d.min(s),
                ReduceOp::Max => d.max(s),
                ReduceOp::Inc if d >= s => 0,
                ReduceOp::Inc => d.wrapping_add(1),
                ReduceOp::Dec if d == 0 || d > s => s,
                ReduceOp::Dec => d.wrapping_sub(1),
                ReduceOp::And => d & s,
                ReduceOp::Or => d | s,
                ReduceOp::Xor => d ^ s,
            }
        }
    };
}

integer!(reduce_u32, u32);
integer!(reduce_s32, i32);
integer!(reduce_u64, u64);
integer!(reduce_s64, i64);

/// Defines the reductions of a 16-bit floating-point type: the sum, and the extremes for all else, which
/// are the only operations that [`ReduceOp::accepts`] lets through.
macro_rules! half_float {
    ($name:ident, $type:ty) => {
        fn $name(op: ReduceOp, d: $type, s: $type) -> $type {
            let sum = d.to_f32() + s.to_f32();
            match op {
                // `f32` has more than twice the mantissa, so that rounding twice is rounding once.
                ReduceOp::Add if !sum.is_nan() => <$type>::from_f32(sum),
                ReduceOp::Add => <$type>::from_bits(0x7fff),
                _ if d.is_nan() && s.is_nan() => <$type>::from_bits(0x7fff),
                _ if d.is_nan() => s,
                _ if s.is_nan() => d,
                ReduceOp::Min => {
                    if d.total_cmp(&s).is_le() {
                        d
                    } else {
                        s
                    }
                }
                _ => {
                    if d.total_cmp(&s).is_ge() {
                        d
                    } else {
                        s
                    }
                }
            }
        }
    };
}

half_float!(reduce_f16, f16);
half_float!(reduce_bf16, bf16);

fn add_f32(d: f32, s: f32) -> f32 {
    let sum = d + s;
    if sum.is_nan() {
        f32::from_bits(0x7fff_ffff)
    } else {
        sum
    }
}

fn add_f64(d: f64, s: f64) -> f64 {
    let sum = d + s;
    if sum.is_nan() {
        f64::from_bits(u64::MAX >> 1)
    } else {
        sum
    }
}
