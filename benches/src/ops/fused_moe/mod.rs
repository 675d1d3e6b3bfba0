//! Mixture of experts: its steps, and the whole layer.

mod finalize;
mod layer;
mod permute;
mod topk;

use anyhow::Result;
use gatewarp::Tensor;

use crate::case::Bench;
use crate::shapes::{Moe, Set};

pub(super) use finalize::FINALIZE;
pub(super) use layer::{FUSED_MOE, Layer};
pub(super) use permute::PERMUTE;
pub(super) use topk::TOPK;

/// The module of all of them.
const FAMILY: &str = "fused_moe";

/// Router outputs that calls take in turn, so that few tokens do not meet the same experts every time.
const LOGITS: u64 = 16;

/// The layers of a set at each number of tokens, with the name for their rows.
fn layers<'a>(set: &'a Set, tokens: &'a [usize]) -> impl Iterator<Item = (&'a Moe, usize, String)> {
    let of = move |moe| tokens.iter().map(move |&m| (moe, m, set.name.clone()));
    set.moe.iter().flat_map(of)
}

/// Router outputs of a layer's calls.
fn logits(bench: &Bench<'_>, tokens: usize, experts: usize) -> Result<Vec<Tensor<f32>>> {
    (0..LOGITS)
        .map(|i| bench.pool.normal(&[tokens, experts], 10 + i))
        .collect()
}

/// Experts that choices meet, on average: each choice of a token is another expert.
fn met(tokens: usize, experts: usize, top_k: usize) -> f64 {
    let missed = 1.0 - top_k as f64 / experts as f64;
    experts as f64 * (1.0 - missed.powf(tokens as f64))
}

#[cfg(test)]
mod tests {
    use super::met;

    #[test]
    fn one_token_meets_its_choices_and_many_meet_all() {
        assert!((met(1, 128, 8) - 8.0).abs() < 1e-9);
        assert!(met(8192, 128, 8) > 127.9);
        assert!(met(0, 128, 8) == 0.0);
    }
}
