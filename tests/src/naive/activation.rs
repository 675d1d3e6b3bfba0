//! Gated activations.

use crate::compare::widen;
use crate::values::Value;

/// `v / (1 + exp(-v))`, where the exponential has the range of `f32`, as the library documents.
#[must_use]
pub fn silu(v: f64) -> f64 {
    let exp = (-v).exp();
    if exp > f64::from(f32::MAX) {
        v / f64::INFINITY
    } else {
        v / (1.0 + exp)
    }
}

/// `silu(gate) * up` for contiguous rows of `d` gates and `d` ups.
#[must_use]
pub fn silu_and_mul<T: Value>(x: &[T], d: usize) -> Vec<f64> {
    let x = widen(x);
    let mut out = Vec::new();
    if d > 0 {
        for row in x.chunks(2 * d) {
            for j in 0..d {
                out.push(silu(row[j]) * row[d + j]);
            }
        }
    }
    out
}
