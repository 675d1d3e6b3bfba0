//! A layer of experts.

use serde::Deserialize;

/// The shape of a layer, and how it routes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moe {
    /// Columns of a token.
    pub hidden: usize,
    /// Columns between the products of one expert.
    pub intermediate: usize,
    /// Experts that tokens are routed to; those that all tokens meet are dense.
    pub experts: usize,
    /// Experts of a token.
    pub top_k: usize,
    /// How experts are chosen and weighted.
    pub routing: Routing,
    /// The groups that [`Routing::SigmoidGrouped`] chooses from.
    pub groups: Option<Groups>,
    /// What the weights are multiplied by.
    #[serde(default = "one")]
    pub scaling: f32,
    /// What is between the products.
    pub activation: Activation,
}

/// How experts are chosen and weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Routing {
    /// By logit; weights are the softmax over the chosen. FlashInfer's `Renormalize`.
    SoftmaxRenormalize,
    /// By sigmoid plus bias; weights are the sigmoids of the chosen over their sum. FlashInfer's
    /// `DeepSeekV3` with one group.
    SigmoidRenormalize,
    /// The same within the best groups only, a group being as good as its two best experts. FlashInfer's
    /// `DeepSeekV3`.
    SigmoidGrouped,
}

/// Groups of experts, of which a token may use some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// All of them; they are equally large.
    pub count: usize,
    /// Those of a token.
    pub chosen: usize,
}

/// What is between the products of an expert, of gate `g` and up `u`, or of `u` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `silu(g) u`.
    Swiglu,
    /// `g sigmoid(1.702 g) (u + 1)`, with `g` at most 7 and `u` within -7 and 7.
    SwigluOai,
    /// `max(u, 0)^2`.
    Relu2,
}

impl Moe {
    /// Whether the first product of an expert gives a gate too, and so `2 * intermediate` columns.
    #[must_use]
    pub fn is_gated(&self) -> bool {
        self.activation != Activation::Relu2
    }
}

fn one() -> f32 {
    1.0
}
