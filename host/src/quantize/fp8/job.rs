//! A quantisation that finds its scales, and where it runs.

use super::code::Fp8Code;
use super::kernels::Fp8Element;
use super::options::Fp8Options;
use super::scaled::Fp8Scaled;
use super::scaling::Fp8Scaling;
use super::sizes::Sizes;
use super::source::Source;
use super::{on_cpu, on_kernels};
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{Tensor, TensorView, TensorViewMut};

/// A quantisation about to run.
#[derive(Clone, Copy)]
pub(super) struct Job<'a, T> {
    pub op: Op<'a>,
    pub source: Source<'a, T>,
    pub scaling: Fp8Scaling,
    pub options: Fp8Options<'a>,
}

impl<T: Fp8Element> Job<'_, T> {
    /// Quantises into new tensors.
    pub(super) fn allocate<C: Fp8Code>(self) -> Result<Fp8Scaled<C>> {
        let (sizes, x) = (self.check()?, self.source.x().shape());
        let mut data = Tensor::empty(self.op.stream, &x.with_columns(sizes.columns))?;
        let shape = self.scaling.shape(x, &sizes)?;
        let mut scales = Tensor::empty(self.op.stream, &shape)?;
        self.run(data.view_mut(), scales.view_mut())?;
        Ok(Fp8Scaled::new(data, scales, self.scaling))
    }

    /// Quantises into these.
    pub(super) fn run<C: Fp8Code>(
        self,
        mut data: TensorViewMut<'_, C>,
        mut scales: TensorViewMut<'_, f32>,
    ) -> Result<()> {
        let sizes = self.check()?;
        let x = self.source.x().shape();
        check_data(self.op, x.with_columns(sizes.columns), &data)?;
        let count = self.scaling.shape(x, &sizes)?.elements();
        check_floats(self.op, "scales", count, &scales)?;
        if count == 0 {
            return Ok(());
        }
        if self.op.runs_on_cpu() {
            return on_cpu::quantize(&self, sizes, &mut data, &mut scales);
        }
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { on_kernels::quantize(&self, sizes, &data, &scales) }
    }

    /// All checks of what is read.
    fn check(&self) -> Result<Sizes> {
        let x = self.source.x();
        let sizes = Sizes::new(self.op, ("x", x.shape(), self.source.gathers()))?;
        self.source.check(self.op)?;
        self.options
            .rows
            .check(self.op, sizes.matrices, sizes.rows)?;
        Ok(sizes)
    }
}

/// Checks codes to write.
pub(super) fn check_data<C: Fp8Code>(
    op: Op<'_>,
    expected: crate::Shape,
    data: &TensorViewMut<'_, C>,
) -> Result<()> {
    if *data.shape() != expected {
        let expected = expected.to_string();
        return Err(Error::shape(op.name, "data", expected, *data.shape()));
    }
    op.writes("data", data)
}

/// Checks a number of floats to write: contiguous, in any shape.
pub(super) fn check_floats(
    op: Op<'_>,
    name: &'static str,
    count: usize,
    floats: &TensorViewMut<'_, f32>,
) -> Result<()> {
    if floats.shape().elements() != count || !floats.is_contiguous() {
        return Err(count_error(op, name, count, *floats.shape()));
    }
    op.writes(name, floats)
}

/// Checks a number of floats to read.
pub(super) fn check_floats_read(
    op: Op<'_>,
    name: &'static str,
    count: usize,
    floats: &TensorView<'_, f32>,
) -> Result<()> {
    if floats.shape().elements() != count || !floats.is_contiguous() {
        return Err(count_error(op, name, count, *floats.shape()));
    }
    op.reads(name, floats)
}

/// Another number of elements than expected.
pub(super) fn count_error(
    op: Op<'_>,
    name: &'static str,
    count: usize,
    found: crate::Shape,
) -> Error {
    let expected = format!("{count} elements, contiguous");
    Error::shape(op.name, name, expected, found)
}
