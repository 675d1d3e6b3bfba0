//! Block scales in tiles.

use formats::{RowOrder, ScaleLayout};

use super::shuffle;
use super::tiles::Tiling;
use crate::device::Stream;
use crate::element::Element;
use crate::error::{Error, Result};
use crate::tensor::{AsView, AsViewMut, Tensor};

/// Rows of which the scales of shuffled weights must be a multiple.
const SHUFFLED_ROWS: usize = 128;

/// Puts the scales of each matrix into tiles, in the order of `layout`; the padding of each matrix becomes zero.
///
/// # Shapes
/// `sf [.., M, Kv]`, its rows as far apart as they like. The result is one run of elements: for each matrix as many as
/// [`ScaleGrid::bytes`](formats::ScaleGrid::bytes) says, which for 128x4 tiles is `M` rounded up to 128 times `Kv`
/// rounded up to 4.
///
/// # Errors
/// [`Error::Shape`] if `sf` is no matrix, or has 2^31 rows or 2^29 columns or more; [`Error::Placement`] if it is not on
/// the stream.
///
/// Source: FlashInfer, `block_scale_interleave`, which is that of [`ScaleLayout::Swizzled128x4`].
pub fn block_scale_interleave<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    layout: ScaleLayout,
) -> Result<Tensor<T>> {
    interleave(layout).interleave(stream, &sf.as_view())
}

/// [`block_scale_interleave`] into `out`, of as many elements, contiguous, in any shape. Allocates nothing.
///
/// # Errors
/// As [`block_scale_interleave`]; [`Error::Shape`] if `out` has another number of elements or is not contiguous.
pub fn block_scale_interleave_into<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    layout: ScaleLayout,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    interleave(layout).interleave_into(stream, sf, out)
}

/// Undoes [`block_scale_interleave`]: the scales `[.., M, Kv]` of tiles; their padding is dropped.
///
/// # Shapes
/// `shape` is `[.., M, Kv]`; `sf` holds the tiles of so many scales, contiguous, in any shape.
///
/// # Errors
/// [`Error::Shape`] if `shape` is no matrix's, or `sf` has another number of elements or is not contiguous;
/// [`Error::Placement`] if `sf` is not on the stream.
pub fn block_scale_deinterleave<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    shape: &[usize],
    layout: ScaleLayout,
) -> Result<Tensor<T>> {
    deinterleave(layout).deinterleave(stream, &sf.as_view(), shape)
}

/// [`block_scale_deinterleave`] into `out [.., M, Kv]`. Allocates nothing.
///
/// # Errors
/// As [`block_scale_deinterleave`].
pub fn block_scale_deinterleave_into<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    layout: ScaleLayout,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    deinterleave(layout).deinterleave_into(stream, sf, out)
}

/// The scales of weights whose rows [`shuffle_matrix_a`](super::shuffle_matrix_a) shuffled: their rows are shuffled
/// as the weights' are, and then go into 128x4 tiles, in one pass.
///
/// # Shapes
/// `x [.., M, Kv]`, `M` a multiple of 128; the result is one run of `M` times `Kv` rounded up to 4 for each matrix.
///
/// # Errors
/// [`Error::Argument`] if `epilogue_tile_m` is not a positive multiple of 16, or `num_elts_per_sf`, the elements that
/// share a scale, is neither 16 nor 32; [`Error::Shape`] if `x` is no matrix or `M` is not a multiple of 128;
/// [`Error::Placement`] if `x` is not on the stream.
///
/// Source: FlashInfer, `shuffle_matrix_sf_a`.
pub fn shuffle_matrix_sf_a<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
    num_elts_per_sf: usize,
) -> Result<Tensor<T>> {
    let tiling = shuffled("shuffle_matrix_sf_a", epilogue_tile_m, num_elts_per_sf)?;
    tiling.interleave(stream, &x.as_view())
}

/// [`shuffle_matrix_sf_a`] into `out`, of as many elements, contiguous, in any shape. Allocates nothing.
///
/// # Errors
/// As [`shuffle_matrix_sf_a`]; [`Error::Shape`] if `out` has another number of elements or is not contiguous.
pub fn shuffle_matrix_sf_a_into<T: Element>(
    stream: &Stream,
    x: &impl AsView<T>,
    epilogue_tile_m: usize,
    num_elts_per_sf: usize,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let tiling = shuffled("shuffle_matrix_sf_a", epilogue_tile_m, num_elts_per_sf)?;
    tiling.interleave_into(stream, x, out)
}

/// Undoes [`shuffle_matrix_sf_a`] of the same `epilogue_tile_m`: the scales `[.., M, Kv]` of the tiles `sf`.
///
/// # Errors
/// As [`shuffle_matrix_sf_a`] and [`block_scale_deinterleave`].
pub fn unshuffle_matrix_sf_a<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    shape: &[usize],
    epilogue_tile_m: usize,
    num_elts_per_sf: usize,
) -> Result<Tensor<T>> {
    let tiling = shuffled("unshuffle_matrix_sf_a", epilogue_tile_m, num_elts_per_sf)?;
    tiling.deinterleave(stream, &sf.as_view(), shape)
}

/// [`unshuffle_matrix_sf_a`] into `out [.., M, Kv]`. Allocates nothing.
///
/// # Errors
/// As [`unshuffle_matrix_sf_a`].
pub fn unshuffle_matrix_sf_a_into<T: Element>(
    stream: &Stream,
    sf: &impl AsView<T>,
    epilogue_tile_m: usize,
    num_elts_per_sf: usize,
    out: &mut impl AsViewMut<T>,
) -> Result<()> {
    let tiling = shuffled("unshuffle_matrix_sf_a", epilogue_tile_m, num_elts_per_sf)?;
    tiling.deinterleave_into(stream, sf, out)
}

fn interleave(layout: ScaleLayout) -> Tiling {
    in_order("block_scale_interleave", layout)
}

fn deinterleave(layout: ScaleLayout) -> Tiling {
    in_order("block_scale_deinterleave", layout)
}

fn in_order(op: &'static str, layout: ScaleLayout) -> Tiling {
    Tiling {
        op,
        layout,
        order: RowOrder::IDENTITY,
        row_multiple: 1,
    }
}

fn shuffled(op: &'static str, epilogue_tile_m: usize, num_elts_per_sf: usize) -> Result<Tiling> {
    if !matches!(num_elts_per_sf, 16 | 32) {
        return Err(Error::argument(
            op,
            "num_elts_per_sf",
            "16 or 32",
            num_elts_per_sf,
        ));
    }
    Ok(Tiling {
        op,
        layout: ScaleLayout::Swizzled128x4,
        order: shuffle(op, epilogue_tile_m)?,
        row_multiple: SHUFFLED_ROWS,
    })
}
