//! The whole layer once more, in `f64` and without a rounding in between: what every device's result,
//! the CPU's included, is measured against.

use rayon::prelude::*;

use crate::element::Float;
use crate::fused_moe::RoutingMethodType;

/// A layer's weights and sizes, gate first.
#[derive(Clone, Copy, Debug)]
pub struct ExactLayer<'a, T> {
    /// The router, `[experts, hidden]`.
    pub router: &'a [T],
    /// `[experts, 2 * intermediate, hidden]`, the gate first.
    pub gate_up: &'a [T],
    /// `[experts, hidden, intermediate]`.
    pub down: &'a [T],
    /// The number of experts.
    pub experts: usize,
    /// The length of a token.
    pub hidden: usize,
    /// The length of a gate or up projection.
    pub intermediate: usize,
    /// Choices of each token.
    pub top_k: usize,
    /// How the choices are made.
    pub routing_method: RoutingMethodType,
    /// The most tokens of an expert.
    pub capacity: Option<usize>,
}

impl<T: Float> ExactLayer<'_, T> {
    /// `x [tokens, hidden]` to `[tokens, hidden]`.
    #[must_use]
    pub fn forward(&self, x: &[T]) -> Vec<f64> {
        let tokens: Vec<Vec<f64>> = x.chunks(self.hidden.max(1)).map(widen).collect();
        let choices = self.with_capacity(
            tokens
                .iter()
                .enumerate()
                .map(|(t, x)| self.route(t, x))
                .collect(),
        );
        let outputs = tokens
            .par_iter()
            .zip(choices)
            .map(|(x, choices)| self.combine(x, &choices));
        outputs.flatten_iter().collect()
    }

    /// The experts of a token and their weights.
    fn route(&self, token: usize, x: &[f64]) -> Vec<(usize, f64)> {
        if self.routing_method == RoutingMethodType::RoundRobin {
            let weight = 1.0 / self.top_k as f64;
            return (0..self.top_k)
                .map(|j| ((token * self.top_k + j) % self.experts, weight))
                .collect();
        }
        let logits: Vec<f64> = (0..self.experts)
            .map(|e| dot(x, row(self.router, e, self.hidden)))
            .collect();
        let mut order: Vec<usize> = (0..self.experts).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let chosen = &order[..self.top_k];
        let over = if self.routing_method == RoutingMethodType::Default {
            &order[..]
        } else {
            chosen
        };
        let max = logits[order[0]];
        let sum: f64 = over.iter().map(|&e| (logits[e] - max).exp()).sum();
        chosen
            .iter()
            .map(|&e| (e, (logits[e] - max).exp() / sum))
            .collect()
    }

    /// The choices without those over an expert's capacity.
    fn with_capacity(&self, mut choices: Vec<Vec<(usize, f64)>>) -> Vec<Vec<(usize, f64)>> {
        let mut taken = vec![0; self.experts];
        for token in &mut choices {
            token.retain(|&(expert, _)| {
                taken[expert] += 1;
                self.capacity
                    .is_none_or(|capacity| taken[expert] <= capacity)
            });
        }
        choices
    }

    /// The weighted sum of the experts' results for one token.
    fn combine(&self, x: &[f64], choices: &[(usize, f64)]) -> Vec<f64> {
        let mut out = vec![0.0; self.hidden];
        for &(expert, weight) in choices {
            for (sum, result) in out.iter_mut().zip(self.expert(x, expert)) {
                *sum += weight * result;
            }
        }
        out
    }

    /// `down (silu(gate x) * (up x))`.
    fn expert(&self, x: &[f64], expert: usize) -> Vec<f64> {
        let (hidden, length) = (self.hidden, self.intermediate);
        let project = |i: usize| dot(x, row(self.gate_up, expert * 2 * length + i, hidden));
        let activated: Vec<f64> = (0..length)
            .into_par_iter()
            .map(|i| silu(project(i)) * project(length + i))
            .collect();
        (0..hidden)
            .into_par_iter()
            .map(|h| dot(&activated, row(self.down, expert * hidden + h, length)))
            .collect()
    }
}

fn silu(v: f64) -> f64 {
    v / (1.0 + (-v).exp())
}

fn row<T>(matrix: &[T], row: usize, columns: usize) -> &[T] {
    &matrix[row * columns..][..columns]
}

fn dot<T: Float>(x: &[f64], y: &[T]) -> f64 {
    x.iter()
        .zip(y)
        .map(|(x, y)| x * f64::from(y.to_f32()))
        .sum()
}

fn widen<T: Float>(elements: &[T]) -> Vec<f64> {
    elements
        .iter()
        .map(|element| f64::from(element.to_f32()))
        .collect()
}

/// `|a - b| / |b|`, Euclidean norms; the error of `a` if `b` is right. Infinite if only `b` is zero, NaN if
/// either holds one.
#[must_use]
pub fn relative_error<T: Float>(a: &[T], b: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let error = norm(&mut a.iter().zip(b).map(|(a, b)| f64::from(a.to_f32()) - b));
    if error == 0.0 {
        0.0
    } else {
        error / norm(&mut b.iter().copied())
    }
}
