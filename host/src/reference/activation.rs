//! Gated activations.

use rayon::prelude::*;

use crate::element::Float;

/// `v / (1 + exp(-v))`, also called swish. Source: <https://arxiv.org/abs/1702.03118>.
#[must_use]
pub fn silu(v: f32) -> f32 {
    v / (1.0 + (-v).exp())
}

/// `out[r, j] = silu(x[r, j]) * x[r, d + j]`, the rows `x_stride` and `out_stride` elements apart.
///
/// Computed in `f32`, rounded once.
pub fn silu_and_mul<T: Float>(
    x: &[T],
    x_stride: usize,
    out: &mut [T],
    out_stride: usize,
    d: usize,
) {
    if d == 0 {
        return;
    }
    out.par_chunks_mut(out_stride)
        .zip(x.par_chunks(x_stride))
        .for_each(|(out, x)| {
            let (gate, up) = x.split_at(d);
            silu_and_mul_row(gate, up, &mut out[..d]);
        });
}

/// `out[j] = silu(gate[j]) * up[j]`.
pub fn silu_and_mul_row<T: Float>(gate: &[T], up: &[T], out: &mut [T]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = T::from_f32(silu(gate.to_f32()) * up.to_f32());
    }
}
