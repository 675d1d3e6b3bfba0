//! A quantisation to a block-scaled format, and where it runs.

use super::format::Format;
use super::kernels::BlockElement;
use super::on_kernels::To;
use super::options::BlockOptions;
use super::scaled::BlockScaled;
use super::sizes::Sizes;
use super::source::Source;
use super::{on_cpu, on_kernels};
use crate::device::Stream;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::TensorViewMut;

/// A quantisation about to run.
#[derive(Clone, Copy)]
pub(super) struct Job<'a, T> {
    pub op: Op<'a>,
    pub source: Source<'a, T>,
    pub format: Format<'a>,
    pub options: BlockOptions<'a>,
}

impl<'a, T: BlockElement> Job<'a, T> {
    /// A quantisation under the name of an operation.
    pub(super) fn new(
        name: &'static str,
        stream: &'a Stream,
        source: Source<'a, T>,
        format: Format<'a>,
        options: &BlockOptions<'a>,
    ) -> Self {
        Self {
            op: Op::new(name, stream),
            source,
            format,
            options: *options,
        }
    }

    /// Quantises into new tensors.
    pub(super) fn allocate<D: Element, S: Element>(self) -> Result<BlockScaled<D, S>> {
        let sizes = self.check()?;
        let shape = self.source.x().shape().with_columns(sizes.columns);
        let mut out = BlockScaled::empty(self.op.stream, &shape, &sizes, &self.format)?;
        self.run(out.data.view_mut(), out.scales.view_mut())?;
        Ok(out)
    }

    /// Quantises into these.
    pub(super) fn run<D: Element, S: Element>(
        self,
        mut data: TensorViewMut<'_, D>,
        mut scales: TensorViewMut<'_, S>,
    ) -> Result<()> {
        let sizes = self.check()?;
        self.check_results(&sizes, &data, &scales)?;
        if sizes.scale_bytes() == 0 {
            return Ok(());
        }
        if self.op.runs_on_cpu() {
            return on_cpu::quantize(&self, &sizes, &mut data, &mut scales);
        }
        let to = To {
            data: data.as_ptr().cast(),
            stride: data.row_stride(),
            scales: scales.as_ptr().cast(),
        };
        // SAFETY: the shapes were checked, and the memory is in this stream's order.
        unsafe { on_kernels::quantize(&self, &sizes, to) }
    }

    /// All checks of what is read.
    fn check(&self) -> Result<Sizes> {
        let x = ("x", self.source.x().shape(), self.source.gathers());
        let sizes = Sizes::new(self.op, x, &self.format, &self.options)?;
        let rows = sizes.all_rows();
        self.source.check(self.op, rows, sizes.columns)?;
        self.format.check(self.op, rows)?;
        let live = self.options.rows;
        live.check(self.op, sizes.matrices, sizes.rows)?;
        Ok(sizes)
    }

    /// All checks of what is written.
    fn check_results<D: Element, S: Element>(
        &self,
        sizes: &Sizes,
        data: &TensorViewMut<'_, D>,
        scales: &TensorViewMut<'_, S>,
    ) -> Result<()> {
        let columns = sizes.columns / self.format.per_byte();
        let expected = self.source.x().shape().with_columns(columns);
        if *data.shape() != expected {
            let (name, expected) = (self.op.name, expected.to_string());
            return Err(Error::shape(name, "data", expected, *data.shape()));
        }
        sizes.check_scales(self.op, (scales.shape(), scales.is_contiguous()))?;
        self.op.writes("data", data)?;
        self.op.writes("scales", scales)
    }
}
