//! What is done to the sums of products: factors, a bias, and an epilogue.

use std::ptr::null;

use super::epilogue::{self, Epilogue, HostEpilogue};
use super::options::{MmFp8Options, MmOptions};
use super::product::Sizes;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::op::{HostView, Op};
use crate::tensor::TensorView;

/// What is done to sums, if anything: `alpha * row_scale * column_scale * sum + bias`, and the epilogue; `D` is the type of what
/// is added.
pub(super) struct Finish<'a, D> {
    /// One element.
    pub alpha: Option<TensorView<'a, f32>>,
    /// One element, or one for each row of C.
    pub row_scales: Option<TensorView<'a, f32>>,
    /// One element, or one for each column of each matrix of C.
    pub column_scales: Option<TensorView<'a, f32>>,
    /// One element for each column of C.
    pub bias: Option<TensorView<'a, D>>,
    /// What becomes of values after that.
    pub epilogue: Epilogue<'a, D>,
}

impl<D> Clone for Finish<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Finish<'_, D> {}

impl<'a, D: Float> From<&MmOptions<'a, D>> for Finish<'a, D> {
    fn from(options: &MmOptions<'a, D>) -> Self {
        Self {
            alpha: None,
            row_scales: None,
            column_scales: None,
            bias: options.bias,
            epilogue: options.epilogue,
        }
    }
}

impl<'a, D: Float> From<&MmFp8Options<'a, D>> for Finish<'a, D> {
    fn from(options: &MmFp8Options<'a, D>) -> Self {
        Self {
            alpha: options.alpha,
            row_scales: options.a_scale,
            column_scales: options.b_scale,
            bias: options.bias,
            epilogue: options.epilogue,
        }
    }
}

impl<'a, D: Float> Finish<'a, D> {
    /// Checks lengths, shapes and places for a result of shape `c`; `scales` are the names of those of rows and columns.
    pub fn check(
        &self,
        op: Op<'_>,
        (sizes, c): (Sizes, &[usize]),
        scales: [&'static str; 2],
    ) -> Result<()> {
        let Sizes { matrices, m, n, .. } = sizes;
        let check = |name, vector: &Option<TensorView<'a, f32>>, counts: &[usize]| match vector {
            Some(vector) => check_vector(op, name, vector, counts),
            None => Ok(()),
        };
        check("alpha", &self.alpha, &[1])?;
        check(scales[0], &self.row_scales, &[1, matrices * m])?;
        check(scales[1], &self.column_scales, &[1, matrices * n])?;
        if let Some(bias) = &self.bias {
            check_vector(op, "bias", bias, &[n])?;
        }
        self.epilogue.check(op, c)
    }

    /// What kernels take.
    pub fn pointers(&self, sizes: Sizes) -> Pointers<D> {
        let pointer = |vector: Option<TensorView<'a, f32>>| match vector {
            Some(vector) => vector.as_ptr(),
            None => null(),
        };
        // Of a vector of scales, whether it is one for all, or each its own.
        let pointer_if = |vector: Option<TensorView<'a, f32>>, one: bool| {
            pointer(vector.filter(|vector| (vector.shape().elements() == 1) == one))
        };
        Pointers {
            alpha: pointer(self.alpha),
            a_scale: pointer_if(self.row_scales, true),
            b_scale: pointer_if(self.column_scales, true),
            row_scales: pointer_if(self.row_scales, false),
            column_scales: pointer_if(self.column_scales, false),
            bias: self.bias.as_ref().map_or(null(), TensorView::as_ptr),
            epilogue: self.epilogue.pointers(sizes),
            has_epilogue: !self.epilogue.is_none(),
        }
    }

    /// The vectors for a task on the host.
    ///
    /// # Safety
    /// As [`HostView::of`], of each vector.
    pub unsafe fn on_host(&self) -> HostFinish<D> {
        // SAFETY: the caller's contract.
        let view = |view: TensorView<'a, f32>| unsafe { HostView::of(&view) };
        HostFinish {
            alpha: self.alpha.map(view),
            row_scales: self.row_scales.map(view),
            column_scales: self.column_scales.map(view),
            // SAFETY: as above.
            bias: self.bias.map(|bias| unsafe { HostView::of(&bias) }),
            // SAFETY: as above.
            epilogue: unsafe { self.epilogue.on_host() },
        }
    }
}

/// [`Finish`] as kernels take it, null for what is not asked for.
#[derive(Clone, Copy)]
pub(super) struct Pointers<D> {
    pub alpha: *const f32,
    pub a_scale: *const f32,
    pub b_scale: *const f32,
    pub row_scales: *const f32,
    pub column_scales: *const f32,
    pub bias: *const D,
    pub epilogue: epilogue::Pointers<D>,
    /// Whether that does something.
    pub has_epilogue: bool,
}

/// [`Finish`] that a task on the host keeps.
#[derive(Clone, Copy)]
pub(super) struct HostFinish<D> {
    alpha: Option<HostView<f32>>,
    row_scales: Option<HostView<f32>>,
    column_scales: Option<HostView<f32>>,
    bias: Option<HostView<D>>,
    epilogue: HostEpilogue<D>,
}

impl<D: Float> HostFinish<D> {
    /// The value of C that a sum becomes, in a row and column counted through all matrices, `column` of the matrix.
    ///
    /// `fma(sum * (alpha * row_scale), column_scale, bias)`, and the epilogue.
    pub fn value<O: Float>(self, sum: f32, row: usize, [all, column]: [usize; 2]) -> O {
        let factor = |vector: Option<HostView<f32>>, i: usize| match vector.map(|v| v.read()) {
            Some(vector) => vector.elements[if vector.elements.len() > 1 { i } else { 0 }],
            None => 1.0,
        };
        let row_factor = factor(self.alpha, 0) * factor(self.row_scales, row);
        let column_factor = factor(self.column_scales, all);
        let bias = self
            .bias
            .map_or(0.0, |bias| bias.read().elements[column].to_f32());
        let value = (sum * row_factor).mul_add(column_factor, bias);
        O::from_f32(self.epilogue.value(value, [row, column]))
    }
}

/// Checks a vector of so many elements, in any shape.
pub(super) fn check_vector<T: Float>(
    op: Op<'_>,
    name: &'static str,
    vector: &TensorView<'_, T>,
    counts: &[usize],
) -> Result<()> {
    if !counts.contains(&vector.shape().elements()) || !vector.is_contiguous() {
        let counts: Vec<_> = counts.iter().map(usize::to_string).collect();
        let expected = format!("{} elements, contiguous", counts.join(" or "));
        return Err(Error::shape(op.name, name, expected, *vector.shape()));
    }
    op.reads(name, vector)
}
