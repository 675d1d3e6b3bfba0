//! What is done to the sums of products: factors and a bias.

use std::ptr::null;

use super::options::MmFp8Options;
use super::product::Sizes;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::op::{HostView, Op};
use crate::tensor::TensorView;

/// What is done to sums, if anything: `alpha * row_scale * column_scale * sum + bias`.
pub(super) struct Finish<'a, O> {
    /// One element.
    pub alpha: Option<TensorView<'a, f32>>,
    /// One element, or one for each row of C.
    pub row_scales: Option<TensorView<'a, f32>>,
    /// One element, or one for each column of each matrix of C.
    pub column_scales: Option<TensorView<'a, f32>>,
    /// One element for each column of C.
    pub bias: Option<TensorView<'a, O>>,
}

impl<O> Clone for Finish<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Finish<'_, O> {}

impl<'a, O: Float> Finish<'a, O> {
    /// Only a bias, or nothing.
    pub fn bias(bias: Option<TensorView<'a, O>>) -> Self {
        Self {
            alpha: None,
            row_scales: None,
            column_scales: None,
            bias,
        }
    }

    /// What the options of an FP8 product ask for.
    pub fn of(options: &MmFp8Options<'a, O>) -> Self {
        Self {
            alpha: options.alpha,
            row_scales: options.a_scale,
            column_scales: options.b_scale,
            bias: options.bias,
        }
    }

    /// Checks the vectors' lengths and places; `scales` are the names of those of rows and columns.
    pub fn check(&self, op: Op<'_>, sizes: Sizes, scales: [&'static str; 2]) -> Result<()> {
        let Sizes { matrices, m, n, .. } = sizes;
        let check = |name, vector: &Option<TensorView<'a, f32>>, counts: &[usize]| match vector {
            Some(vector) => check_vector(op, name, vector, counts),
            None => Ok(()),
        };
        check("alpha", &self.alpha, &[1])?;
        check(scales[0], &self.row_scales, &[1, matrices * m])?;
        check(scales[1], &self.column_scales, &[1, matrices * n])?;
        match &self.bias {
            Some(bias) => check_vector(op, "bias", bias, &[n]),
            None => Ok(()),
        }
    }

    /// What kernels take.
    pub fn pointers(&self) -> Pointers<O> {
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
        }
    }

    /// The vectors for a task on the host.
    ///
    /// # Safety
    /// As [`HostView::of`], of each vector.
    pub unsafe fn on_host(&self) -> HostFinish<O> {
        // SAFETY: the caller's contract.
        let view = |view: TensorView<'a, f32>| unsafe { HostView::of(&view) };
        HostFinish {
            alpha: self.alpha.map(view),
            row_scales: self.row_scales.map(view),
            column_scales: self.column_scales.map(view),
            // SAFETY: as above.
            bias: self.bias.map(|bias| unsafe { HostView::of(&bias) }),
        }
    }
}

/// [`Finish`] as kernels take it, null for what is not asked for.
#[derive(Clone, Copy)]
pub(super) struct Pointers<O> {
    pub alpha: *const f32,
    pub a_scale: *const f32,
    pub b_scale: *const f32,
    pub row_scales: *const f32,
    pub column_scales: *const f32,
    pub bias: *const O,
}

/// [`Finish`] that a task on the host keeps.
#[derive(Clone, Copy)]
pub(super) struct HostFinish<O> {
    alpha: Option<HostView<f32>>,
    row_scales: Option<HostView<f32>>,
    column_scales: Option<HostView<f32>>,
    bias: Option<HostView<O>>,
}

impl<O: Float> HostFinish<O> {
    /// The value of C that a sum becomes, in a row and column counted through all matrices, `column` of the matrix.
    ///
    /// `fma(sum * (alpha * row_scale), column_scale, bias)`.
    pub fn value(self, sum: f32, row: usize, [all, column]: [usize; 2]) -> O {
        let factor = |vector: Option<HostView<f32>>, i: usize| match vector.map(|v| v.read()) {
            Some(vector) => vector.elements[if vector.elements.len() > 1 { i } else { 0 }],
            None => 1.0,
        };
        let row_factor = factor(self.alpha, 0) * factor(self.row_scales, row);
        let column_factor = factor(self.column_scales, all);
        let bias = self
            .bias
            .map_or(0.0, |bias| bias.read().elements[column].to_f32());
        O::from_f32((sum * row_factor).mul_add(column_factor, bias))
    }
}

/// Checks a vector of so many elements, in any shape.
fn check_vector<T: Float>(
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
