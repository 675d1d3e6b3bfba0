//! An FP8 product with factors after the sum, and where it runs.

use super::kernels::{Fp8Gemm, Fp8Output};
use super::on_kernels;
use super::shuffled::{self, Weights};
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::gemm::finish::Finish;
use crate::gemm::on_cpu;
use crate::gemm::options::{Accumulation, MmFp8Options};
use crate::gemm::product::{Product, Sizes, check_result};
use crate::op::Op;
use crate::quantize::Fp8Code;
use crate::shape::Shape;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// Products about to run.
pub(super) struct Job<'a, A, B, O: Float> {
    op: Op<'a>,
    a: TensorView<'a, A>,
    b: TensorView<'a, B>,
    weights: Weights,
    sizes: Sizes,
    finish: Finish<'a, O::Addend>,
    accumulation: Accumulation,
    b_early: bool,
    /// The shape of C.
    shape: Shape,
}

impl<'a, A: Fp8Gemm<B, O>, B: Fp8Code + Float, O: Fp8Output> Job<'a, A, B, O> {
    /// One product, by plain weights or shuffled ones, checked.
    pub fn of_one(
        (name, stream): (&'static str, &'a Stream),
        (a, b): (TensorView<'a, A>, TensorView<'a, B>),
        options: &MmFp8Options<'a, O::Addend>,
    ) -> Result<Self> {
        let (op, weights) = (Op::new(name, stream), Weights::of(b.shape()));
        let sizes = weights.sizes(name, (&a, &b))?;
        let shape = Shape::new(&[sizes.m, sizes.n])?;
        if weights == Weights::Shuffled {
            shuffled::kernels_of::<A, B, O>(op, options.accumulation)?;
            shuffled::check_epilogue(op, &options.epilogue)?;
        }
        let job = Self::new(op, (a, b), (sizes, shape), options)?;
        Ok(Self { weights, ..job })
    }

    /// A batch, checked.
    pub fn of_batch(
        (name, stream): (&'static str, &'a Stream),
        (a, b): (TensorView<'a, A>, TensorView<'a, B>),
        options: &MmFp8Options<'a, O::Addend>,
    ) -> Result<Self> {
        let sizes = Sizes::of_batch(name, &a, &b)?;
        let shape = Shape::new(&sizes.c())?;
        Self::new(Op::new(name, stream), (a, b), (sizes, shape), options)
    }

    fn new(
        op: Op<'a>,
        (a, b): (TensorView<'a, A>, TensorView<'a, B>),
        (sizes, shape): (Sizes, Shape),
        options: &MmFp8Options<'a, O::Addend>,
    ) -> Result<Self> {
        let finish = Finish::from(options);
        op.reads("a", &a)?;
        op.reads("b", &b)?;
        finish.check(op, (sizes, &*shape), ["a_scale", "b_scale"])?;
        Ok(Self {
            op,
            a,
            b,
            weights: Weights::Plain,
            sizes,
            finish,
            accumulation: options.accumulation,
            b_early: options.constant_b,
            shape,
        })
    }

    /// Multiplies into a new tensor.
    pub fn allocate(self) -> Result<Tensor<O>> {
        let mut c = Tensor::empty(self.op.stream, &self.shape)?;
        self.run(c.view_mut())?;
        Ok(c)
    }

    /// Multiplies into this.
    pub fn run(self, mut c: TensorViewMut<'_, O>) -> Result<()> {
        check_result(self.op, &self.shape, &c)?;
        if self.sizes.is_empty() {
            return Ok(());
        }
        if self.op.runs_on_cpu() {
            return self.on_cpu(&mut c);
        }
        let (op, accumulation) = (self.op, self.accumulation);
        let product =
            Product::new(self.sizes, (&self.a, &self.b), &self.finish, &c).b_early(self.b_early);
        // SAFETY: the shapes were checked, and the memory is in this stream's order; of no
        // columns, both kinds of weights are the same.
        unsafe {
            match self.weights {
                Weights::Shuffled if self.sizes.k > 0 => {
                    shuffled::on_kernels(op, &product, &self.b, accumulation)
                }
                _ => on_kernels::dense(op.stream, &product, accumulation),
            }
        }
    }

    fn on_cpu(&self, c: &mut TensorViewMut<'_, O>) -> Result<()> {
        let (stream, operands) = (self.op.stream, (&self.a, &self.b));
        match self.weights {
            Weights::Plain => on_cpu::dense(stream, self.sizes, operands, &self.finish, c),
            Weights::Shuffled => on_cpu::low_latency(stream, self.sizes, operands, &self.finish, c),
        }
    }
}
