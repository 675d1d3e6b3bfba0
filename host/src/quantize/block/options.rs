//! What block quantisers can be asked for.

use formats::ScaleLayout;

use crate::quantize::LiveRows;

/// Options of the quantisers to and from block-scaled formats.
#[derive(Clone, Copy)]
pub struct BlockOptions<'a> {
    /// Where scales go.
    pub layout: ScaleLayout,
    /// Matrices of equally many rows that the tensor is made of. Each has a grid of scales of its own, padded on its own;
    /// the grids follow each other.
    pub matrices: usize,
    /// Which rows exist. Data of the others is not written; their scales are zero. Dequantisers take all rows.
    pub rows: LiveRows<'a>,
    /// The form of NVFP4; the other formats have one.
    pub math: Nvfp4Math,
}

impl Default for BlockOptions<'_> {
    /// 128x4 tiles, one matrix, all rows, [`Nvfp4Math::Fast`].
    fn default() -> Self {
        Self {
            layout: ScaleLayout::Swizzled128x4,
            matrices: 1,
            rows: LiveRows::All,
            math: Nvfp4Math::Fast,
        }
    }
}

impl BlockOptions<'_> {
    /// The default with another layout.
    #[must_use]
    pub fn with_layout(layout: ScaleLayout) -> Self {
        Self {
            layout,
            ..Self::default()
        }
    }
}

/// The form of NVFP4: in which order the scale of a block is multiplied. `g` is the global scale, `r` a sixth rounded to
/// `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nvfp4Math {
    /// `e4m3(g * (amax * r))`, FlashInfer's default.
    #[default]
    Fast,
    /// `e4m3(amax * (g * r))`, FlashInfer's with `FLASHINFER_DISABLE_FP4_QUANT_FAST_MATH=1`.
    Exact,
}

/// What [`squared_relu_and_quantize_mxfp8`](super::squared_relu_and_quantize_mxfp8) quantises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SquaredReluRounding {
    /// The squares rounded to the element type, as Megatron-LM does from 0.20 on: the same bits as `padded_squared_relu`
    /// and then `mxfp8_quantize`.
    #[default]
    Rounded,
    /// The squares in `f32`, as Megatron-LM 0.18 and 0.19 do.
    Unrounded,
}
