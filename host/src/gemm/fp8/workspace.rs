//! Memory for activations on their way from floats to FP8: codes, rows a multiple of 16 bytes apart, then scales.

use formats::E4m3;

use crate::error::{Error, Result};
use crate::op::Op;
use crate::tensor::{TensorView, TensorViewMut};

/// Bytes that rows of codes are a multiple of apart, so that tensor copies can move them.
const ROW_ALIGNMENT: usize = 16;

/// What a workspace holds: `[m, k]` codes and so many scales.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub m: usize,
    pub k: usize,
    pub scales: usize,
}

/// The parts of a workspace.
pub(super) struct Parts<'a> {
    pub codes: TensorViewMut<'a, E4m3>,
    pub scales: TensorViewMut<'a, f32>,
}

impl Plan {
    /// From a row of codes to the next; of lengths that no operation takes, too.
    fn row_stride(self) -> usize {
        self.k
            .checked_next_multiple_of(ROW_ALIGNMENT)
            .unwrap_or(usize::MAX)
    }

    /// Floats that the codes take.
    fn codes(self) -> usize {
        self.m.saturating_mul(self.row_stride()) / size_of::<f32>()
    }

    /// Floats of the workspace.
    pub fn floats(self) -> usize {
        self.codes().saturating_add(self.scales)
    }

    /// Checks a workspace.
    pub fn check(self, op: Op<'_>, workspace: &TensorViewMut<'_, f32>) -> Result<()> {
        let least = self.floats();
        if workspace.shape().elements() < least || !workspace.is_contiguous() {
            let expected = format!("of at least {least} elements, contiguous");
            let found = *workspace.shape();
            return Err(Error::shape(op.name, "workspace", expected, found));
        }
        op.writes("workspace", workspace)
    }

    /// The parts of a workspace that was checked.
    pub fn parts<'a>(self, op: Op<'a>, workspace: &TensorViewMut<'_, f32>) -> Result<Parts<'a>> {
        let (device, first) = (op.stream.device(), workspace.as_ptr());
        let scales = first.wrapping_add(self.codes());
        // SAFETY: parts of the workspace, which is large enough, on the stream's device, and borrowed for as long.
        unsafe {
            let (shape, stride) = ([self.m, self.k], self.row_stride());
            Ok(Parts {
                codes: TensorViewMut::from_raw(device, first.cast(), &shape, stride)?,
                scales: TensorViewMut::from_raw(device, scales, &[self.scales], self.scales)?,
            })
        }
    }
}

impl Parts<'_> {
    /// The codes, to read.
    pub fn codes<'a>(&self, op: Op<'a>) -> Result<TensorView<'a, E4m3>> {
        let (device, codes) = (op.stream.device(), &self.codes);
        // SAFETY: the workspace is borrowed for as long as the operation takes.
        unsafe { TensorView::from_raw(device, codes.as_ptr(), codes.shape(), codes.row_stride()) }
    }

    /// The scales, to read.
    pub fn scales<'a>(&self, op: Op<'a>) -> Result<TensorView<'a, f32>> {
        let (device, scales) = (op.stream.device(), &self.scales);
        let length = scales.shape().elements();
        // SAFETY: as above.
        unsafe { TensorView::from_raw(device, scales.as_ptr(), &[length], length) }
    }
}
