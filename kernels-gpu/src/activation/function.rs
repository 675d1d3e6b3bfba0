//! The activation functions, of a gate and what it gates, in `f32`.

use cuda_std::unroll;

use super::math;
pub use super::table::{Table, UnaryTable};

/// An activation of two numbers. Those of one number leave the second alone.
pub trait Activation: Copy {
    /// Whether it is of both.
    const IS_GATED: bool = true;

    /// `act(gate) * up`, or what the activation makes of them.
    fn apply(&self, gate: f32, up: f32) -> f32;

    /// [`apply`](Self::apply) to the first `count` of several, a constant of at most 8; the others
    /// become zero.
    #[inline(always)]
    fn apply_all<const N: usize>(&self, count: usize, gate: &[f32; N], up: &[f32; N]) -> [f32; N] {
        let mut out = [0.0; N];
        unroll!(i < count => {
            out[i] = self.apply(gate[i], up[i]);
        });
        out
    }
}

macro_rules! activations {
    ($($name:ident, $is_gated:literal, |$gate:ident, $up:ident| $value:expr, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[derive(Clone, Copy)]
        pub struct $name;

        impl Activation for $name {
            const IS_GATED: bool = $is_gated;

            #[inline(always)]
            fn apply(&self, $gate: f32, $up: f32) -> f32 {
                $value
            }
        }
    )* };
}

activations! {
    Silu, true, |gate, up| math::silu(gate) * up, "`silu(gate) * up`.";
    Gelu, true, |gate, up| math::gelu(gate) * up, "`gelu(gate) * up`, by the error function.";
    GeluTanh, true, |gate, up| math::gelu_tanh(gate) * up, "`gelu(gate) * up`, by the hyperbolic tangent.";
}

macro_rules! unary_activations {
    ($($name:ident, |$gate:ident| $value:expr, $doc:literal;)*) => { activations! { $(
        $name, false, |$gate, _up| $value, $doc;
    )* } };
}

unary_activations! {
    UnarySilu, |gate| math::silu(gate), "`silu(gate)`.";
    UnaryGelu, |gate| math::gelu(gate), "`gelu(gate)`, by the error function.";
    Relu, |gate| gate.max(0.0), "`max(gate, 0)`; NaN counts as nothing, as in PTX's `max`.";
    SquaredRelu, |gate| math::squared_relu(gate),
        "`max(gate, 0)^2`; NaN counts as nothing, as in PTX's `max`.";
    Identity, |gate| gate, "The number itself.";
}

/// `g * sigmoid(alpha * g) * (u + beta)` of `g = min(gate, limit)` and `u` between `-limit` and `limit`.
#[derive(Clone, Copy)]
pub struct SwigluBias {
    /// What the sigmoid's argument is multiplied by.
    pub alpha: f32,
    /// What is added to what is gated.
    pub beta: f32,
    /// The bound.
    pub limit: f32,
}

impl Activation for SwigluBias {
    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        let (gate, up) = (math::at_most(gate, self.limit), math::clamp(up, self.limit));
        math::silu_scaled(gate, self.alpha) * (up + self.beta)
    }
}

/// `min(silu(gate), limit) * u`, `u` between `-limit` and `limit`.
#[derive(Clone, Copy)]
pub struct SwigluStep {
    /// The bound.
    pub limit: f32,
}

impl Activation for SwigluStep {
    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        math::at_most(math::silu(gate), self.limit) * math::clamp(up, self.limit)
    }
}

/// `beta * tanh(gate / beta) * sigmoid(gate) * linear_beta * tanh(up / linear_beta)`.
#[derive(Clone, Copy)]
pub struct Situ {
    /// The bound of the gate.
    pub beta: f32,
    /// The bound of what is gated.
    pub linear_beta: f32,
}

impl Activation for Situ {
    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        let bounded = math::soft_clamp(gate, self.beta) * math::sigmoid(gate);
        bounded * math::soft_clamp(up, self.linear_beta)
    }
}
