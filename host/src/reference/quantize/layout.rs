//! Rows, columns and block scales in other places.

use formats::{ColumnBlocks, RowOrder, ScaleGrid};
use rayon::prelude::*;

use crate::reference::{Rows, RowsMut};

/// `out[matrix, r, k] = x[matrix, order.source(r), k]`, where the columns of either may be in blocks.
///
/// There are columns. Of the two widths one is a multiple of the other.
pub fn permute_rows<T: Copy + Send + Sync>(
    x: Rows<'_, T>,
    x_stored: ColumnBlocks,
    out: RowsMut<'_, T>,
    out_stored: ColumnBlocks,
    order: RowOrder,
) {
    let piece = x_stored.width.min(out_stored.width);
    let rows = out.par_rows(out_stored.width).enumerate();
    rows.for_each(|(stack_row, out)| {
        for (i, out) in out.chunks_mut(piece).enumerate() {
            let (matrix, row, column) = out_stored.position(stack_row, i * piece);
            let source = order.source(x_stored.rows, row);
            let (x_row, x_column) = x_stored.place(matrix, source, column);
            out.copy_from_slice(&x.row(x_row, x_stored.width)[x_column..][..piece]);
        }
    });
}

/// `tiles[matrix, offset(r, kv)] = x[matrix, order.source(r), kv]`; the rest of the tiles is padding.
pub fn scales_into_tiles<T: Copy + Send + Sync>(
    x: Rows<'_, T>,
    tiles: &mut [T],
    grid: &ScaleGrid,
    order: RowOrder,
    padding: T,
) {
    let (rows, columns) = (grid.rows(), grid.columns());
    tiles.par_iter_mut().enumerate().for_each(|(i, scale)| {
        let (matrix, offset) = (i / grid.bytes(), i % grid.bytes());
        *scale = match grid.position(offset) {
            Some((row, column)) => {
                let source = matrix * rows + order.source(rows, row);
                x.row(source, columns)[column]
            }
            None => padding,
        };
    });
}

/// `out[matrix, order.source(r), kv] = tiles[matrix, offset(r, kv)]`. There are columns.
pub fn scales_out_of_tiles<T: Copy + Send + Sync>(
    tiles: &[T],
    out: RowsMut<'_, T>,
    grid: &ScaleGrid,
    order: RowOrder,
) {
    let (rows, columns) = (grid.rows(), grid.columns());
    out.par_rows(columns).enumerate().for_each(|(i, out)| {
        let matrix = &tiles[i / rows * grid.bytes()..];
        let row = order.inverse().source(rows, i % rows);
        for (column, scale) in out.iter_mut().enumerate() {
            *scale = matrix[grid.layout().offset(columns, row, column)];
        }
    });
}
