//! Rows in another order.

use formats::RowOrder;

use super::matrix::Rearrangement;
use super::shuffle;
use crate::device::Stream;
use crate::element::Element;
use crate::error::Result;
use crate::tensor::{AsView, AsViewMut, Tensor};

/// Row `r` of the result is row [`order.source(M, r)`](RowOrder::source) of `x`, in each matrix.
///
/// [`RowOrder::inverse`] is the way back; [`RowOrder::of_halves_in_turn`] of a shuffle does both steps that the
/// first weights of a gated layer need in one pass.
///
/// # Shapes
/// `x [.., M, K]`, its rows as far apart as they like; the result has the same shape.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `x` is no matrix, or `M` is not a multiple of
/// [`RowOrder::row_multiple`]; [`Error::Placement`](crate::Error::Placement) if it is not on the stream.
pub fn permute_rows<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    order: RowOrder,
) -> Result<Tensor<T>> {
    Rearrangement::of_rows("permute_rows", order).run(stream, &x.as_view())
}

/// [`permute_rows`] into `out`, which has the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`permute_rows`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn permute_rows_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    order: RowOrder,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    Rearrangement::of_rows("permute_rows", order).run_into(stream, x, out)
}

/// Takes the halves of each matrix in turn: `out[2i] = x[i]` and `out[2i + 1] = x[M/2 + i]`, so that a gate's
/// weights and those of what it gates are neighbours.
///
/// # Shapes
/// `x [.., M, K]`, `M` even; the result has the same shape.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `x` is no matrix or `M` is odd;
/// [`Error::Placement`](crate::Error::Placement) if it is not on the stream.
///
/// Source: FlashInfer, `reorder_rows_for_gated_act_gemm`.
pub fn reorder_rows_for_gated_act_gemm<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
) -> Result<Tensor<T>> {
    reorder().run(stream, &x.as_view())
}

/// [`reorder_rows_for_gated_act_gemm`] into `out`, which has the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`reorder_rows_for_gated_act_gemm`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn reorder_rows_for_gated_act_gemm_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    reorder().run_into(stream, x, out)
}

/// Undoes [`reorder_rows_for_gated_act_gemm`].
///
/// # Errors
/// As [`reorder_rows_for_gated_act_gemm`].
pub fn restore_rows_for_gated_act_gemm<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
) -> Result<Tensor<T>> {
    restore().run(stream, &x.as_view())
}

/// [`restore_rows_for_gated_act_gemm`] into `out`, which has the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`reorder_rows_for_gated_act_gemm_into`].
pub fn restore_rows_for_gated_act_gemm_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    restore().run_into(stream, x, out)
}

/// Shuffles the rows of each group of `B` as the epilogue of a transposed product holds them:
/// `out[n] = x[n % 8 * (B / 8) + n / 8]`, where `B` is 32 if `epilogue_tile_m` is a multiple of 128, else 16.
///
/// # Shapes
/// `x [.., M, K]`, `M` a multiple of `B`; the result has the same shape.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `epilogue_tile_m` is not a positive multiple of 16;
/// [`Error::Shape`](crate::Error::Shape) if `x` is no matrix or `M` is not a multiple of `B`;
/// [`Error::Placement`](crate::Error::Placement) if it is not on the stream.
///
/// Source: FlashInfer, `shuffle_matrix_a`.
pub fn shuffle_matrix_a<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
) -> Result<Tensor<T>> {
    shuffled(epilogue_tile_m)?.run(stream, &x.as_view())
}

/// [`shuffle_matrix_a`] into `out`, which has the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`shuffle_matrix_a`]; [`Error::Shape`](crate::Error::Shape) if `out` has another shape.
pub fn shuffle_matrix_a_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    shuffled(epilogue_tile_m)?.run_into(stream, x, out)
}

/// Undoes [`shuffle_matrix_a`] of the same `epilogue_tile_m`.
///
/// # Errors
/// As [`shuffle_matrix_a`].
pub fn unshuffle_matrix_a<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
) -> Result<Tensor<T>> {
    unshuffled(epilogue_tile_m)?.run(stream, &x.as_view())
}

/// [`unshuffle_matrix_a`] into `out`, which has the shape of `x`. Allocates nothing.
///
/// # Errors
/// As [`shuffle_matrix_a_into`].
pub fn unshuffle_matrix_a_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    unshuffled(epilogue_tile_m)?.run_into(stream, x, out)
}

fn reorder() -> Rearrangement {
    Rearrangement::of_rows("reorder_rows_for_gated_act_gemm", RowOrder::HALVES_IN_TURN)
}

fn restore() -> Rearrangement {
    let order = RowOrder::HALVES_IN_TURN.inverse();
    Rearrangement::of_rows("restore_rows_for_gated_act_gemm", order)
}

fn shuffled(epilogue_tile_m: usize) -> Result<Rearrangement> {
    const OP: &str = "shuffle_matrix_a";
    Ok(Rearrangement::of_rows(OP, shuffle(OP, epilogue_tile_m)?))
}

fn unshuffled(epilogue_tile_m: usize) -> Result<Rearrangement> {
    const OP: &str = "unshuffle_matrix_a";
    let order = shuffle(OP, epilogue_tile_m)?.inverse();
    Ok(Rearrangement::of_rows(OP, order))
}
