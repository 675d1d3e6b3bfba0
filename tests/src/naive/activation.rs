//! Activations.

use gatewarp::activation::ActivationType;

use crate::compare::widen;
use crate::values::Value;

/// `v / (1 + exp(-v))`, where the exponential has the range of `f32`, as the library documents.
#[must_use]
pub fn silu(v: f64) -> f64 {
    v / (1.0 + exp(-v))
}

/// The exponential, infinite where `f32` has no such number.
fn exp(x: f64) -> f64 {
    let exp = x.exp();
    if exp > f64::from(f32::MAX) {
        f64::INFINITY
    } else {
        exp
    }
}

/// `v` times the probability that a normally distributed number is less; zero at negative infinity.
#[must_use]
pub fn gelu(v: f64) -> f64 {
    if v == f64::NEG_INFINITY {
        return 0.0;
    }
    if v >= 0.0 {
        v * (1.0 - upper_tail(v))
    } else {
        v * upper_tail(-v)
    }
}

/// The probability that a normally distributed number is more than `t`, which is not negative: the integral of its
/// density, by a series near zero and a continued fraction further out.
fn upper_tail(t: f64) -> f64 {
    let density = (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if t < 2.5 {
        let mut term = t;
        let mut sum = 0.0;
        for n in 0..80 {
            sum += term;
            term *= t * t / f64::from(2 * n + 3);
        }
        return 0.5 - density * sum;
    }
    let mut fraction = t;
    for n in (1..300).rev() {
        fraction = t + f64::from(n) / fraction;
    }
    density / fraction
}

/// The other GELU, as it is usually written; of `tanh` near -1, 1 is taken away exactly.
#[must_use]
pub fn gelu_tanh(v: f64) -> f64 {
    let z = (2.0 / std::f64::consts::PI).sqrt() * (v + 0.044715 * v.powi(3));
    let one_and_tanh = if z < -1.0 {
        2.0 / (1.0 + exp(-2.0 * z))
    } else {
        1.0 + z.tanh()
    };
    v / 2.0 * one_and_tanh
}

/// An activation of FlashInfer's table.
#[must_use]
pub fn activation(activation: ActivationType, gate: f64, up: f64) -> f64 {
    let bounded = |v: f64, low: f64, high: f64| if v.is_nan() { v } else { v.max(low).min(high) };
    // The larger of two on the hardware is never NaN.
    let relu = if gate > 0.0 { gate } else { 0.0 };
    match activation {
        ActivationType::Gelu => gelu(gate),
        ActivationType::Relu => relu,
        ActivationType::Silu => silu(gate),
        ActivationType::Swiglu => silu(gate) * up,
        ActivationType::Geglu => gelu(gate) * up,
        ActivationType::SwigluBias { alpha, beta, limit } => {
            let [alpha, beta, limit] = [alpha, beta, limit].map(f64::from);
            let gate = bounded(gate, f64::NEG_INFINITY, limit);
            gate / (1.0 + exp(-alpha * gate)) * (bounded(up, -limit, limit) + beta)
        }
        ActivationType::Relu2 => relu * relu,
        ActivationType::SwigluStep { limit } => {
            let limit = f64::from(limit);
            bounded(silu(gate), f64::NEG_INFINITY, limit) * bounded(up, -limit, limit)
        }
        ActivationType::GegluTanh => gelu_tanh(gate) * up,
        ActivationType::Identity => gate,
        ActivationType::Situ { beta, linear_beta } => {
            let soft = |v: f64, bound: f32| (v / f64::from(bound)).tanh() * f64::from(bound);
            soft(gate, beta) / (1.0 + exp(-gate)) * soft(up, linear_beta)
        }
        other => unreachable!("{other:?} is not known here"),
    }
}

/// `silu(gate) * up` for contiguous rows of `d` gates and `d` ups.
#[must_use]
pub fn silu_and_mul<T: Value>(x: &[T], d: usize) -> Vec<f64> {
    halves(ActivationType::Swiglu, x, d)
}

/// An activation of contiguous rows of `d` gates and `d` ups.
#[must_use]
pub fn halves<T: Value>(of: ActivationType, x: &[T], d: usize) -> Vec<f64> {
    let x = widen(x);
    let mut out = Vec::new();
    if d > 0 {
        for row in x.chunks(2 * d) {
            for j in 0..d {
                out.push(activation(of, row[j], row[d + j]));
            }
        }
    }
    out
}
