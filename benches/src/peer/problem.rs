//! What the peer is asked to compute.

use std::fmt;

use super::error::Error;

/// The most that a dimension may be; it keeps every product of two of them within `i64`.
const LARGEST: usize = i32::MAX as usize;

/// `C[m, n] = A[m, k] * B[n, k]^T`: all row-major and dense, summed in `f32`; `batch` of them, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Rows of `A` and of `C`.
    pub m: usize,
    /// Rows of `B`, columns of `C`.
    pub n: usize,
    /// Columns of `A` and of `B`.
    pub k: usize,
    /// Independent products.
    pub batch: usize,
    /// Element types, and how they are scaled.
    pub types: Types,
}

/// Element types of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Types {
    /// `bf16 * bf16 -> bf16`.
    Bf16,
    /// `bf16 * bf16 -> f32`.
    Bf16ToF32,
    /// `f16 * f16 -> f16`.
    F16,
    /// `e4m3 * e4m3 -> bf16`, with factors in `f32`.
    Fp8 {
        /// What a factor is for.
        scaling: Scaling,
        /// Leave sums in the tensor cores' narrower accumulators throughout.
        fast: bool,
    },
}

/// What a scale factor of an FP8 operand is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// The operand.
    Tensor,
    /// A row of the operand.
    Row,
    /// 128 elements of a row of the operand.
    Row128,
    /// 128 elements of a row of `A`; a block of 128 x 128 of `B`.
    Block128,
}

impl Scaling {
    /// Whether factors are within the sums.
    #[must_use]
    pub const fn is_by_128(self) -> bool {
        matches!(self, Self::Row128 | Self::Block128)
    }
}

impl Types {
    /// FP8 as it is commonly run: with fast accumulation, but where blocks are scaled, whose sums are promoted anyway.
    #[must_use]
    pub const fn fp8(scaling: Scaling) -> Self {
        let fast = !scaling.is_by_128();
        Self::Fp8 { scaling, fast }
    }

    /// How the operands are scaled, if they are.
    #[must_use]
    pub const fn scaling(self) -> Option<Scaling> {
        match self {
            Self::Fp8 { scaling, .. } => Some(scaling),
            Self::Bf16 | Self::Bf16ToF32 | Self::F16 => None,
        }
    }
}

impl Problem {
    /// One product.
    #[must_use]
    pub const fn new(m: usize, n: usize, k: usize, types: Types) -> Self {
        Self {
            m,
            n,
            k,
            batch: 1,
            types,
        }
    }

    /// Refuses what the library does not define; the rest is for its heuristics to refuse.
    ///
    /// Block scales are checked here because the library computes nonsense without a word when their layout is off.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(&self) -> Result<(), Error> {
        let sizes = [self.m, self.n, self.k, self.batch];
        let scaling = self.types.scaling();
        let is_by_128 = scaling.is_some_and(Scaling::is_by_128);
        let reason = if sizes.contains(&0) {
            "it is empty"
        } else if sizes.iter().any(|&size| size > LARGEST) {
            "a dimension is over 2^31 - 1"
        } else if self.batch > 1 && (is_by_128 || scaling == Some(Scaling::Row)) {
            "the scales of a batch are defined for whole tensors only"
        } else if is_by_128 && !(self.m | self.n).is_multiple_of(4) {
            "with block scales, m and n must be multiples of 4"
        } else {
            return Ok(());
        };
        Err(Error::Unsupported {
            problem: *self,
            reason,
        })
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scaling, fast) = match *self {
            Self::Bf16 => return f.write_str("bf16"),
            Self::Bf16ToF32 => return f.write_str("bf16 -> f32"),
            Self::F16 => return f.write_str("f16"),
            Self::Fp8 { scaling, fast } => (scaling, fast),
        };
        let scaling = match scaling {
            Scaling::Tensor => "per tensor",
            Scaling::Row => "per row",
            Scaling::Row128 => "per 128 of a row",
            Scaling::Block128 => "per block of 128",
        };
        let accumulation = if fast { ", fast accumulation" } else { "" };
        write!(f, "e4m3 -> bf16 scaled {scaling}{accumulation}")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.batch != 1 {
            write!(f, "{} x ", self.batch)?;
        }
        let Self { m, n, k, types, .. } = self;
        write!(f, "m {m} n {n} k {k}, {types}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, Scaling, Types};

    #[test]
    fn a_problem_reads_well() {
        let problem = Problem::new(16, 4096, 7168, Types::fp8(Scaling::Row));
        let text = "m 16 n 4096 k 7168, e4m3 -> bf16 scaled per row, fast accumulation";
        assert_eq!(problem.to_string(), text);
        let batched = Problem {
            batch: 8,
            ..Problem::new(1, 2, 3, Types::Bf16)
        };
        assert_eq!(batched.to_string(), "8 x m 1 n 2 k 3, bf16");
    }

    #[test]
    fn fast_accumulation_is_for_whole_tensors_and_rows() {
        for (scaling, expected) in [
            (Scaling::Tensor, true),
            (Scaling::Row, true),
            (Scaling::Row128, false),
            (Scaling::Block128, false),
        ] {
            let Types::Fp8 { fast, .. } = Types::fp8(scaling) else {
                panic!("not FP8");
            };
            assert_eq!(fast, expected, "{scaling:?}");
        }
    }

    #[test]
    fn what_the_library_leaves_undefined_is_refused() {
        let block = Types::fp8(Scaling::Block128);
        let two = |types| Problem {
            batch: 2,
            ..Problem::new(16, 16, 128, types)
        };
        for refused in [
            Problem::new(0, 16, 16, Types::Bf16),
            Problem::new(16, 1 << 31, 16, Types::Bf16),
            Problem::new(6, 128, 128, block),
            Problem::new(128, 129, 128, block),
            Problem::new(128, 129, 128, Types::fp8(Scaling::Row128)),
            two(block),
            two(Types::fp8(Scaling::Row)),
        ] {
            assert!(
                refused.check().is_err_and(|error| error.is_unsolved()),
                "{refused}"
            );
        }
        for taken in [
            Problem::new(1, 1, 1, Types::F16),
            Problem::new(4, 132, 100, block),
            two(Types::fp8(Scaling::Tensor)),
            two(Types::Bf16ToF32),
        ] {
            assert!(taken.check().is_ok(), "{taken}");
        }
    }
}
