//! Products by the references.

use formats::{ColumnBlocks, E4m3};

use super::finish::Finish;
use super::product::Sizes;
use crate::device::Stream;
use crate::element::Float;
use crate::error::Result;
use crate::op::{HostView, HostViewMut};
use crate::quantize::layout::{LOW_LATENCY_BLOCK, LOW_LATENCY_ORDER};
use crate::reference::gemm;
use crate::reference::quantize::fp8::ScaleGrid;
use crate::reference::quantize::layout::permute_rows;
use crate::reference::{Rows, RowsMut};
use crate::tensor::{TensorView, TensorViewMut};

/// A batch of products with factors after the sum.
pub(super) fn dense<A: Float, B: Float, O: Float>(
    stream: &Stream,
    sizes: Sizes,
    (a, b): (&TensorView<'_, A>, &TensorView<'_, B>),
    finish: &Finish<'_, O::Addend>,
    c: &mut TensorViewMut<'_, O>,
) -> Result<()> {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (a, b, c, finish) = unsafe {
        (
            HostView::of(a),
            HostView::of(b),
            HostViewMut::of(c),
            finish.on_host(),
        )
    };
    let Sizes { matrices, m, n, k } = sizes;
    stream.run_on_host(move || {
        let mut c = c.write();
        for matrix in 0..matrices {
            let (row, column) = (matrix * m, matrix * n);
            let (a, b) = (a.read().from(row), b.read().from(column));
            gemm::mm_with(a, b, c.from(row), [m, n, k], |[i, j], sum| {
                finish.value(sum, row + i, [column + j, j])
            });
        }
        Ok(())
    })
}

/// A product by low-latency weights, `[k / 128, n, 128]`, with factors after the sum.
pub(super) fn low_latency<A: Float, B: Float, O: Float>(
    stream: &Stream,
    sizes: Sizes,
    (a, b): (&TensorView<'_, A>, &TensorView<'_, B>),
    finish: &Finish<'_, O::Addend>,
    c: &mut TensorViewMut<'_, O>,
) -> Result<()> {
    // SAFETY: as above.
    let (a, b, c, finish) = unsafe {
        (
            HostView::of(a),
            HostView::of(b),
            HostViewMut::of(c),
            finish.on_host(),
        )
    };
    let Sizes { m, n, k, .. } = sizes;
    stream.run_on_host(move || {
        let plain = restored(b.read(), [n, k]);
        let b = Rows::contiguous(&plain, k);
        gemm::mm_with(a.read(), b, c.write(), [m, n, k], |[i, j], sum| {
            finish.value(sum, i, [j, j])
        });
        Ok(())
    })
}

/// Low-latency weights as `[n, k]`.
fn restored<T: Float>(weights: Rows<'_, T>, [n, k]: [usize; 2]) -> Vec<T> {
    let columns = |blocks: usize| ColumnBlocks {
        rows: n,
        blocks,
        width: k / blocks.max(1),
    };
    let mut plain = vec![T::from_f32(0.0); n * k];
    if k > 0 {
        let out = RowsMut::contiguous(&mut plain, k);
        let (from, to) = (columns(k / LOW_LATENCY_BLOCK), columns(1));
        permute_rows(weights, from, out, to, LOW_LATENCY_ORDER.inverse());
    }
    plain
}

/// A product of blocks with scales.
pub(super) fn block_scaled<O: Float>(
    stream: &Stream,
    sizes: Sizes,
    (a, b): (&TensorView<'_, E4m3>, &TensorView<'_, E4m3>),
    [(a_scales, a_grid), (b_scales, b_grid)]: [(&TensorView<'_, f32>, ScaleGrid); 2],
    finish: &Finish<'_, O::Addend>,
    c: &mut TensorViewMut<'_, O>,
) -> Result<()> {
    // SAFETY: as above.
    let (a, b, a_scales, b_scales) = unsafe {
        (
            HostView::of(a),
            HostView::of(b),
            HostView::of(a_scales),
            HostView::of(b_scales),
        )
    };
    // SAFETY: as above.
    let (c, finish) = unsafe { (HostViewMut::of(c), finish.on_host()) };
    let Sizes { m, n, k, .. } = sizes;
    stream.run_on_host(move || {
        let (a_scales, b_scales) = (a_scales.read().elements, b_scales.read().elements);
        let scale = |[i, j]: [usize; 2], block: usize| {
            let column = block * gemm::BLOCK;
            a_scales[a_grid.place(0, i, column)] * b_scales[b_grid.place(0, j, column)]
        };
        let value = |[i, j]: [usize; 2], sum| finish.value(sum, i, [j, j]);
        gemm::block_scaled_mm(a.read(), b.read(), c.write(), [m, n, k], scale, value);
        Ok(())
    })
}
