//! Matrix products.

mod dense;
mod grouped;

use gatewarp_tests::values::Value;
use rayon::prelude::*;

pub(super) use dense::MM;
pub(super) use grouped::GROUPED_MM;

/// Rows of a result that are compared.
pub(super) const ROWS: usize = 8;
/// Entries of such a row that are compared.
pub(super) const COLUMNS: usize = 256;

/// `A B^T` of `a [m, k]` and `b [n, k]`, summed in `f64`.
pub(super) fn product<T: Value>(a: &[T], b: &[T], k: usize) -> Vec<f64> {
    let dot = |a: &[T], b: &[T]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64());
        products.sum()
    };
    let rows = a.par_chunks(k.max(1));
    rows.flat_map_iter(|a| b.chunks(k.max(1)).map(move |b| dot(a, b)))
        .collect()
}

/// The entries `columns` of each row of `n`.
pub(super) fn take<T: Copy>(rows: &[T], n: usize, columns: &[usize]) -> Vec<T> {
    let of_row = |row: &[T]| {
        columns
            .iter()
            .map(|&column| row[column])
            .collect::<Vec<_>>()
    };
    rows.chunks(n.max(1)).flat_map(of_row).collect()
}
