//! Results: codes and their scales.

use formats::{E2m1x2, E4m3, E8m0, ScaleGrid};

use super::format::Format;
use super::options::BlockOptions;
use super::sizes::Sizes;
use crate::device::Stream;
use crate::element::Element;
use crate::error::Result;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A tensor in a block-scaled format.
pub struct BlockScaled<D, S> {
    /// The codes, of the shape of what was quantised: `[.., K]`, or `[.., K / 2]` where a byte holds two.
    pub data: Tensor<D>,
    /// The scales, `[matrices, grid.bytes()]`: the grids of all matrices.
    pub scales: Tensor<S>,
    /// Where a matrix's scales are in its grid.
    pub grid: ScaleGrid,
}

/// MXFP8: blocks of 32 e4m3 by a power of two.
pub type Mxfp8 = BlockScaled<E4m3, E8m0>;

/// MXFP4: blocks of 32 e2m1 by a power of two.
pub type Mxfp4 = BlockScaled<E2m1x2, E8m0>;

/// NVFP4: blocks of 16 e2m1 by an e4m3; the global scales are the caller's.
pub type Nvfp4 = BlockScaled<E2m1x2, E4m3>;

impl<D: Element, S: Element> BlockScaled<D, S> {
    /// Room for rows of this shape, `[.., K]` in elements.
    pub(super) fn empty(
        stream: &Stream,
        shape: &Shape,
        sizes: &Sizes,
        format: &Format<'_>,
    ) -> Result<Self> {
        let data = shape.with_columns(sizes.columns / format.per_byte());
        Ok(Self {
            data: Tensor::empty(stream, &data)?,
            scales: Tensor::empty(stream, &[sizes.matrices, sizes.grid.bytes()])?,
            grid: sizes.grid,
        })
    }

    /// The options that fit: its layout and matrices.
    pub(super) fn options(&self) -> BlockOptions<'static> {
        let matrices = self.scales.shape().first().copied().unwrap_or(1);
        BlockOptions {
            matrices,
            ..BlockOptions::with_layout(self.grid.layout())
        }
    }
}
