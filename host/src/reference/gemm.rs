//! Matrix products, accumulated in `f32`.

use rayon::prelude::*;

use super::{Rows, RowsMut};
use crate::element::Float;

/// Partial sums of a dot product: enough for the compiler to use the widest vectors.
const LANES: usize = 16;

/// `a . b` in `f32`, in `LANES` interleaved partial sums.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f32 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + tail
}

/// The elements as `f32`.
#[must_use]
pub fn widen<T: Float>(elements: &[T]) -> Vec<f32> {
    elements.iter().map(|element| element.to_f32()).collect()
}

/// `C[m, n] = A[m, k] * B[n, k]^T`.
pub fn mm<T: Float, O: Float>(
    a: Rows<'_, T>,
    b: Rows<'_, T>,
    c: RowsMut<'_, O>,
    [m, n, k]: [usize; 3],
) {
    if m == 0 || n == 0 {
        return;
    }
    let rows: Vec<Vec<f32>> = (0..m).into_par_iter().map(|i| widen(a.row(i, k))).collect();
    // A task makes a column of C, so that each row of B is widened once.
    let column = |j| {
        let b_row = widen(b.row(j, k));
        rows.iter()
            .map(|row| O::from_f32(dot(row, &b_row)))
            .collect()
    };
    let columns: Vec<Vec<O>> = (0..n).into_par_iter().map(column).collect();
    c.par_rows(n).take(m).enumerate().for_each(|(i, row)| {
        for (element, column) in row.iter_mut().zip(&columns) {
            *element = column[i];
        }
    });
}

/// The rows of each group times the group's own B: group g is rows `offsets[g]..offsets[g + 1]` of A and C,
/// `b [groups, n, k]`. Ends past the rows are cut; rows in no group are not written.
pub fn grouped_mm<T: Float>(
    a: Rows<'_, T>,
    b: &[T],
    offsets: &[i32],
    mut c: RowsMut<'_, T>,
    [rows, n, k]: [usize; 3],
) {
    for (group, ends) in offsets.windows(2).enumerate() {
        let cut = |end: i32| (end.max(0) as usize).min(rows);
        let (start, end) = (cut(ends[0]), cut(ends[1]));
        if start < end {
            let b = Rows::contiguous(&b[group * n * k..], k);
            mm(a.from(start), b, c.from(start), [end - start, n, k]);
        }
    }
}
