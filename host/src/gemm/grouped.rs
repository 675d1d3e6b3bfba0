//! Grouped matrix product: each group of rows has a weight matrix of its own.

use super::element::{GemmElement, blocks};
use super::product::{check_a, check_b};
use crate::device::{LaunchConfig, Stream};
use crate::error::{Error, Result};
use crate::heuristics::gemm::tile;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// `C[r, :] = A[r, :] * B[g]^T` for the rows `offsets[g]..offsets[g + 1]` of each group `g`: FlashInfer's
/// `grouped_mm_bf16(a, b, m_indptr)`.
///
/// # Shapes
/// `a [rows, k]`, `b [groups, n, k]` contiguous, `offsets [groups + 1]`, the result `[rows, n]`.
///
/// The offsets are on the device and cannot be checked here. They should rise from 0 to `rows`. Rows in no
/// group are not written; ends outside `0..=rows` are cut to it; where they fall, which rows are written and
/// by which group is unspecified. Nothing outside `c` is ever touched.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit each other; [`Error::Placement`] if a tensor is not on the
/// stream.
///
/// # Numerics
/// As [`mm`](super::mm).
pub fn grouped_mm<T: GemmElement>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    offsets: &impl AsView<i32>,
) -> Result<Tensor<T>> {
    let (a, b, offsets) = (a.as_view(), b.as_view(), offsets.as_view());
    let Shapes { rows, n, .. } = shapes(&a, &b, &offsets)?;
    let mut c = Tensor::empty(stream, &[rows, n])?;
    grouped_mm_into(stream, &a, &b, &offsets, &mut c)?;
    Ok(c)
}

/// [`grouped_mm`] into `c [rows, n]`. Allocates nothing.
///
/// # Errors
/// As [`grouped_mm`]; [`Error::Shape`] if `c` has another shape.
pub fn grouped_mm_into<T: GemmElement>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    offsets: &impl AsView<i32>,
    c: &mut impl AsViewMut<T>,
) -> Result<()> {
    let op = Op::new("grouped_mm", stream);
    let (a, b, offsets, mut c) = (a.as_view(), b.as_view(), offsets.as_view(), c.as_view_mut());
    let Shapes { groups, rows, n, k } = shapes(&a, &b, &offsets)?;
    if **c.shape() != [rows, n] {
        return Err(Error::shape(
            op.name,
            "c",
            format!("[{rows}, {n}]"),
            *c.shape(),
        ));
    }
    op.reads("a", &a)?;
    op.reads("b", &b)?;
    op.reads("offsets", &offsets)?;
    op.writes("c", &c)?;
    if op.runs_on_cpu() {
        return on_cpu(stream, &a, &b, &offsets, &mut c);
    }
    let product = GroupedRows {
        a: a.as_ptr(),
        b: b.as_ptr(),
        c: c.as_ptr(),
        offsets: offsets.as_ptr(),
        a_rows: std::ptr::null(),
        groups,
        rows,
        n,
        k,
        lda: a.row_stride(),
        ldc: c.row_stride(),
    };
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { grouped_rows(stream, &product) }
}

/// The product by the reference.
fn on_cpu<T: GemmElement>(
    stream: &Stream,
    a: &TensorView<'_, T>,
    b: &TensorView<'_, T>,
    offsets: &TensorView<'_, i32>,
    c: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    let shape = [a.shape().rows(), c.shape().columns(), a.shape().columns()];
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (a, b) = unsafe { (HostView::of(a), HostView::of(b)) };
    // SAFETY: as above.
    let (offsets, c) = unsafe { (HostView::of(offsets), HostViewMut::of(c)) };
    stream.run_on_host(move || {
        let (b, offsets) = (b.read().elements, offsets.read().elements);
        reference::gemm::grouped_mm(a.read(), b, offsets, c.write(), shape);
        Ok(())
    })
}

/// A grouped product on the device; `a_rows` names the row of A that each row of C is made of, or is null.
pub(crate) struct GroupedRows<T> {
    pub a: *const T,
    pub b: *const T,
    pub c: *mut T,
    pub offsets: *const i32,
    pub a_rows: *const i32,
    pub groups: usize,
    pub rows: usize,
    pub n: usize,
    pub k: usize,
    pub lda: usize,
    pub ldc: usize,
}

/// Runs a grouped product on the kernels, with as many blocks as the groups' rows can ever need.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(crate) unsafe fn grouped_rows<T: GemmElement>(
    stream: &Stream,
    it: &GroupedRows<T>,
) -> Result<()> {
    if it.groups == 0 || it.rows == 0 || it.n == 0 {
        return Ok(());
    }
    let tile = tile(
        it.rows.div_ceil(it.groups),
        &[it.k, it.lda],
        &[it.a as usize, it.b as usize],
    );
    let blocks = blocks(tile);
    // Each group that has rows ends in at most one partial tile.
    let row_tiles = it.rows / blocks.rows + it.groups.min(it.rows);
    let grid = (row_tiles as u32, it.n.div_ceil(blocks.columns) as u32);
    let config = LaunchConfig::new(grid, blocks.threads).with_shared(blocks.shared_bytes);
    let (groups, rows, n, k) = (it.groups as u32, it.rows as u32, it.n as u32, it.k as u32);
    let strides = (it.lda as u64, it.ldc as u64);
    let args = (
        it.a, it.b, it.c, it.offsets, it.a_rows, groups, rows, n, k, strides.0, strides.1,
    );
    // SAFETY: the shapes are the caller's promise, alignment is what the tile was chosen by.
    unsafe { stream.launch(T::grouped(tile), config, args) }
}

/// Groups that a product may have at most: each block looks through them.
const MAX_GROUPS: usize = 1 << 16;

struct Shapes {
    groups: usize,
    rows: usize,
    n: usize,
    k: usize,
}

fn shapes<T: GemmElement>(
    a: &TensorView<'_, T>,
    b: &TensorView<'_, T>,
    offsets: &TensorView<'_, i32>,
) -> Result<Shapes> {
    const OP: &str = "grouped_mm";
    let &[rows, k] = &**a.shape() else {
        return Err(Error::shape(OP, "a", "[rows, k]", *a.shape()));
    };
    let &[groups, n, b_k] = &**b.shape() else {
        return Err(Error::shape(OP, "b", "[groups, n, k]", *b.shape()));
    };
    if groups > MAX_GROUPS {
        let expected = format!("of at most {MAX_GROUPS} groups");
        return Err(Error::shape(OP, "b", expected, *b.shape()));
    }
    if b_k != k || !b.is_contiguous() {
        return Err(Error::shape(
            OP,
            "b",
            format!("[groups, n, {k}] and contiguous"),
            *b.shape(),
        ));
    }
    if **offsets.shape() != [groups + 1] {
        return Err(Error::shape(
            OP,
            "offsets",
            format!("[{}], one more than the groups", groups + 1),
            *offsets.shape(),
        ));
    }
    check_a(OP, ("a", a), [rows, k])?;
    check_b(OP, ("b", b), [n, k])?;
    Ok(Shapes { groups, rows, n, k })
}
