//! Gated activations.

use rayon::prelude::*;

use super::{Rows, RowsMut};
use crate::element::Float;

/// `v / (1 + exp(-v))`, also called swish. Source: <https://arxiv.org/abs/1702.03118>.
#[must_use]
pub fn silu(v: f32) -> f32 {
    v / (1.0 + (-v).exp())
}

/// `out[r, j] = silu(x[r, j]) * x[r, d + j]`, computed in `f32`, rounded once.
pub fn silu_and_mul<T: Float>(x: Rows<'_, T>, out: RowsMut<'_, T>, d: usize) {
    if d == 0 {
        return;
    }
    out.par_rows(d).enumerate().for_each(|(r, out)| {
        let (gate, up) = x.row(r, 2 * d).split_at(d);
        silu_and_mul_row(gate, up, out);
    });
}

/// `out[j] = silu(gate[j]) * up[j]`.
pub fn silu_and_mul_row<T: Float>(gate: &[T], up: &[T], out: &mut [T]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = T::from_f32(silu(gate.to_f32()) * up.to_f32());
    }
}
