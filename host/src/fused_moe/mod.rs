//! Mixture of experts: FlashInfer's module `fused_moe`.
//!
//! ```text
//! x [T, H], logits [T, E]
//!   topk      the k experts of each token, and their weights
//!   permute   the choices sorted by expert
//!   grouped   gate and up projections of each expert's tokens        [T k, 2I]
//!   silu      silu(gate) * up                                        [T k, I]
//!   grouped   down projection                                        [T k, H]
//!   finalize  out[t] = sum of the token's results times its weights  [T, H]
//! ```
//!
//! [`fused_moe`] runs all of it without coming back to the host in between; the steps are operations of
//! their own too.

mod checks;
mod experts;
mod finalize;
mod layer;
mod on_cpu;
mod on_kernels;
mod permute;
mod router;
mod routing;
mod workspace;

pub use experts::{Experts, GateUpOrder, MoeElement};
pub use finalize::{finalize, finalize_into};
pub use layer::{FusedMoeOptions, fused_moe, fused_moe_into, fused_moe_workspace};
pub use permute::{Permutation, permute, permute_into};
pub use router::Router;
pub use routing::{RoutingLogits, RoutingMethodType, topk, topk_into};
