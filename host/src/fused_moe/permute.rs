//! Sorting the tokens' choices by expert.

use super::routing::check_top_k;
use crate::device::{LaunchConfig, Stream};
use crate::error::{Error, Result};
use crate::kernels::moe as kernels;
use crate::op::{HostView, HostViewMut, Op};
use crate::reference;
use crate::tensor::{AsView, Tensor, TensorView};

/// The choices of all tokens, sorted by expert and in token order within one.
///
/// Choice `i = t top_k + j` is token `t`'s `j`-th. There are as many rows as choices at most; rows from
/// `offsets[experts]` on do not exist, and their entries are not written.
pub struct Permutation {
    /// `[experts + 1]`: expert `e` has the rows `offsets[e]..offsets[e + 1]`.
    pub offsets: Tensor<i32>,
    /// `[tokens * top_k]`: the token of each row.
    pub row_token: Tensor<i32>,
    /// `[tokens, top_k]`: the row of each choice, -1 if it has none.
    pub choice_row: Tensor<i32>,
    /// `[experts]`: scratch.
    counts: Tensor<i32>,
}

impl Permutation {
    /// Room for the choices of `tokens` tokens.
    ///
    /// # Errors
    /// [`Error::Argument`] if `experts` or `top_k` is 0 or too many; as [`Tensor::empty`].
    pub fn empty(stream: &Stream, tokens: usize, top_k: usize, experts: usize) -> Result<Self> {
        check_top_k("Permutation::empty", tokens, experts, top_k)?;
        Ok(Self {
            offsets: Tensor::empty(stream, &[experts + 1])?,
            row_token: Tensor::empty(stream, &[tokens * top_k])?,
            choice_row: Tensor::empty(stream, &[tokens, top_k])?,
            counts: Tensor::empty(stream, &[experts])?,
        })
    }

    /// Checks that all parts have room and are here: anyone may have put others in their place.
    fn check(&mut self, op: Op<'_>, [tokens, top_k, experts]: [usize; 3]) -> Result<()> {
        let (choices, offsets) = (tokens * top_k, experts + 1);
        let parts: [(_, &mut Tensor<i32>, &[usize]); 4] = [
            ("choice_row", &mut self.choice_row, &[tokens, top_k]),
            ("row_token", &mut self.row_token, &[choices]),
            ("offsets", &mut self.offsets, &[offsets]),
            ("counts", &mut self.counts, &[experts]),
        ];
        for (name, part, expected) in parts {
            if **part.shape() != *expected {
                let expected = format!("{expected:?}");
                return Err(Error::shape(op.name, name, expected, *part.shape()));
            }
            op.writes(name, &part.view_mut())?;
        }
        Ok(())
    }
}

/// Sorts the choices `ids [tokens, top_k]` by expert.
///
/// An id outside `0..experts` (as -1) is no choice. Of each expert's choices only the first `capacity`, in
/// token order, get a row; `None` is no limit.
///
/// # Errors
/// [`Error::Shape`] if `ids` is not a contiguous matrix; [`Error::Argument`] if `experts` or `top_k` is 0 or
/// too many; [`Error::Placement`] if `ids` is not on the stream.
pub fn permute(
    stream: &Stream,
    ids: &impl AsView<i32>,
    experts: usize,
    capacity: Option<usize>,
) -> Result<Permutation> {
    let ids = ids.as_view();
    let [tokens, top_k] = shapes(&ids, experts)?;
    let mut permutation = Permutation::empty(stream, tokens, top_k, experts)?;
    permute_into(stream, &ids, capacity, &mut permutation)?;
    Ok(permutation)
}

/// [`permute`] into a permutation of the same shape. Allocates nothing.
///
/// # Errors
/// As [`permute`]; [`Error::Shape`] if a part of the permutation is for other numbers; [`Error::Placement`] if
/// one is not on the stream.
pub fn permute_into(
    stream: &Stream,
    ids: &impl AsView<i32>,
    capacity: Option<usize>,
    permutation: &mut Permutation,
) -> Result<()> {
    let op = Op::new("permute", stream);
    let ids = ids.as_view();
    let experts = permutation.counts.shape().elements();
    let [tokens, top_k] = shapes(&ids, experts)?;
    permutation.check(op, [tokens, top_k, experts])?;
    op.reads("ids", &ids)?;
    if op.runs_on_cpu() {
        return on_cpu(stream, &ids, capacity, permutation);
    }
    let rows = PermuteRows {
        ids: ids.as_ptr(),
        counts: permutation.counts.view_mut().as_ptr().cast(),
        offsets: permutation.offsets.view_mut().as_ptr(),
        row_token: permutation.row_token.view_mut().as_ptr(),
        choice_row: permutation.choice_row.view_mut().as_ptr(),
        choices: tokens * top_k,
        top_k,
        experts,
        capacity,
    };
    // SAFETY: the shapes were checked, and the memory is in this stream's order.
    unsafe { permute_rows(stream, &rows) }
}

/// Sorts by the reference.
fn on_cpu(
    stream: &Stream,
    ids: &TensorView<'_, i32>,
    capacity: Option<usize>,
    to: &mut Permutation,
) -> Result<()> {
    let top_k = ids.shape().columns();
    // SAFETY: host memory, since it is the CPU's; replaying a capture is its caller's promise.
    let (ids, offsets) = unsafe {
        (
            HostView::of(ids),
            HostViewMut::of(&mut to.offsets.view_mut()),
        )
    };
    let (mut row_token, mut choice_row) = (to.row_token.view_mut(), to.choice_row.view_mut());
    // SAFETY: as above.
    let (row_token, choice_row) = unsafe {
        (
            HostViewMut::of(&mut row_token),
            HostViewMut::of(&mut choice_row),
        )
    };
    stream.run_on_host(move || {
        let (row_token, choice_row) = (row_token.write().elements, choice_row.write().elements);
        let (ids, offsets) = (ids.read().elements, offsets.write().elements);
        reference::fused_moe::permute(ids, top_k, capacity, offsets, row_token, choice_row);
        Ok(())
    })
}

/// Choices to sort, and where the permutation goes.
pub(super) struct PermuteRows {
    pub ids: *const i32,
    pub counts: *mut u32,
    pub offsets: *mut i32,
    pub row_token: *mut i32,
    pub choice_row: *mut i32,
    pub choices: usize,
    pub top_k: usize,
    pub experts: usize,
    pub capacity: Option<usize>,
}

/// Sorts on the kernels.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(super) unsafe fn permute_rows(stream: &Stream, it: &PermuteRows) -> Result<()> {
    let config = LaunchConfig::new(it.experts as u32, kernels::PERMUTE_THREADS);
    let (choices, top_k) = (it.choices as u32, it.top_k as u32);
    let capacity = it
        .capacity
        .map_or(u32::MAX, |capacity| capacity.min(u32::MAX as usize) as u32);
    // SAFETY: the caller's contract.
    unsafe {
        stream.launch(
            &kernels::moe_count,
            config,
            (it.ids, it.counts, choices, capacity),
        )?;
        let config = config.with_shared(kernels::PERMUTE_SHARED_BYTES);
        let args = (
            it.ids,
            it.counts.cast_const(),
            it.offsets,
            it.row_token,
            it.choice_row,
            choices,
            top_k,
        );
        stream.launch(&kernels::moe_place, config, args)
    }
}

/// `[tokens, top_k]` of ids for so many experts.
fn shapes(ids: &TensorView<'_, i32>, experts: usize) -> Result<[usize; 2]> {
    const OP: &str = "permute";
    let &[tokens, top_k] = &**ids.shape() else {
        return Err(Error::shape(OP, "ids", "[tokens, top_k]", *ids.shape()));
    };
    if !ids.is_contiguous() {
        return Err(Error::shape(OP, "ids", "contiguous", *ids.shape()));
    }
    check_top_k(OP, tokens, experts, top_k)?;
    Ok([tokens, top_k])
}
