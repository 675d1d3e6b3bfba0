//! Bringing the experts' results back to the tokens.

use super::experts::MoeElement;
use crate::device::{LaunchConfig, Stream};
use crate::error::{Error, Result};
use crate::heuristics::activation::vector_width;
use crate::heuristics::rows::plan;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView, TensorViewMut};

/// `out[t] = sum over j of weights[t, j] * results[choice_row[t, j]]`; a choice of row -1 adds nothing.
///
/// # Shapes
/// `results [rows, hidden]`, `choice_row` and `weights [tokens, top_k]`, all contiguous; the result is
/// `[tokens, hidden]`. The rows are on the device and cannot be checked here: those of a
/// [`Permutation`](super::Permutation) of these choices are in range.
///
/// # Errors
/// [`Error::Shape`] if the shapes do not fit each other; [`Error::Placement`] if a tensor is not on the
/// stream.
///
/// # Numerics
/// Summed in `f32` in the order of `j` and rounded once: the same result every time.
///
/// # Safety
/// Every entry of `choice_row` is -1 or less than `rows`.
pub unsafe fn finalize<T: MoeElement>(
    stream: &Stream,
    results: &impl AsView<T>,
    choice_row: &impl AsView<i32>,
    weights: &impl AsView<f32>,
) -> Result<Tensor<T>> {
    let (results, choice_row, weights) =
        (results.as_view(), choice_row.as_view(), weights.as_view());
    let [tokens, _, hidden] = shapes(&results, &choice_row, &weights)?;
    let mut out = Tensor::empty(stream, &[tokens, hidden])?;
    // SAFETY: the caller's contract.
    unsafe { finalize_into(stream, &results, &choice_row, &weights, &mut out) }?;
    Ok(out)
}

/// [`finalize`] into `out [tokens, hidden]`. Allocates nothing.
///
/// # Errors
/// As [`finalize`]; [`Error::Shape`] if `out` has another shape.
///
/// # Safety
/// As [`finalize`].
pub unsafe fn finalize_into<T: MoeElement>(
    stream: &Stream,
    results: &impl AsView<T>,
    choice_row: &impl AsView<i32>,
    weights: &impl AsView<f32>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let op = Op::new("finalize", stream);
    let (results, choice_row, weights) =
        (results.as_view(), choice_row.as_view(), weights.as_view());
    let mut out = out.as_view_mut();
    let [tokens, top_k, hidden] = shapes(&results, &choice_row, &weights)?;
    if **out.shape() != [tokens, hidden] {
        return Err(Error::shape(
            op.name,
            "out",
            format!("[{tokens}, {hidden}]"),
            *out.shape(),
        ));
    }
    op.reads("results", &results)?;
    op.reads("choice_row", &choice_row)?;
    op.reads("weights", &weights)?;
    op.writes("out", &out)?;
    if op.runs_on_cpu() {
        return on_cpu(stream, &results, &choice_row, &weights, &mut out);
    }
    let rows = FinalizeRows {
        results: results.as_ptr(),
        choice_row: choice_row.as_ptr(),
        weights: weights.as_ptr(),
        out: out.as_ptr(),
        tokens,
        top_k,
        hidden,
        out_stride: out.row_stride(),
    };
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { finalize_rows(stream, &rows) }
}

/// Finalizes by the reference.
fn on_cpu<T: MoeElement>(
    stream: &Stream,
    results: &TensorView<'_, T>,
    choice_row: &TensorView<'_, i32>,
    weights: &TensorView<'_, f32>,
    out: &mut TensorViewMut<'_, T>,
) -> Result<()> {
    let shape = [choice_row.shape().columns(), out.shape().columns()];
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (results, choice_row) = unsafe { (HostView::of(results), HostView::of(choice_row)) };
    // SAFETY: as above.
    let (weights, out) = unsafe { (HostView::of(weights), HostViewMut::of(out)) };
    stream.run_on_host(move || {
        let (results, rows) = (results.read().elements, choice_row.read().elements);
        reference::fused_moe::finalize(results, rows, weights.read().elements, out.write(), shape);
        Ok(())
    })
}

/// Results to sum, and where the sums go.
pub(super) struct FinalizeRows<T> {
    pub results: *const T,
    pub choice_row: *const i32,
    pub weights: *const f32,
    pub out: *mut T,
    pub tokens: usize,
    pub top_k: usize,
    pub hidden: usize,
    pub out_stride: usize,
}

/// Finalizes on the kernels.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order; rows are in range.
pub(super) unsafe fn finalize_rows<T: MoeElement>(
    stream: &Stream,
    it: &FinalizeRows<T>,
) -> Result<()> {
    if it.tokens == 0 || it.hidden == 0 {
        return Ok(());
    }
    let addresses = [it.results as usize, it.out as usize];
    // There is no kernel for four elements at once; the one for two takes those.
    let width = match vector_width(size_of::<T>(), &[it.hidden, it.out_stride], &addresses) {
        4 => 2,
        width => width,
    };
    let mut plan = plan(
        it.tokens,
        it.hidden / width,
        1,
        stream.device().multiprocessors(),
    );
    plan.threads = plan.threads.min(256);
    let config = LaunchConfig::new((it.tokens as u32, plan.chunks), plan.threads);
    let (hidden, top_k) = (it.hidden as u32, it.top_k as u32);
    let args = (
        it.results,
        it.choice_row,
        it.weights,
        it.out,
        hidden,
        top_k,
        it.out_stride as u64,
    );
    // SAFETY: the caller's contract; alignment is what `width` was chosen by.
    unsafe { stream.launch(T::finalize(width), config, args) }
}

/// `[tokens, top_k, hidden]`, if the shapes fit each other.
fn shapes<T: MoeElement>(
    results: &TensorView<'_, T>,
    choice_row: &TensorView<'_, i32>,
    weights: &TensorView<'_, f32>,
) -> Result<[usize; 3]> {
    const OP: &str = "finalize";
    let &[_, hidden] = &**results.shape() else {
        return Err(Error::shape(
            OP,
            "results",
            "[rows, hidden]",
            *results.shape(),
        ));
    };
    let &[tokens, top_k] = &**choice_row.shape() else {
        return Err(Error::shape(
            OP,
            "choice_row",
            "[tokens, top_k]",
            *choice_row.shape(),
        ));
    };
    if **weights.shape() != [tokens, top_k] {
        return Err(Error::shape(
            OP,
            "weights",
            format!("[{tokens}, {top_k}]"),
            *weights.shape(),
        ));
    }
    let contiguous =
        results.is_contiguous() && choice_row.is_contiguous() && weights.is_contiguous();
    if !contiguous || tokens > 1 << 30 || hidden > 1 << 30 || top_k > 1 << 20 {
        return Err(Error::shape(
            OP,
            "results",
            "contiguous, as choice_row and weights, below 2^30",
            *results.shape(),
        ));
    }
    Ok([tokens, top_k, hidden])
}
