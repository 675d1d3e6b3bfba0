//! The activations by name and number, with their parameters.

use crate::error::{Error, Result};
use crate::kernels::activation::table::Table;

/// An activation of FlashInfer's table.
///
/// In the formulas `g` is the gate, `u` what it gates, `sigmoid(v) = 1 / (1 + exp(-v))` and `silu(v) = v sigmoid(v)`.
///
/// | | number | formula |
/// |---|---|---|
/// | `Gelu` | 0 | `g / 2 (1 + erf(g / sqrt(2)))` |
/// | `Relu` | 1 | `max(g, 0)` |
/// | `Silu` | 2 | `silu(g)` |
/// | `Swiglu` | 3 | `silu(g) u` |
/// | `Geglu` | 4 | `g / 2 (1 + erf(g / sqrt(2))) u` |
/// | `SwigluBias` | 5 | `g' sigmoid(alpha g') (u' + beta)`, `g' = min(g, limit)`, `u'` within `limit` of 0 |
/// | `Relu2` | 6 | `max(g, 0)^2` |
/// | `SwigluStep` | 7 | `min(silu(g), limit) u'`, `u'` within `limit` of 0 |
/// | `GegluTanh` | 8 | `g / 2 (1 + tanh(sqrt(2 / pi) (g + 0.044715 g^3))) u` |
/// | `Identity` | 9 | `g` |
/// | `Situ` | 10 | `b tanh(g / b) sigmoid(g) l tanh(u / l)` of `b = beta`, `l = linear_beta` |
///
/// # Special values
/// NaN gives NaN, but 0 in `Relu` and `Relu2`, which take the larger of two as the hardware does. A gate of negative
/// infinity gives NaN where the formula is infinity times zero: in `silu` with all that is made of it, and in
/// `GegluTanh`; but zero, the limit, in `Gelu`, `Geglu` (times what is gated) and `Situ`.
///
/// Source: FlashInfer, `ActivationType` of its fused mixture of experts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ActivationType {
    /// GELU by the error function.
    Gelu,
    /// The rectifier.
    Relu,
    /// SiLU, also called swish.
    Silu,
    /// A linear unit gated by SiLU.
    Swiglu,
    /// A linear unit gated by GELU, by the error function.
    Geglu,
    /// SwiGLU with a steepness, an offset and bounds: gpt-oss's.
    SwigluBias {
        /// What the sigmoid's argument is multiplied by.
        alpha: f32,
        /// What is added to what is gated.
        beta: f32,
        /// The bound of both; infinity is none.
        limit: f32,
    },
    /// The square of the rectifier.
    Relu2,
    /// SwiGLU with bounds on what SiLU gives and on what is gated.
    SwigluStep {
        /// The bound of both; infinity is none.
        limit: f32,
    },
    /// A linear unit gated by GELU, by the hyperbolic tangent.
    GegluTanh,
    /// Nothing: a copy.
    Identity,
    /// A sigmoid-gated unit with soft bounds.
    Situ {
        /// The bound of the gate.
        beta: f32,
        /// The bound of what is gated.
        linear_beta: f32,
    },
}

impl ActivationType {
    /// [`SwigluBias`](Self::SwigluBias) that changes nothing: the same as [`Swiglu`](Self::Swiglu).
    pub const SWIGLU_BIAS: Self = Self::SwigluBias {
        alpha: 1.0,
        beta: 0.0,
        limit: f32::INFINITY,
    };
    /// [`SwigluBias`](Self::SwigluBias) as gpt-oss has it.
    pub const SWIGLU_OAI: Self = Self::SwigluBias {
        alpha: 1.702,
        beta: 1.0,
        limit: 7.0,
    };
    /// [`SwigluStep`](Self::SwigluStep) with FlashInfer's default.
    pub const SWIGLU_STEP: Self = Self::SwigluStep { limit: 7.0 };
    /// [`Situ`](Self::Situ) with FlashInfer's defaults.
    pub const SITU: Self = Self::Situ {
        beta: 4.0,
        linear_beta: 25.0,
    };
    /// All of them, by their numbers, parameters at their defaults.
    pub const ALL: [Self; 11] = [
        Self::Gelu,
        Self::Relu,
        Self::Silu,
        Self::Swiglu,
        Self::Geglu,
        Self::SWIGLU_BIAS,
        Self::Relu2,
        Self::SWIGLU_STEP,
        Self::GegluTanh,
        Self::Identity,
        Self::SITU,
    ];

    /// FlashInfer's number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Gelu => Table::GELU,
            Self::Relu => Table::RELU,
            Self::Silu => Table::SILU,
            Self::Swiglu => Table::SWIGLU,
            Self::Geglu => Table::GEGLU,
            Self::SwigluBias { .. } => Table::SWIGLU_BIAS,
            Self::Relu2 => Table::RELU2,
            Self::SwigluStep { .. } => Table::SWIGLU_STEP,
            Self::GegluTanh => Table::GEGLU_TANH,
            Self::Identity => Table::IDENTITY,
            Self::Situ { .. } => Table::SITU,
        }
    }

    /// The activation of a number, parameters at their defaults.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }

    /// Whether it is of two numbers: a gate and what it gates.
    #[must_use]
    pub fn is_gated(self) -> bool {
        !matches!(
            self,
            Self::Gelu | Self::Relu | Self::Silu | Self::Relu2 | Self::Identity
        )
    }

    /// The parameters, as kernels take them.
    pub(crate) fn parameters(self) -> [f32; 3] {
        match self {
            Self::SwigluBias { alpha, beta, limit } => [alpha, beta, limit],
            Self::SwigluStep { limit } => [limit, 0.0, 0.0],
            Self::Situ { beta, linear_beta } => [beta, linear_beta, 0.0],
            _ => [0.0; 3],
        }
    }

    /// The same activation with other parameters, as kernels take them.
    pub(crate) fn with_parameters(self, [first, second, third]: [f32; 3]) -> Self {
        match self {
            Self::SwigluBias { .. } => Self::SwigluBias {
                alpha: first,
                beta: second,
                limit: third,
            },
            Self::SwigluStep { .. } => Self::SwigluStep { limit: first },
            Self::Situ { .. } => Self::Situ {
                beta: first,
                linear_beta: second,
            },
            _ => self,
        }
    }

    /// Checks the parameters.
    pub(crate) fn check(self, op: &'static str) -> Result<()> {
        let bound = |limit: f32| limit >= 0.0;
        let soft_bound = |beta: f32| beta > 0.0 && beta.is_finite();
        let valid = match self {
            Self::SwigluBias { alpha, beta, limit } => {
                alpha.is_finite() && beta.is_finite() && bound(limit)
            }
            Self::SwigluStep { limit } => bound(limit),
            Self::Situ { beta, linear_beta } => soft_bound(beta) && soft_bound(linear_beta),
            _ => true,
        };
        if valid {
            return Ok(());
        }
        let expected =
            "of finite parameters, limits not negative (infinity is none), those of Situ positive";
        Err(Error::argument(
            op,
            "activation_type",
            expected,
            format!("{self:?}"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::ActivationType;

    #[test]
    fn numbers_are_places_in_the_table() {
        for (number, activation) in ActivationType::ALL.into_iter().enumerate() {
            assert_eq!(activation.number() as usize, number);
            let same = activation.with_parameters(activation.parameters());
            assert_eq!(same, activation);
            activation.check("a test").expect("the defaults are valid");
        }
        assert_eq!(ActivationType::from_number(11), None);
    }
}
