//! The formats, with what only one of them needs.

use super::options::Nvfp4Math;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::reference::quantize::block::BlockFormat;
use crate::tensor::TensorView;

/// A format, with the global scales if it has them.
#[derive(Clone, Copy)]
pub(super) enum Format<'a> {
    Mxfp8,
    Mxfp4,
    Nvfp4(TensorView<'a, f32>),
}

impl<'a> Format<'a> {
    /// The format as the references have it.
    pub(super) fn reference(&self, math: Nvfp4Math) -> BlockFormat {
        match self {
            Self::Mxfp8 => BlockFormat::Mxfp8,
            Self::Mxfp4 => BlockFormat::Mxfp4,
            Self::Nvfp4(_) => BlockFormat::Nvfp4 {
                exact: math == Nvfp4Math::Exact,
            },
        }
    }

    /// Elements of a block.
    pub(super) fn block(&self) -> usize {
        self.reference(Nvfp4Math::Fast).block()
    }

    /// Elements in a byte.
    pub(super) fn per_byte(&self) -> usize {
        self.reference(Nvfp4Math::Fast).per_byte()
    }

    /// The global scales.
    pub(super) fn global(&self) -> Option<&TensorView<'a, f32>> {
        match self {
            Self::Nvfp4(global) => Some(global),
            Self::Mxfp8 | Self::Mxfp4 => None,
        }
    }

    /// Checks that the global scales are for so many rows, and here.
    pub(super) fn check(&self, op: Op<'_>, rows: usize) -> Result<()> {
        let Some(global) = self.global() else {
            return Ok(());
        };
        let count = global.shape().elements();
        if !rows.is_multiple_of(count) || !global.is_contiguous() {
            let expected = format!("[G], contiguous, G a divisor of the {rows} rows");
            return Err(Error::shape(
                op.name,
                "global_scale",
                expected,
                *global.shape(),
            ));
        }
        op.reads("global_scale", global)
    }

    /// The global scales for a kernel, and the rows that share one; 0 is all of them.
    pub(super) fn global_for_kernel(&self, rows: usize) -> (*const f32, u32) {
        let Some(global) = self.global() else {
            return (std::ptr::null(), 0);
        };
        let count = global.shape().elements();
        let rows_per_global = if count > 1 { rows / count } else { 0 };
        (global.as_ptr(), rows_per_global as u32)
    }
}
