//! Matrix products.

use crate::values::Value;

/// `A[m, k] * B[n, k]^T`, all contiguous.
#[must_use]
pub fn mm<A: Value, B: Value>(a: &[A], b: &[B], [m, n, k]: [usize; 3]) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            for l in 0..k {
                c[i * n + j] += a[i * k + l].to_f64() * b[j * k + l].to_f64();
            }
        }
    }
    c
}

/// `A[i] * B[i]^T` for each matrix of a batch, all contiguous.
#[must_use]
pub fn bmm<A: Value, B: Value>(a: &[A], b: &[B], [batch, m, n, k]: [usize; 4]) -> Vec<f64> {
    let one = |i: usize| {
        let (a, b) = (&a[i * m * k..][..m * k], &b[i * n * k..][..n * k]);
        mm(a, b, [m, n, k])
    };
    (0..batch).flat_map(one).collect()
}

/// `sum over l of a_scale(i, l) * A[i, l] * b_scale(j, l) * B[j, l]`: of what the codes stand for.
#[must_use]
pub fn scaled_mm<A: Value, B: Value>(
    (a, a_scale): (&[A], impl Fn(usize, usize) -> f64),
    (b, b_scale): (&[B], impl Fn(usize, usize) -> f64),
    [m, n, k]: [usize; 3],
) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            for l in 0..k {
                let (a, b) = (a[i * k + l].to_f64(), b[j * k + l].to_f64());
                c[i * n + j] += a_scale(i, l) * a * b_scale(j, l) * b;
            }
        }
    }
    c
}

/// The rows of A times their group's B; `None` for a row in no group. Of groups that share a row, the last
/// has it.
#[must_use]
pub fn grouped_mm<T: Value>(
    a: &[T],
    b: &[T],
    offsets: &[i32],
    [rows, n, k]: [usize; 3],
) -> Vec<Option<Vec<f64>>> {
    let mut c = vec![None; rows];
    for group in 0..offsets.len() - 1 {
        for row in 0..rows {
            if row as i64 >= offsets[group].into() && (row as i64) < offsets[group + 1].into() {
                let (a, b) = (
                    &a[row * k..(row + 1) * k],
                    &b[group * n * k..(group + 1) * n * k],
                );
                c[row] = Some(mm(a, b, [1, n, k]));
            }
        }
    }
    c
}
