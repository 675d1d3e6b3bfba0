//! Ways to multiply, as data: from one of them and sizes to a case.

use gatewarp::element::Float;
use gatewarp::quantize::{Fp8Scaled, Fp8Scaling};
use gatewarp::{Stream, Tensor, bf16};
use gatewarp_tests::compare::Similarity;
use gatewarp_tests::values::Value;

use super::multiplication::Multiplication;
use crate::case::Spec;
use crate::ceiling::{MatrixRate, Work};
use crate::ops::quantize::fp8::scales;
use crate::peer::{Problem, Types};

/// `C[m, n] = A[m, k] * B[n, k]^T`, or a batch of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) struct Sizes {
    /// Matrices of a batch; none where there is no such dimension.
    pub batch: Option<usize>,
    /// Rows of `A` and of `C`.
    pub m: usize,
    /// Rows of `B`, columns of `C`.
    pub n: usize,
    /// Columns of `A` and of `B`.
    pub k: usize,
}

impl Sizes {
    /// One product.
    pub fn one([m, n, k]: [usize; 3]) -> Self {
        let batch = None;
        Self { batch, m, n, k }
    }

    /// A batch: `[m, n, k, batch]`.
    pub fn batch([m, n, k, batch]: [usize; 4]) -> Self {
        let batch = Some(batch);
        Self { batch, m, n, k }
    }

    /// Products in it.
    pub fn matrices(&self) -> usize {
        self.batch.unwrap_or(1)
    }

    /// As a row has it: M is the first.
    fn row(&self) -> Vec<usize> {
        [self.m, self.n, self.k]
            .into_iter()
            .chain(self.batch)
            .collect()
    }

    /// The shape of an operand or of the result.
    pub fn matrix(&self, rows: usize, columns: usize) -> Vec<usize> {
        self.batch.into_iter().chain([rows, columns]).collect()
    }
}

/// What a call reads and writes. Operands without scales have a factor of one.
pub(in crate::ops) struct Call<'a, A, B, O> {
    pub a: &'a Tensor<A>,
    pub b: &'a Tensor<B>,
    pub c: &'a mut Tensor<O>,
    pub scales: [&'a Tensor<f32>; 2],
    pub workspace: &'a mut Tensor<f32>,
}

/// What is done in a call.
type Multiply<A, B, O> = fn(&Stream, Call<'_, A, B, O>) -> gatewarp::Result<()>;

/// How the library quantises rows of `A` on the way in.
type Quantize<A> = fn(&Stream, &Tensor<A>) -> gatewarp::Result<Fp8Scaled>;

/// How the library wants `B` to lie in memory.
type Arrange<B> = fn(&Stream, &Tensor<B>) -> gatewarp::Result<Tensor<B>>;

/// A way to multiply.
pub(in crate::ops) struct Recipe<A, B, O = bf16> {
    /// The operation.
    pub op: &'static str,
    /// Its module.
    pub family: &'static str,
    /// What tells variants apart.
    pub dtype: &'static str,
    /// Who shares a scale in `A` and in `B`.
    pub scalings: [Option<Fp8Scaling>; 2],
    /// What `A` becomes first, where that is part of it; no row of it depends on another.
    pub quantize: Option<Quantize<A>>,
    /// What becomes of `B` once, ahead of all calls.
    pub arrange: Option<Arrange<B>>,
    /// What becomes of each sum of products.
    pub becomes: fn(f64) -> f64,
    /// Which matrix units there are for it.
    pub matrix: MatrixRate,
    /// Whether the tensor cores' narrower accumulators keep sums throughout.
    pub fast: bool,
    /// Floats of scratch memory that this `A` needs.
    pub workspace: fn(&Tensor<A>) -> usize,
    /// The same for the peer, where it has such.
    pub peer: Option<Types>,
    /// The library's way; none where the peer itself is measured.
    pub multiply: Option<Multiply<A, B, O>>,
}

impl<A, B, O> Clone for Recipe<A, B, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, B, O> Copy for Recipe<A, B, O> {}

impl<A: Float, B: Float, O: Float + Value> Recipe<A, B, O> {
    /// Floats as they are.
    pub const fn plain(op: &'static str, dtype: &'static str, types: Types) -> Self {
        Self {
            op,
            family: super::FAMILY,
            dtype,
            scalings: [None, None],
            quantize: None,
            arrange: None,
            becomes: |sum| sum,
            matrix: MatrixRate::Bf16,
            fast: false,
            workspace: |_| 0,
            peer: Some(types),
            multiply: None,
        }
    }

    /// FP8 with these scales; with the peer's types, where it has such.
    pub const fn fp8(
        op: &'static str,
        dtype: &'static str,
        [a, b]: [Fp8Scaling; 2],
        peer: Option<Types>,
    ) -> Self {
        let fast = matches!(peer, Some(Types::Fp8 { fast: true, .. }));
        Self {
            op,
            family: super::FAMILY,
            dtype,
            scalings: [Some(a), Some(b)],
            quantize: None,
            arrange: None,
            becomes: |sum| sum,
            matrix: MatrixRate::Fp8,
            fast,
            workspace: |_| 0,
            peer,
            multiply: None,
        }
    }

    /// By this function of the library.
    pub const fn by(self, multiply: Multiply<A, B, O>) -> Self {
        let multiply = Some(multiply);
        Self { multiply, ..self }
    }

    /// The case of these sizes.
    pub fn spec(self, set: String, sizes: Sizes) -> Spec {
        let alone = self.multiply.is_none();
        Spec {
            op: self.op,
            family: self.family,
            dtype: self.dtype,
            set,
            shape: sizes.row(),
            work: self.work(sizes),
            host: false,
            problem: self.problem(sizes).filter(|_| !alone),
            build: Box::new(move |bench| Ok(Box::new(Multiplication::new(bench, self, sizes)?))),
        }
    }

    /// The least there is to do: every operand and scale once.
    pub fn work(&self, sizes: Sizes) -> Work {
        let Sizes { m, n, k, .. } = sizes;
        let elements = m * k * size_of::<A>() + n * k * size_of::<B>();
        let count = |(scaling, shape): (Option<Fp8Scaling>, _)| scaling.map(|it| scales(it, shape));
        let scales = self.scalings.into_iter().zip([[m, k], [n, k]]);
        let scales: usize = scales.filter_map(count).sum();
        let matrices = sizes.matrices();
        Work {
            read: matrices * elements + scales * size_of::<f32>(),
            written: matrices * m * n * size_of::<O>(),
            flops: 2.0 * (matrices * m * n) as f64 * k as f64,
            matrix: self.matrix,
        }
    }

    /// The same as a problem for the peer.
    pub fn problem(&self, sizes: Sizes) -> Option<Problem> {
        let Sizes { m, n, k, .. } = sizes;
        let batch = sizes.matrices();
        self.peer.map(|types| Problem {
            batch,
            ..Problem::new(m, n, k, types)
        })
    }

    /// How far a result may be off: tensor cores keep 13 bits behind the largest of an FP8 sum, which tells where they do
    /// so over all of K.
    pub fn allowed(&self, k: usize) -> Similarity {
        Similarity::rounded::<O>(match self.matrix {
            MatrixRate::Fp8 if self.fast => k.div_ceil(4096).max(4) as u32,
            MatrixRate::Fp8 => 2,
            _ => 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use gatewarp::bf16;
    use gatewarp::formats::E4m3;
    use gatewarp::quantize::{Fp8Scaling, ScaleMajor};

    use super::{Recipe, Sizes};
    use crate::ceiling::MatrixRate;
    use crate::peer::{Scaling, Types};

    const BLOCKS: [Fp8Scaling; 2] = [
        Fp8Scaling::Groups1x128(ScaleMajor::Mn),
        Fp8Scaling::Tiles128x128,
    ];

    #[test]
    fn work_is_every_operand_and_scale_once() {
        let recipe = Recipe::<E4m3, E4m3>::fp8("x", "e4m3", BLOCKS, None);
        let work = recipe.work(Sizes::one([4, 256, 384]));
        assert_eq!(work.read, 4 * 384 + 256 * 384 + 4 * (4 * 3 + 2 * 3));
        assert_eq!(work.written, 2 * 4 * 256);
        assert_eq!(work.flops, 2.0 * 4.0 * 256.0 * 384.0);
        assert_eq!(work.matrix, MatrixRate::Fp8);
    }

    #[test]
    fn a_batch_is_as_many_products_for_the_peer_too() {
        let recipe = Recipe::<bf16, bf16>::plain("x", "bf16", Types::Bf16);
        let sizes = Sizes::batch([2, 3, 5, 7]);
        let one = recipe.work(Sizes::one([2, 3, 5]));
        let work = recipe.work(sizes);
        assert_eq!((work.read, work.flops), (7 * one.read, 7.0 * one.flops));
        assert_eq!(sizes.row(), [2, 3, 5, 7]);
        assert_eq!(sizes.matrix(2, 5), [7, 2, 5]);
        let problem = recipe.problem(sizes).expect("solved");
        assert_eq!(problem.to_string(), "7 x m 2 n 3 k 5, bf16");
    }

    #[test]
    fn sums_are_as_fast_as_the_peers() {
        let row = |fast| {
            let scaling = Scaling::Row;
            let types = Some(Types::Fp8 { scaling, fast });
            Recipe::<E4m3, E4m3>::fp8("x", "e4m3", [Fp8Scaling::Rows; 2], types)
        };
        assert!(row(true).fast && !row(false).fast);
        let relative = |fast, k| row(fast).allowed(k).relative;
        assert!(relative(true, 18432) > relative(true, 4096));
        assert!(relative(true, 4096) > relative(false, 18432));
    }
}
