//! Columns in blocks.

use formats::RowOrder;

use super::matrix::{Columns, Rearrangement};
use crate::device::Stream;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::tensor::{AsView, AsViewMut, Tensor, TensorView};

/// Columns of a block of low-latency weights, and rows of their epilogue's tile.
pub(crate) const LOW_LATENCY_BLOCK: usize = 128;

/// The order of the rows of low-latency weights.
pub(crate) const LOW_LATENCY_ORDER: RowOrder = RowOrder::for_epilogue_tile(LOW_LATENCY_BLOCK);

/// Cuts the columns of each matrix into blocks, one after the other:
/// `out[.., b, m, j] = x[.., m, b block_k + j]`.
///
/// # Shapes
/// `x [.., M, K]`, `K` a multiple of `block_k`; the result is `[.., K / block_k, M, block_k]`. `x` has 5 dimensions at
/// most.
///
/// # Errors
/// [`Error::Shape`] if `x` is no matrix or `K` is not a multiple of `block_k`, which is not 0;
/// [`Error::Argument`] if the result would have too many dimensions; [`Error::Placement`] if `x` is not on the stream.
///
/// Source: FlashInfer, `convert_to_block_layout`.
pub fn convert_to_block_layout<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    block_k: usize,
) -> Result<Tensor<T>> {
    into_blocks(block_k).run(stream, &x.as_view())
}

/// [`convert_to_block_layout`] into `out [.., K / block_k, M, block_k]`. Allocates nothing.
///
/// # Errors
/// As [`convert_to_block_layout`]; [`Error::Shape`] if `out` has another shape.
pub fn convert_to_block_layout_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    block_k: usize,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    into_blocks(block_k).run_into(stream, x, out)
}

/// Undoes [`convert_to_block_layout`].
///
/// # Shapes
/// `x [.., B, M, block_k]`; the result is `[.., M, B block_k]`.
///
/// # Errors
/// [`Error::Shape`] if `x` has fewer than three dimensions; [`Error::Placement`] if it is not on the stream.
pub fn convert_from_block_layout<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
) -> Result<Tensor<T>> {
    OUT_OF_BLOCKS.run(stream, &x.as_view())
}

/// [`convert_from_block_layout`] into `out [.., M, B block_k]`. Allocates nothing.
///
/// # Errors
/// As [`convert_from_block_layout`]; [`Error::Shape`] if `out` has another shape.
pub fn convert_from_block_layout_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    OUT_OF_BLOCKS.run_into(stream, x, out)
}

/// The weights of a low-latency FP8 product, as [`mm_fp8`](crate::gemm::mm_fp8) takes them, and FlashInfer's: rows
/// shuffled for an epilogue of 128 ([`shuffle_matrix_a`](super::shuffle_matrix_a)), then columns in blocks of 128
/// ([`convert_to_block_layout`]), in one pass.
///
/// # Shapes
/// `w [.., N, K]`, `N` a multiple of 32 and `K` of 128; the result is `[.., K / 128, N, 128]`.
///
/// # Errors
/// As [`convert_to_block_layout`].
///
/// Source: FlashInfer, `prepare_low_latency_gemm_weights`.
pub fn prepare_low_latency_gemm_weights<T: Element>(
    stream: &Stream,
    w: &impl AsView<T>,
) -> Result<Tensor<T>> {
    PREPARE.run(stream, &w.as_view())
}

/// [`prepare_low_latency_gemm_weights`] into `out [.., K / 128, N, 128]`. Allocates nothing.
///
/// # Errors
/// As [`convert_to_block_layout_into`].
pub fn prepare_low_latency_gemm_weights_into<T: Element>(
    stream: &Stream,
    w: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    PREPARE.run_into(stream, w, out)
}

/// Undoes [`prepare_low_latency_gemm_weights`].
///
/// # Shapes
/// `w [.., K / 128, N, 128]`, `N` a multiple of 32; the result is `[.., N, K]`.
///
/// # Errors
/// [`Error::Shape`] if `w` has another shape; [`Error::Placement`] if it is not on the stream.
pub fn restore_low_latency_gemm_weights<T: Element>(
    stream: &Stream,
    w: &impl AsView<T>,
) -> Result<Tensor<T>> {
    let w = w.as_view();
    check_prepared(&w)?;
    RESTORE.run(stream, &w)
}

/// [`restore_low_latency_gemm_weights`] into `out [.., N, K]`. Allocates nothing.
///
/// # Errors
/// As [`restore_low_latency_gemm_weights`]; [`Error::Shape`] if `out` has another shape.
pub fn restore_low_latency_gemm_weights_into<T: Element>(
    stream: &Stream,
    w: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let w = w.as_view();
    check_prepared(&w)?;
    RESTORE.run_into(stream, &w, out)
}

fn into_blocks(block_k: usize) -> Rearrangement {
    Rearrangement {
        op: "convert_to_block_layout",
        order: RowOrder::IDENTITY,
        columns: Columns::IntoBlocks(block_k),
    }
}

const OUT_OF_BLOCKS: Rearrangement = Rearrangement {
    op: "convert_from_block_layout",
    order: RowOrder::IDENTITY,
    columns: Columns::OutOfBlocks,
};

const PREPARE: Rearrangement = Rearrangement {
    op: "prepare_low_latency_gemm_weights",
    order: LOW_LATENCY_ORDER,
    columns: Columns::IntoBlocks(LOW_LATENCY_BLOCK),
};

const RESTORE: Rearrangement = Rearrangement {
    op: "restore_low_latency_gemm_weights",
    order: LOW_LATENCY_ORDER.inverse(),
    columns: Columns::OutOfBlocks,
};

/// Blocks of another width were not made by [`prepare_low_latency_gemm_weights`].
fn check_prepared<T: Element>(w: &TensorView<'_, T>) -> Result<()> {
    if w.shape().last() == Some(&LOW_LATENCY_BLOCK) {
        return Ok(());
    }
    let expected = format!("[.., K / 128, N, {LOW_LATENCY_BLOCK}]");
    Err(Error::shape(RESTORE.op, "x", expected, *w.shape()))
}
