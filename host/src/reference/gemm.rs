//! Matrix products, accumulated in `f32`.

use rayon::prelude::*;

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

/// `C[m, n] = A[m, k] * B[n, k]^T`: rows `lda`, `ldb`, `ldc` elements apart, `c` of `m` rows.
pub fn mm<T: Float, O: Float>(
    a: &[T],
    lda: usize,
    b: &[T],
    ldb: usize,
    c: &mut [O],
    ldc: usize,
    [m, n, k]: [usize; 3],
) {
    if m == 0 || n == 0 {
        return;
    }
    let rows: Vec<Vec<f32>> = (0..m)
        .into_par_iter()
        .map(|i| widen(&a[i * lda..i * lda + k]))
        .collect();
    // Each task makes a column block of C, so that a row of B is widened once.
    let columns: Vec<Vec<O>> = (0..n)
        .into_par_iter()
        .map(|j| {
            let column = widen(&b[j * ldb..j * ldb + k]);
            rows.iter()
                .map(|row| O::from_f32(dot(row, &column)))
                .collect()
        })
        .collect();
    c.par_chunks_mut(ldc)
        .take(m)
        .enumerate()
        .for_each(|(i, row)| {
            for (element, column) in row.iter_mut().zip(&columns) {
                *element = column[i];
            }
        });
}

/// The rows of each group times the group's own B: group g is rows `offsets[g]..offsets[g + 1]` of A and C,
/// `b [groups, n, k]`. Ends past the rows are cut; rows in no group are not written.
pub fn grouped_mm<T: Float>(
    a: &[T],
    lda: usize,
    b: &[T],
    offsets: &[i32],
    c: &mut [T],
    ldc: usize,
    [rows, n, k]: [usize; 3],
) {
    for (group, ends) in offsets.windows(2).enumerate() {
        let clamp = |end: i32| (end.max(0) as usize).min(rows);
        let (start, end) = (clamp(ends[0]), clamp(ends[1]));
        if start < end {
            let shape = [end - start, n, k];
            mm(
                &a[start * lda..],
                lda,
                &b[group * n * k..],
                k,
                &mut c[start * ldc..],
                ldc,
                shape,
            );
        }
    }
}
