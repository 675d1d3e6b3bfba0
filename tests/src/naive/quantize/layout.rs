//! Rows, columns and block scales in other places, element by element.

use gatewarp::formats::ScaleLayout;

/// `out[2i] = x[i]` and `out[2i + 1] = x[M/2 + i]`, in each matrix of `rows` rows.
#[must_use]
pub fn reorder_rows<T: Copy>(x: &[T], rows: usize, columns: usize) -> Vec<T> {
    scatter(x, rows, columns, |row| match row < rows / 2 {
        true => 2 * row,
        false => 2 * (row - rows / 2) + 1,
    })
}

/// In groups of 32 or 16 rows, where row `i` goes, as FlashInfer's source has it.
#[must_use]
pub fn shuffle_rows<T: Copy>(
    x: &[T],
    rows: usize,
    columns: usize,
    epilogue_tile_m: usize,
) -> Vec<T> {
    scatter(x, rows, columns, |row| match epilogue_tile_m % 128 {
        0 => row / 32 * 32 + row % 4 * 8 + row % 32 / 4,
        _ => row / 16 * 16 + row % 2 * 8 + row % 16 / 2,
    })
}

/// `out[b, m, j] = x[m, b width + j]`, in each matrix of `rows` rows.
#[must_use]
pub fn to_blocks<T: Copy>(x: &[T], rows: usize, columns: usize, width: usize) -> Vec<T> {
    let mut out = Vec::new();
    for matrix in x.chunks((rows * columns).max(1)) {
        for block in 0..columns / width {
            for row in 0..rows {
                for j in 0..width {
                    out.push(matrix[row * columns + block * width + j]);
                }
            }
        }
    }
    out
}

/// The scales of `matrices` in tiles: the tensor of 5 or 4 dimensions that a layout is, from its first
/// element to its last.
#[must_use]
pub fn interleave<T: Copy>(
    x: &[T],
    [matrices, rows, columns]: [usize; 3],
    layout: ScaleLayout,
    padding: T,
) -> Vec<T> {
    let (lines, groups, width) = match layout {
        ScaleLayout::Swizzled128x4 => (32, 4, 4),
        ScaleLayout::Swizzled8x4 => (8, 1, 4),
        ScaleLayout::Linear => (1, 1, 1),
    };
    let mut tiles = Vec::new();
    for matrix in 0..matrices {
        for row_tile in 0..rows.div_ceil(lines * groups) {
            for column_tile in 0..columns.div_ceil(width) {
                for (line, group) in (0..lines).flat_map(|l| (0..groups).map(move |g| (l, g))) {
                    for j in 0..width {
                        let row = (row_tile * groups + group) * lines + line;
                        let column = column_tile * width + j;
                        let there = row < rows && column < columns;
                        let place = (matrix * rows + row) * columns + column;
                        tiles.push(if there { x[place] } else { padding });
                    }
                }
            }
        }
    }
    tiles
}

/// Puts each row of each matrix where `target` says.
fn scatter<T: Copy>(
    x: &[T],
    rows: usize,
    columns: usize,
    target: impl Fn(usize) -> usize,
) -> Vec<T> {
    let mut out = x.to_vec();
    if columns == 0 {
        return out;
    }
    for (row, elements) in x.chunks(columns).enumerate() {
        let to = row / rows * rows + target(row % rows);
        out[to * columns..][..columns].copy_from_slice(elements);
    }
    out
}
