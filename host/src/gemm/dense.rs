//! One matrix product.

use super::element::{GemmOutput, blocks};
use super::hopper::{self, Product};
use crate::device::tensor_map::Matrix;
use crate::device::{LaunchConfig, Stream};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::heuristics::gemm::tile;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// `C[m, n] = A[m, k] * B[n, k]^T`: FlashInfer's `mm_bf16(a, b)`, whose column-major `b [k, n]` is this row
/// major `[n, k]`, the layout of a linear layer's weight.
///
/// # Shapes
/// `a [m, k]`, `b [n, k]`, the result `[m, n]`; any of them may be zero or odd, and rows may lie apart.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit each other; [`Error::Placement`] if a tensor is not on the
/// stream.
///
/// # Numerics
/// Products are exact, sums are in `f32` in an order that depends on the tile, and the result is rounded
/// once. With K = 0 the result is zero.
pub fn mm<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
) -> Result<Tensor<O>> {
    let (a, b) = (a.as_view(), b.as_view());
    let [m, n, _] = shapes(&a, &b)?;
    let mut c = Tensor::empty(stream, &[m, n])?;
    mm_into(stream, &a, &b, &mut c)?;
    Ok(c)
}

/// [`mm`] into `c [m, n]`. Allocates nothing.
///
/// # Errors
/// As [`mm`]; [`Error::Shape`] if `c` has another shape.
pub fn mm_into<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &impl AsView<T>,
    b: &impl AsView<T>,
    c: &mut impl AsViewMut<O>,
) -> Result<()> {
    let op = Op::new("mm", stream);
    let (a, b, mut c) = (a.as_view(), b.as_view(), c.as_view_mut());
    let shape = shapes(&a, &b)?;
    let [m, n, _] = shape;
    if **c.shape() != [m, n] {
        return Err(Error::shape(
            op.name,
            "c",
            format!("[{m}, {n}]"),
            *c.shape(),
        ));
    }
    op.reads("a", &a)?;
    op.reads("b", &b)?;
    op.writes("c", &c)?;
    if m == 0 || n == 0 {
        return Ok(());
    }
    if op.runs_on_cpu() {
        return on_cpu(stream, &a, &b, &mut c, shape);
    }
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { on_kernels(stream, &a, &b, &c, shape) }
}

/// The product by the reference.
fn on_cpu<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &TensorView<'_, T>,
    b: &TensorView<'_, T>,
    c: &mut TensorViewMut<'_, O>,
    shape: [usize; 3],
) -> Result<()> {
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (a, b, c) = unsafe { (HostView::of(a), HostView::of(b), HostViewMut::of(c)) };
    stream.run_on_host(move || {
        reference::gemm::mm(a.read(), b.read(), c.write(), shape);
        Ok(())
    })
}

/// The product by the kernels; none of `[m, n]` is zero.
///
/// # Safety
/// The memory is the stream's device's, of this shape, and in the stream's order.
unsafe fn on_kernels<T: GemmOutput<O>, O: Float>(
    stream: &Stream,
    a: &TensorView<'_, T>,
    b: &TensorView<'_, T>,
    c: &TensorViewMut<'_, O>,
    [m, n, k]: [usize; 3],
) -> Result<()> {
    let product = Product {
        a: Matrix::of(a, [m, k]),
        b: Matrix::of(b, [n, k]),
        c: Matrix::of_mut(c, [m, n]),
    };
    if hopper::takes(stream, &product) {
        // SAFETY: the caller's contract.
        return unsafe { hopper::launch::<T, O>(stream, &product) };
    }
    let addresses = [a.as_ptr() as usize, b.as_ptr() as usize];
    let tile = tile(m, &[k, a.row_stride(), b.row_stride()], &addresses);
    let blocks = blocks(tile);
    let grid = (
        m.div_ceil(blocks.rows) as u32,
        n.div_ceil(blocks.columns) as u32,
    );
    let config = LaunchConfig::new(grid, blocks.threads).with_shared(blocks.shared_bytes);
    let (a_ptr, b_ptr, c_ptr) = (a.as_ptr(), b.as_ptr(), c.as_ptr());
    let (lda, ldb, ldc) = (
        a.row_stride() as u64,
        b.row_stride() as u64,
        c.row_stride() as u64,
    );
    let (m, n, k) = (m as u32, n as u32, k as u32);
    let args = (a_ptr, b_ptr, c_ptr, m, n, k, lda, ldb, ldc);
    // SAFETY: the caller's contract; alignment is what the tile was chosen by.
    unsafe { stream.launch(T::dense(tile), config, args) }
}

/// `[m, n, k]` of a product, if its operands fit each other.
fn shapes<T: Float>(a: &TensorView<'_, T>, b: &TensorView<'_, T>) -> Result<[usize; 3]> {
    let &[m, k] = &**a.shape() else {
        return Err(Error::shape("mm", "a", "[m, k]", *a.shape()));
    };
    let &[n, b_k] = &**b.shape() else {
        return Err(Error::shape("mm", "b", "[n, k]", *b.shape()));
    };
    if b_k != k {
        return Err(Error::shape(
            "mm",
            "b",
            format!("[n, {k}], as a is [{m}, {k}]"),
            *b.shape(),
        ));
    }
    check_extents("mm", "a", m, k, a)?;
    check_extents("mm", "b", n, k, b)?;
    Ok([m, n, k])
}

/// Kernels count rows, columns and tiles in 32 bits; column tiles in 16.
pub(super) fn check_extents<T: Float>(
    op: &'static str,
    tensor: &'static str,
    rows: usize,
    columns: usize,
    view: &TensorView<'_, T>,
) -> Result<()> {
    const MAX: usize = 1 << 21;
    if (tensor == "b" && rows > MAX) || rows > 1 << 30 || columns > 1 << 30 {
        let expected = format!("of at most 2^30 rows and columns, and b of at most {MAX} rows");
        return Err(Error::shape(op, tensor, expected, *view.shape()));
    }
    Ok(())
}
