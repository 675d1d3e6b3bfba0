//! Matrix products.

use crate::values::Value;

/// `A[m, k] * B[n, k]^T`, all contiguous.
#[must_use]
pub fn mm<T: Value>(a: &[T], b: &[T], [m, n, k]: [usize; 3]) -> Vec<f64> {
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
