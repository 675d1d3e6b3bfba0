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
    shape: [usize; 3],
) {
    mm_with(a, b, c, shape, |_, sum| O::from_f32(sum));
}

/// `C[i, j] = value([i, j], sum over k of A[i, k] * B[j, k])`.
pub fn mm_with<A: Float, B: Float, O: Float>(
    a: Rows<'_, A>,
    b: Rows<'_, B>,
    c: RowsMut<'_, O>,
    shape: [usize; 3],
    value: impl Fn([usize; 2], f32) -> O + Sync,
) {
    sums(a, b, c, shape, |at, a, b| value(at, dot(a, b)));
}

/// Elements of K that share a scale.
pub const BLOCK: usize = 128;

/// `C[i, j] = value([i, j], sum over blocks of scale(i, j, block) * (A[i, block] . B[j, block]))`, with blocks of 128 of K.
///
/// Sources: DeepSeek-V3's report, section 3.3.2; DeepGEMM, `fp8_gemm_nt`.
pub fn block_scaled_mm<A: Float, B: Float, O: Float>(
    a: Rows<'_, A>,
    b: Rows<'_, B>,
    c: RowsMut<'_, O>,
    shape: [usize; 3],
    scale: impl Fn([usize; 2], usize) -> f32 + Sync,
    value: impl Fn([usize; 2], f32) -> O + Sync,
) {
    sums(a, b, c, shape, |at, a, b| {
        let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).enumerate();
        let sum = blocks.fold(0.0, |sum, (block, (a, b))| {
            sum + scale(at, block) * dot(a, b)
        });
        value(at, sum)
    });
}

/// `C[i, j] = value([i, j], row i of A, row j of B)`.
fn sums<A: Float, B: Float, O: Float>(
    a: Rows<'_, A>,
    b: Rows<'_, B>,
    c: RowsMut<'_, O>,
    [m, n, k]: [usize; 3],
    value: impl Fn([usize; 2], &[f32], &[f32]) -> O + Sync,
) {
    if m == 0 || n == 0 {
        return;
    }
    let rows: Vec<Vec<f32>> = (0..m).into_par_iter().map(|i| widen(a.row(i, k))).collect();
    // A task makes a column of C, so that each row of B is widened once.
    let column = |j| {
        let b_row = widen(b.row(j, k));
        let rows = rows.iter().enumerate();
        rows.map(|(i, row)| value([i, j], row, &b_row)).collect()
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
