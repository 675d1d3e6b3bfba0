//! Activations.

use rayon::prelude::*;

use super::{Rows, RowsMut};
use crate::activation::ActivationType;
use crate::element::Float;

/// `v / (1 + exp(-v))`, also called swish. Source: <https://arxiv.org/abs/1702.03118>.
#[must_use]
pub fn silu(v: f32) -> f32 {
    v / (1.0 + (-v).exp())
}

/// `v` times the normal distribution at `v`: `v / 2 (1 + erf(v / sqrt(2)))`, without the cancellation that `1 + erf`
/// has; zero at negative infinity. Source: <https://arxiv.org/abs/1606.08415>.
#[must_use]
pub fn gelu(v: f32) -> f32 {
    if v.is_infinite() {
        return v.max(0.0);
    }
    let v = f64::from(v);
    (0.5 * v * libm::erfc(-v / 2f64.sqrt())) as f32
}

/// `v / 2 (1 + tanh(z))` of `z = sqrt(2 / pi) (v + 0.044715 v^3)`, as `v / (1 + exp(-2 z))`, which does not cancel.
/// Source: as [`gelu`].
#[must_use]
pub fn gelu_tanh(v: f32) -> f32 {
    let v = f64::from(v);
    let z = (2.0 / std::f64::consts::PI).sqrt() * (v + 0.044715 * v * v * v);
    (v / (1.0 + (-2.0 * z).exp())) as f32
}

/// `max(v, 0)`; 0 of NaN.
#[must_use]
pub fn relu(v: f32) -> f32 {
    v.max(0.0)
}

/// An activation of a gate and what it gates; those of one number leave the second alone.
#[must_use]
pub fn apply(activation: ActivationType, gate: f32, up: f32) -> f32 {
    match activation {
        ActivationType::Gelu => gelu(gate),
        ActivationType::Relu => relu(gate),
        ActivationType::Silu => silu(gate),
        ActivationType::Swiglu => silu(gate) * up,
        ActivationType::Geglu => gelu(gate) * up,
        ActivationType::SwigluBias { alpha, beta, limit } => {
            let (gate, up) = (at_most(gate, limit), clamp(up, limit));
            gate / (1.0 + (-(alpha * gate)).exp()) * (up + beta)
        }
        ActivationType::Relu2 => relu(gate) * relu(gate),
        ActivationType::SwigluStep { limit } => at_most(silu(gate), limit) * clamp(up, limit),
        ActivationType::GegluTanh => gelu_tanh(gate) * up,
        ActivationType::Identity => gate,
        ActivationType::Situ { beta, linear_beta } => {
            let sigmoid = 1.0 / (1.0 + (-gate).exp());
            beta * (gate / beta).tanh() * sigmoid * (linear_beta * (up / linear_beta).tanh())
        }
    }
}

/// The smaller of two numbers; a NaN stays.
fn at_most(v: f32, limit: f32) -> f32 {
    if v > limit { limit } else { v }
}

/// A number no further from 0 than a limit; a NaN stays.
fn clamp(v: f32, limit: f32) -> f32 {
    if v < -limit {
        -limit
    } else {
        at_most(v, limit)
    }
}

/// What an activation is computed of.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'a, T> {
    /// The gates.
    pub gate: Rows<'a, T>,
    /// What they gate.
    pub up: Option<Rows<'a, T>>,
    /// What is added to each row of gates.
    pub gate_bias: Option<&'a [T]>,
    /// What is added to each row of what they gate.
    pub up_bias: Option<&'a [T]>,
}

/// `out[r, j] = act(gate[r, j] + gate_bias[j], up[r, j] + up_bias[j])`, computed in `f32`, rounded once;
/// `activation` says which for each row, or that there is no such row.
pub fn activate<T: Float>(
    x: Operands<'_, T>,
    out: RowsMut<'_, T>,
    d: usize,
    activation: impl Fn(usize) -> Option<ActivationType> + Sync,
) {
    if d == 0 {
        return;
    }
    let biased = |x: T, bias: Option<&[T]>, j: usize| match bias {
        Some(bias) => x.to_f32() + bias[j].to_f32(),
        None => x.to_f32(),
    };
    out.par_rows(d).enumerate().for_each(|(r, out)| {
        let Some(activation) = activation(r) else {
            return;
        };
        let gates = x.gate.row(r, d);
        let ups = x.up.map_or(gates, |up| up.row(r, d));
        for (j, out) in out.iter_mut().enumerate() {
            let gate = biased(gates[j], x.gate_bias, j);
            let up = biased(ups[j], x.up_bias, j);
            *out = T::from_f32(apply(activation, gate, up));
        }
    });
}

/// `out[j] = silu(gate[j]) * up[j]`.
pub fn silu_and_mul_row<T: Float>(gate: &[T], up: &[T], out: &mut [T]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = T::from_f32(silu(gate.to_f32()) * up.to_f32());
    }
}
