//! What an answer is for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::element::{DType, Element};
use crate::heuristics::hopper_gemm::{HopperShape, Sums};

/// A batch of products `C = A B^T`, as far as the choice of a plan may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GemmProblem {
    /// The elements of A.
    pub a: DType,
    /// The elements of B.
    pub b: DType,
    /// The elements of C.
    pub c: DType,
    /// Where sums are kept.
    pub sums: Sums,
    /// Whether C has an epilogue; files say it of those that have one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub epilogue: bool,
    /// Products.
    pub batch: usize,
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Columns of A and B.
    pub k: usize,
}

impl GemmProblem {
    /// The product of these types and `[batch, m, n, k]`.
    #[must_use]
    pub fn new<A: Element, B: Element, C: Element>(
        sums: Sums,
        [batch, m, n, k]: [usize; 4],
    ) -> Self {
        Self {
            a: A::DTYPE,
            b: B::DTYPE,
            c: C::DTYPE,
            sums,
            epilogue: false,
            batch,
            m,
            n,
            k,
        }
    }

    /// The same with an epilogue, or without.
    #[must_use]
    pub const fn with_epilogue(mut self, epilogue: bool) -> Self {
        self.epilogue = epilogue;
        self
    }

    /// What a plan depends on; elements of A and B take so many bytes.
    #[must_use]
    pub const fn shape(&self, element: usize) -> HopperShape {
        HopperShape {
            matrices: self.batch,
            m: self.m,
            n: self.n,
            k_bytes: self.k * element,
            sums: self.sums,
            epilogue: self.epilogue,
        }
    }
}

impl fmt::Display for GemmProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, m, n, k, .. } = self;
        write!(
            f,
            "{batch} of {m} x {n} x {k}, {} x {} -> {}",
            self.a, self.b, self.c
        )
    }
}
