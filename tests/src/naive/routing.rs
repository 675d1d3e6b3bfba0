//! Top-k routing.

use gatewarp::fused_moe::RoutingMethodType;

use crate::compare::widen;
use crate::values::Value;

/// The choices of all tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// `[tokens, top_k]`.
    pub weights: Vec<f64>,
    /// `[tokens, top_k]`.
    pub ids: Vec<i32>,
}

/// The `top_k` experts of each of `tokens` tokens.
#[must_use]
pub fn topk<L: Value>(
    method: RoutingMethodType,
    logits: &[L],
    [tokens, experts, top_k]: [usize; 3],
) -> Routed {
    let logits = widen(logits);
    let (mut weights, mut ids) = (Vec::new(), Vec::new());
    for token in 0..tokens {
        let row = &logits[token * experts..(token + 1) * experts];
        for j in 0..top_k {
            let (id, weight) = match method {
                RoutingMethodType::RoundRobin => {
                    ((token * top_k + j) % experts, 1.0 / top_k as f64)
                }
                _ => choose(method, row, top_k, j),
            };
            ids.push(id as i32);
            weights.push(weight);
        }
    }
    Routed { weights, ids }
}

/// The expert of rank `j`, and its share.
fn choose(method: RoutingMethodType, row: &[f64], top_k: usize, j: usize) -> (usize, f64) {
    let at = |rank| (0..row.len()).find(|&expert| self::rank(row, expert) == rank);
    let chosen = at(j).unwrap_or(row.len());
    let best = at(0).map_or(f64::NAN, |expert| row[expert]);
    let counted =
        |expert: &usize| method == RoutingMethodType::Default || self::rank(row, *expert) < top_k;
    let sum: f64 = (0..row.len())
        .filter(counted)
        .map(|expert| share(row[expert], best))
        .sum();
    let weight = if sum > 0.0 {
        share(row[chosen], best) / sum
    } else {
        0.0
    };
    (chosen, weight)
}

/// How many experts come before this one.
fn rank(row: &[f64], expert: usize) -> usize {
    let before = |other: usize| {
        let (x, y) = (row[other], row[expert]);
        match (x.is_nan(), y.is_nan()) {
            (false, false) => x > y || (x == y && other < expert),
            (x_nan, y_nan) => y_nan && (!x_nan || other < expert),
        }
    };
    (0..row.len()).filter(|&other| before(other)).count()
}

/// `exp(logit - best)`: 1 if they are equal, infinite or not, 0 for NaN.
fn share(logit: f64, best: f64) -> f64 {
    match logit {
        _ if logit.is_nan() || best.is_nan() => 0.0,
        _ if logit == best => 1.0,
        _ => (logit - best).exp(),
    }
}
