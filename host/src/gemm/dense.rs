//! Products of 16-bit floats, one and batched.

use half::{bf16, f16};

use super::element::GemmOutput;
use super::finish::Finish;
use super::options::MmOptions;
use super::product::{Product, Sizes, check_result};
use super::{hopper, on_cpu, portable, with_epilogue};
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::heuristics::hopper_gemm::Sums;
use crate::op::Op;
use crate::shape::Shape;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// `C[m, n] = A[m, k] * B[n, k]^T`, of any 16-bit float: [`mm_bf16`] and [`mm_f16`] without options.
///
/// # Shapes
/// `a [m, k]`, `b [n, k]`, the result `[m, n]`; any of them may be zero or odd, and rows may lie apart.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if the shapes do not fit each other; [`Error::Placement`](crate::Error::Placement)
/// if a tensor is not on the stream.
///
/// # Numerics
/// Products are exact, sums are in `f32` in an order that depends on the tile, and the result is rounded
/// once. With K = 0 the result is zero.
pub fn mm<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
) -> Result<Tensor<O>> {
    job(("mm", stream), (a, b), &MmOptions::default())?.allocate()
}

/// [`mm`] into `c [m, n]`. Allocates nothing.
///
/// # Errors
/// As [`mm`]; [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
pub fn mm_into<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    c: &mut impl AsViewMut<O>,
) -> Result<()> {
    job(("mm", stream), (a, b), &MmOptions::default())?.run(c.as_view_mut())
}

macro_rules! named {
    ($($type:ty: $mm:ident $mm_into:ident $bmm:ident $bmm_into:ident;)*) => { $(
        #[doc = concat!("`C[m, n] = A[m, k] * B[n, k]^T + bias` of `", stringify!($type), "`: FlashInfer's `mm_bf16(a, b, bias)`,")]
        /// whose column-major `b [k, n]` is this row-major `[n, k]`, the layout of a linear layer's weight.
        ///
        /// # Shapes
        /// As [`mm`]; the bias is `[n]`.
        ///
        /// # Errors
        /// As [`mm`]; [`Error::Shape`](crate::Error::Shape) if the bias has another length, or the epilogue's residual another
        /// shape; [`Error::Argument`](crate::Error::Argument) if its activation is gated.
        ///
        /// # Numerics
        /// As [`mm`]; the bias is added to the sum, and the [epilogue](crate::gemm::Epilogue) done, before that is rounded. With
        /// K = 0 the sum is zero.
        pub fn $mm<O: Float>(
            stream: &Stream,
            a: &impl AsView<$type>,
            b: &impl AsView<$type>,
            options: &MmOptions<'_, O::Addend>,
        ) -> Result<Tensor<O>>
        where
            $type: GemmOutput<O>,
        {
            job((stringify!($mm), stream), (a, b), options)?.allocate()
        }

        #[doc = concat!("[`", stringify!($mm), "`] into `c [m, n]`. Allocates nothing.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($mm), "`];")]
        /// [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
        pub fn $mm_into<O: Float>(
            stream: &Stream,
            a: &impl AsView<$type>,
            b: &impl AsView<$type>,
            c: &mut impl AsViewMut<O>,
            options: &MmOptions<'_, O::Addend>,
        ) -> Result<()>
        where
            $type: GemmOutput<O>,
        {
            job((stringify!($mm), stream), (a, b), options)?.run(c.as_view_mut())
        }

        #[doc = concat!("`C[i] = A[i] * B[i]^T` for each matrix of a batch of `", stringify!($type), "`: FlashInfer's `bmm_bf16(A, B)`,")]
        /// whose column-major `B [batch, k, n]` is this row-major `[batch, n, k]`.
        ///
        /// # Shapes
        /// `a [batch, m, k]`, `b [batch, n, k]`, the result `[batch, m, n]`; any of them may be zero or odd, and rows may
        /// lie apart.
        ///
        /// # Errors
        /// As [`mm`].
        ///
        /// # Numerics
        /// As [`mm`].
        pub fn $bmm<O: Float>(
            stream: &Stream,
            a: &impl AsView<$type>,
            b: &impl AsView<$type>,
        ) -> Result<Tensor<O>>
        where
            $type: GemmOutput<O>,
        {
            batch((stringify!($bmm), stream), (a, b), &MmOptions::default())?.allocate()
        }

        #[doc = concat!("[`", stringify!($bmm), "`] into `c [batch, m, n]`. Allocates nothing.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($bmm), "`];")]
        /// [`Error::Shape`](crate::Error::Shape) if `c` has another shape.
        pub fn $bmm_into<O: Float>(
            stream: &Stream,
            a: &impl AsView<$type>,
            b: &impl AsView<$type>,
            c: &mut impl AsViewMut<O>,
        ) -> Result<()>
        where
            $type: GemmOutput<O>,
        {
            batch((stringify!($bmm), stream), (a, b), &MmOptions::default())?.run(c.as_view_mut())
        }
    )* };
}

named! {
    bf16: mm_bf16 mm_bf16_into bmm_bf16 bmm_bf16_into;
    f16: mm_f16 mm_f16_into bmm_f16 bmm_f16_into;
}

/// Products about to run.
pub(super) struct Job<'a, T, O: Float> {
    op: Op<'a>,
    a: TensorView<'a, T>,
    b: TensorView<'a, T>,
    sizes: Sizes,
    finish: Finish<'a, O::Addend>,
    b_early: bool,
    /// The shape of C.
    shape: Shape,
}

/// One product, checked.
pub(super) fn job<'a, T: GemmOutput<O>, O: Float>(
    (name, stream): (&'static str, &'a Stream),
    (a, b): (&'a impl AsView<T>, &'a impl AsView<T>),
    options: &MmOptions<'a, O::Addend>,
) -> Result<Job<'a, T, O>> {
    let (op, a, b) = (Op::new(name, stream), a.as_view(), b.as_view());
    let sizes = Sizes::of_one(name, ("a", &a), ("b", &b))?;
    let (finish, shape) = (options.into(), Shape::new(&[sizes.m, sizes.n])?);
    Job {
        op,
        a,
        b,
        sizes,
        finish,
        b_early: options.constant_b,
        shape,
    }
    .checked()
}

/// A batch, checked.
pub(super) fn batch<'a, T: GemmOutput<O>, O: Float>(
    (name, stream): (&'static str, &'a Stream),
    (a, b): (&'a impl AsView<T>, &'a impl AsView<T>),
    options: &MmOptions<'a, O::Addend>,
) -> Result<Job<'a, T, O>> {
    let (op, a, b) = (Op::new(name, stream), a.as_view(), b.as_view());
    let sizes = Sizes::of_batch(name, &a, &b)?;
    let (finish, shape) = (options.into(), Shape::new(&sizes.c())?);
    Job {
        op,
        a,
        b,
        sizes,
        finish,
        b_early: options.constant_b,
        shape,
    }
    .checked()
}

impl<T: GemmOutput<O>, O: Float> Job<'_, T, O> {
    /// Checks what is read.
    fn checked(self) -> Result<Self> {
        self.op.reads("a", &self.a)?;
        self.op.reads("b", &self.b)?;
        let result = (self.sizes, &*self.shape);
        self.finish.check(self.op, result, ["a_scale", "b_scale"])?;
        Ok(self)
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
        let (stream, operands) = (self.op.stream, (&self.a, &self.b));
        if self.op.runs_on_cpu() {
            return on_cpu::dense(stream, self.sizes, operands, &self.finish, &mut c);
        }
        let product = Product::new(self.sizes, operands, &self.finish, &c).b_early(self.b_early);
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe {
            if self.finish.epilogue.is_none() {
                match hopper::takes(stream, &product) {
                    true => hopper::dense(stream, &product, Sums::TensorCores, &T::hopper()),
                    false => portable::dense(stream, &product),
                }
            } else {
                with_epilogue::dense(stream, &product)
            }
        }
    }
}
