//! Every activation behind a number.

use cuda_std::unroll;

use super::function::{
    Activation, Gelu, GeluTanh, Identity, Relu, Silu, Situ, SquaredRelu, SwigluBias, SwigluStep,
    UnaryGelu, UnarySilu,
};

/// An activation that is chosen when the kernel runs. All threads have the same, so that the choice is a uniform
/// branch, once for several elements by [`apply_all`](Activation::apply_all).
#[derive(Clone, Copy)]
pub struct Table {
    /// Which: FlashInfer's number of it, one of the constants here. Any other is the identity.
    pub number: u32,
    /// Its parameters; see [`SWIGLU_BIAS`](Self::SWIGLU_BIAS), [`SWIGLU_STEP`](Self::SWIGLU_STEP) and
    /// [`SITU`](Self::SITU).
    pub parameters: [f32; 3],
}

impl Table {
    /// [`UnaryGelu`].
    pub const GELU: u32 = 0;
    /// [`Relu`].
    pub const RELU: u32 = 1;
    /// [`UnarySilu`].
    pub const SILU: u32 = 2;
    /// [`Silu`].
    pub const SWIGLU: u32 = 3;
    /// [`Gelu`].
    pub const GEGLU: u32 = 4;
    /// [`SwigluBias`] of alpha, beta and limit.
    pub const SWIGLU_BIAS: u32 = 5;
    /// [`SquaredRelu`].
    pub const RELU2: u32 = 6;
    /// [`SwigluStep`] of the first parameter.
    pub const SWIGLU_STEP: u32 = 7;
    /// [`GeluTanh`].
    pub const GEGLU_TANH: u32 = 8;
    /// [`Identity`].
    pub const IDENTITY: u32 = 9;
    /// [`Situ`] of the first two parameters.
    pub const SITU: u32 = 10;
}

impl Activation for Table {
    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        let [value] = self.apply_all(1, &[gate], &[up]);
        value
    }

    #[inline(always)]
    fn apply_all<const N: usize>(&self, count: usize, gate: &[f32; N], up: &[f32; N]) -> [f32; N] {
        let [first, second, third] = self.parameters;
        match self.number {
            Self::GELU => UnaryGelu.apply_all(count, gate, up),
            Self::RELU => Relu.apply_all(count, gate, up),
            Self::SILU => UnarySilu.apply_all(count, gate, up),
            Self::SWIGLU => Silu.apply_all(count, gate, up),
            Self::GEGLU => Gelu.apply_all(count, gate, up),
            Self::SWIGLU_BIAS => SwigluBias {
                alpha: first,
                beta: second,
                limit: third,
            }
            .apply_all(count, gate, up),
            Self::RELU2 => SquaredRelu.apply_all(count, gate, up),
            Self::SWIGLU_STEP => SwigluStep { limit: first }.apply_all(count, gate, up),
            Self::GEGLU_TANH => GeluTanh.apply_all(count, gate, up),
            Self::SITU => Situ {
                beta: first,
                linear_beta: second,
            }
            .apply_all(count, gate, up),
            _ => Identity.apply_all(count, gate, up),
        }
    }
}

/// An activation of a number and parameters that are known when the kernel runs; those of one activation leave alone what
/// they do not have.
pub trait Parametrised: Activation {
    /// The activation of the [`Table`]'s number, with these parameters.
    fn new(number: u32, parameters: [f32; 3]) -> Self;
}

impl Parametrised for Table {
    #[inline(always)]
    fn new(number: u32, parameters: [f32; 3]) -> Self {
        Self { number, parameters }
    }
}

impl Parametrised for SwigluBias {
    #[inline(always)]
    fn new(_: u32, [alpha, beta, limit]: [f32; 3]) -> Self {
        Self { alpha, beta, limit }
    }
}

impl Parametrised for Silu {
    #[inline(always)]
    fn new(_: u32, _: [f32; 3]) -> Self {
        Self
    }
}

impl Parametrised for SquaredRelu {
    #[inline(always)]
    fn new(_: u32, _: [f32; 3]) -> Self {
        Self
    }
}

/// An activation of one number, of the [`Table`]: one of its numbers, of which any other is the identity.
#[derive(Clone, Copy)]
pub struct UnaryTable(pub u32);

impl UnaryTable {
    /// The activation of four rows' values, at most 8 each, by one choice.
    #[inline(always)]
    pub fn apply_rows<const N: usize>(&self, values: &[[f32; N]; 4]) -> [[f32; N]; 4] {
        match self.0 {
            Table::GELU => rows(UnaryGelu, values),
            Table::RELU => rows(Relu, values),
            Table::SILU => rows(UnarySilu, values),
            Table::RELU2 => rows(SquaredRelu, values),
            _ => *values,
        }
    }
}

/// An activation of one number, of four rows' values.
#[inline(always)]
fn rows<const N: usize>(activation: impl Activation, values: &[[f32; N]; 4]) -> [[f32; N]; 4] {
    let mut out = *values;
    unroll!(i < 4 => {
        out[i] = activation.apply_all(N, &values[i], &values[i]);
    });
    out
}

impl Activation for UnaryTable {
    const IS_GATED: bool = false;

    #[inline(always)]
    fn apply(&self, gate: f32, up: f32) -> f32 {
        let [value] = self.apply_all(1, &[gate], &[up]);
        value
    }

    #[inline(always)]
    fn apply_all<const N: usize>(&self, count: usize, gate: &[f32; N], up: &[f32; N]) -> [f32; N] {
        match self.0 {
            Table::GELU => UnaryGelu.apply_all(count, gate, up),
            Table::RELU => Relu.apply_all(count, gate, up),
            Table::SILU => UnarySilu.apply_all(count, gate, up),
            Table::RELU2 => SquaredRelu.apply_all(count, gate, up),
            _ => Identity.apply_all(count, gate, up),
        }
    }
}
