//! A batch of products `C = A B^T`: its sizes, and where it is.

use super::finish::{Finish, Pointers};
use crate::device::tensor_map::{Matrices, Tiled};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{TensorView, TensorViewMut};

/// Kernels count rows, columns and tiles in 32 bits.
const MOST: usize = 1 << 30;
/// Column tiles of the portable kernels are counted in 16 bits.
const MOST_COLUMNS: usize = 1 << 21;

/// An operand, by its name.
pub(super) type Named<'v, 'a, T> = (&'static str, &'v TensorView<'a, T>);

/// The sizes of `A [matrices, m, k]`, `B [matrices, n, k]` and `C [matrices, m, n]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub matrices: usize,
    pub m: usize,
    pub n: usize,
    pub k: usize,
}

impl Sizes {
    /// Those of one product, if its operands fit each other.
    pub fn of_one<A: Float, B: Float>(
        op: &'static str,
        (a_name, a): Named<'_, '_, A>,
        (b_name, b): Named<'_, '_, B>,
    ) -> Result<Self> {
        let &[m, k] = &**a.shape() else {
            return Err(Error::shape(op, a_name, "[m, k]", *a.shape()));
        };
        let &[n, b_k] = &**b.shape() else {
            return Err(Error::shape(op, b_name, "[n, k]", *b.shape()));
        };
        if b_k != k {
            let expected = format!("[n, {k}], as {a_name} is [{m}, {k}]");
            return Err(Error::shape(op, b_name, expected, *b.shape()));
        }
        let matrices = 1;
        Self { matrices, m, n, k }.checked(op, (a_name, a), (b_name, b))
    }

    /// Those of a batch, if its operands fit each other.
    pub fn of_batch<A: Float, B: Float>(
        op: &'static str,
        a: &TensorView<'_, A>,
        b: &TensorView<'_, B>,
    ) -> Result<Self> {
        let &[matrices, m, k] = &**a.shape() else {
            return Err(Error::shape(op, "a", "[batch, m, k]", *a.shape()));
        };
        let &[b_matrices, n, b_k] = &**b.shape() else {
            return Err(Error::shape(op, "b", "[batch, n, k]", *b.shape()));
        };
        if [b_matrices, b_k] != [matrices, k] {
            let expected = format!("[{matrices}, n, {k}], as a is [{matrices}, {m}, {k}]");
            return Err(Error::shape(op, "b", expected, *b.shape()));
        }
        Self { matrices, m, n, k }.checked(op, ("a", a), ("b", b))
    }

    /// The sizes, if kernels can count them.
    pub fn checked<A: Float, B: Float>(
        self,
        op: &'static str,
        a: Named<'_, '_, A>,
        b: Named<'_, '_, B>,
    ) -> Result<Self> {
        check_a(op, a, [self.m.max(self.matrices), self.k])?;
        check_b(op, b, [self.n, self.k])?;
        Ok(self)
    }

    /// Whether C has no elements.
    pub fn is_empty(&self) -> bool {
        self.matrices == 0 || self.m == 0 || self.n == 0
    }

    pub fn a(&self) -> [usize; 3] {
        [self.matrices, self.m, self.k]
    }

    pub fn b(&self) -> [usize; 3] {
        [self.matrices, self.n, self.k]
    }

    pub fn c(&self) -> [usize; 3] {
        [self.matrices, self.m, self.n]
    }
}

/// Checks that kernels can count the rows and columns of A.
pub(super) fn check_a<T: Float>(
    op: &'static str,
    a: Named<'_, '_, T>,
    extents: [usize; 2],
) -> Result<()> {
    check_extents(op, a, extents, MOST)
}

/// Checks that kernels can count the rows and columns of B.
pub(super) fn check_b<T: Float>(
    op: &'static str,
    b: Named<'_, '_, T>,
    extents: [usize; 2],
) -> Result<()> {
    check_extents(op, b, extents, MOST_COLUMNS)
}

fn check_extents<T: Float>(
    op: &'static str,
    (name, view): Named<'_, '_, T>,
    [rows, columns]: [usize; 2],
    most_rows: usize,
) -> Result<()> {
    if rows <= most_rows && columns <= MOST {
        return Ok(());
    }
    let expected = format!("of at most {most_rows} rows and {MOST} columns");
    Err(Error::shape(op, name, expected, *view.shape()))
}

/// Checks that a result is of this shape and on the stream.
pub(super) fn check_result<O: Float>(
    op: Op<'_>,
    shape: &[usize],
    c: &TensorViewMut<'_, O>,
) -> Result<()> {
    if **c.shape() != *shape {
        return Err(Error::shape(op.name, "c", format!("{shape:?}"), *c.shape()));
    }
    op.writes("c", c)
}

/// Operands and result on a device, and what is done to the sums.
#[derive(Clone, Copy)]
pub(super) struct Product<A, B, O: Float> {
    pub a: Matrices<A>,
    pub b: Matrices<B>,
    pub c: Matrices<O>,
    pub finish: Pointers<O::Addend>,
    /// Whether B may be read before the work that comes before in the stream has ended.
    pub b_early: bool,
}

impl<A: Tiled, B: Tiled, O: Float> Product<A, B, O> {
    /// The product of these views.
    pub fn new(
        sizes: Sizes,
        (a, b): (&TensorView<'_, A>, &TensorView<'_, B>),
        finish: &Finish<'_, O::Addend>,
        c: &TensorViewMut<'_, O>,
    ) -> Self {
        Self {
            a: Matrices::of(a, sizes.a()),
            b: Matrices::of(b, sizes.b()),
            c: Matrices::of_mut(c, sizes.c()),
            finish: finish.pointers(sizes),
            b_early: false,
        }
    }

    /// With B read early, if so.
    pub fn b_early(self, b_early: bool) -> Self {
        Self { b_early, ..self }
    }

    /// Whether tensor copies can read A and B, and write C.
    pub fn is_movable(&self) -> bool {
        self.a.is_readable() && self.b.is_readable() && self.c.is_writable()
    }

    /// `count` of the batch, from `first` on.
    pub fn slice(&self, first: usize, count: usize) -> Self {
        let on = |scales: *const f32, count: usize| match scales.is_null() {
            true => scales,
            false => scales.wrapping_add(first * count),
        };
        let mut finish = self.finish;
        finish.row_scales = on(finish.row_scales, self.c.rows);
        finish.column_scales = on(finish.column_scales, self.c.columns);
        finish.epilogue = finish.epilogue.from(first * self.c.rows);
        Self {
            a: self.a.slice(first, count),
            b: self.b.slice(first, count),
            c: self.c.slice(first, count),
            finish,
            ..*self
        }
    }
}
