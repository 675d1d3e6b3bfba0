//! What products can be asked for.

use super::epilogue::Epilogue;
use crate::heuristics::hopper_gemm::Sums;
use crate::tensor::TensorView;

/// Options of products of 16-bit floats; `D` is the type of what is added, the result's own or, for FP8, `bf16`.
pub struct MmOptions<'a, D> {
    /// `[n]`, in any shape: added to each row of the result before it is rounded.
    pub bias: Option<TensorView<'a, D>>,
    /// What becomes of values after that.
    pub epilogue: Epilogue<'a, D>,
    /// A promise that nothing which may still run when the product is launched writes B, as nothing writes weights: then Hopper's
    /// kernels of few rows begin to read it while the work before them in the stream ends. Broken, the result is not defined.
    pub constant_b: bool,
}

/// Options of products of few rows.
pub struct TgvOptions<'a, T> {
    /// `[n]`, in any shape: added to each row of the result before it is rounded.
    pub bias: Option<TensorView<'a, T>>,
    /// Whether the product may begin while what comes before it in the stream ends (programmatic dependent launch). A hint,
    /// which changes no result: the product waits for what it reads in either case.
    pub pdl: bool,
    /// As [`MmOptions::constant_b`].
    pub constant_b: bool,
}

impl<'a, T> From<TgvOptions<'a, T>> for MmOptions<'a, T> {
    fn from(options: TgvOptions<'a, T>) -> Self {
        let TgvOptions {
            bias, constant_b, ..
        } = options;
        Self {
            bias,
            constant_b,
            ..Self::default()
        }
    }
}

/// Options of FP8 products; `D` is the type of what is added, the result's own or, for FP8, `bf16`.
///
/// ```text
/// value = alpha * a_scale * b_scale * (a b^T) + bias
/// ```
pub struct MmFp8Options<'a, D> {
    /// One element: a factor of everything.
    pub alpha: Option<TensorView<'a, f32>>,
    /// The scale of A: one element, or one for each row, a token (of all matrices of a batch), in any shape.
    pub a_scale: Option<TensorView<'a, f32>>,
    /// The scale of B: one element, or one for each row, an output channel (of all matrices of a batch), in any shape.
    pub b_scale: Option<TensorView<'a, f32>>,
    /// `[n]`, in any shape: added to each row of the result before it is rounded.
    pub bias: Option<TensorView<'a, D>>,
    /// What becomes of values after that.
    pub epilogue: Epilogue<'a, D>,
    /// Where sums are kept.
    pub accumulation: Accumulation,
    /// As [`MmOptions::constant_b`].
    pub constant_b: bool,
}

/// Where the sums of FP8 products are kept on Hopper. Other GPUs, the CPU, and operands that Hopper's engine cannot
/// move, sum in `f32`, whichever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accumulation {
    /// In the tensor cores, over all of K: as cuBLASLt's `FAST_ACCUM` and FlashInfer.
    ///
    /// They align the products of 32 elements and the sum so far to the largest of them, and keep some 14 bits. The
    /// error grows with K; DeepSeek-V3's report (section 3.3.2) finds up to 2 % of a result at K = 4096.
    #[default]
    Fast,
    /// In `f32` on CUDA cores, to which the tensor cores' sum of each 128 elements of K is added: as DeepGEMM. Errors are
    /// those of 128 elements, at some cost in speed.
    Promoted,
}

impl From<Accumulation> for Sums {
    fn from(accumulation: Accumulation) -> Self {
        match accumulation {
            Accumulation::Fast => Self::TensorCores,
            Accumulation::Promoted => Self::Promoted,
        }
    }
}

macro_rules! copied {
    ($($type:ident { $($field:ident),* })*) => { $(
        impl<D> Clone for $type<'_, D> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<D> Copy for $type<'_, D> {}

        // Derived ones would ask the same of `D`.
        impl<D> Default for $type<'_, D> {
            fn default() -> Self {
                Self { $($field: Default::default()),* }
            }
        }
    )* };
}

copied! {
    MmOptions { bias, epilogue, constant_b }
    TgvOptions { bias, pdl, constant_b }
    MmFp8Options { alpha, a_scale, b_scale, bias, epilogue, accumulation, constant_b }
}
