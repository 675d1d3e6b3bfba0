//! The activation functions, of a gate and what it gates, in `f32`.

use cuda_std::float;

/// An activation of two numbers. Those of one number leave the second alone.
pub trait Activation: Copy {
    /// `act(gate) * up`, or what the activation makes of them.
    fn apply(&self, gate: f32, up: f32) -> f32;
}

/// `silu(gate) * up`.
#[derive(Clone, Copy)]
pub struct Silu;

impl Activation for Silu {
    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        silu(gate) * up
    }
}

/// `max(gate, 0)^2`; NaN counts as nothing, as in PTX's `max`.
#[derive(Clone, Copy)]
pub struct SquaredRelu;

impl Activation for SquaredRelu {
    #[inline(always)]
    fn apply(&self, gate: f32, _up: f32) -> f32 {
        let positive = gate.max(0.0);
        positive * positive
    }
}

/// `v * sigmoid(v)`; NaN at negative infinity, as the formula is.
#[inline(always)]
#[must_use]
pub fn silu(v: f32) -> f32 {
    float::div_full(v, 1.0 + float::exp_approx(-v))
}
