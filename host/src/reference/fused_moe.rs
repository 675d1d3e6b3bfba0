//! Mixture of experts: routing, permutation, experts, weighted sum.

use rayon::prelude::*;

use super::{Rows, RowsMut, activation, gemm};
use crate::element::Float;
use crate::fused_moe::RoutingMethodType;

/// The `top_k` experts of each token and their weights, best first. See [`RoutingMethodType`].
pub fn topk<L: Float>(
    method: RoutingMethodType,
    logits: &[L],
    experts: usize,
    weights: &mut [f32],
    ids: &mut [i32],
    top_k: usize,
) {
    let rows = weights
        .par_chunks_mut(top_k)
        .zip(ids.par_chunks_mut(top_k))
        .enumerate();
    rows.for_each(|(token, (weights, ids))| {
        let logits = gemm::widen(&logits[token * experts..][..experts]);
        match method {
            RoutingMethodType::Default => softmax_topk(&logits, &logits, weights, ids),
            RoutingMethodType::Renormalize => {
                let order = best_first(&logits);
                let chosen: Vec<f32> = order[..top_k]
                    .iter()
                    .map(|&expert| logits[expert])
                    .collect();
                softmax_topk(&logits, &chosen, weights, ids);
            }
            RoutingMethodType::RoundRobin => {
                for (j, (weight, id)) in weights.iter_mut().zip(ids).enumerate() {
                    (*weight, *id) = (1.0 / top_k as f32, ((token * top_k + j) % experts) as i32);
                }
            }
        }
    });
}

/// The best experts; their weights are `exp(logit) / sum of exp(over)`.
fn softmax_topk(logits: &[f32], over: &[f32], weights: &mut [f32], ids: &mut [i32]) {
    let order = best_first(logits);
    let max = logits[order[0]];
    let sum: f32 = over.iter().map(|&logit| exp_below(logit, max)).sum();
    for ((weight, id), &expert) in weights.iter_mut().zip(ids).zip(&order) {
        *weight = if sum > 0.0 {
            exp_below(logits[expert], max) / sum
        } else {
            0.0
        };
        *id = expert as i32;
    }
}

/// The experts by logit, falling; ties by index, NaN last.
fn best_first(logits: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| {
        let (x, y) = (logits[a], logits[b]);
        y.partial_cmp(&x)
            .unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
    });
    order
}

/// exp(`logit` - `max`), exactly 1 at `max`, infinite or not; 0 for NaN.
fn exp_below(logit: f32, max: f32) -> f32 {
    if logit == max {
        1.0
    } else if logit < max {
        (logit - max).exp()
    } else {
        0.0
    }
}

/// Sorts choices by expert, in token order within one: choice `i` is token `i / top_k`'s. An id outside
/// `0..experts` is no choice, nor is one past its expert's capacity. There are `offsets.len() - 1` experts.
pub fn permute(
    ids: &[i32],
    top_k: usize,
    capacity: Option<usize>,
    offsets: &mut [i32],
    row_token: &mut [i32],
    choice_row: &mut [i32],
) {
    choice_row.fill(-1);
    let experts = offsets.len() - 1;
    let mut rows = 0;
    for (expert, offset) in offsets.iter_mut().enumerate() {
        *offset = rows as i32;
        let mine = (0..ids.len()).filter(|&choice| ids[choice] == expert as i32);
        // The last offset is the end, and no expert's.
        let capacity = if expert == experts { Some(0) } else { capacity };
        for choice in mine.take(capacity.unwrap_or(usize::MAX)) {
            row_token[rows] = (choice / top_k) as i32;
            choice_row[choice] = rows as i32;
            rows += 1;
        }
    }
}

/// `out[t] = sum over j of weights[t, j] * results[choice_row[t, j]]` in `f32`, in the order of `j`, rounded
/// once; a choice of row -1 adds nothing.
pub fn finalize<T: Float>(
    results: &[T],
    choice_row: &[i32],
    weights: &[f32],
    out: RowsMut<'_, T>,
    [top_k, hidden]: [usize; 2],
) {
    if hidden == 0 {
        return;
    }
    let results = Rows::contiguous(results, hidden);
    out.par_rows(hidden).enumerate().for_each(|(token, out)| {
        let choices = token * top_k..(token + 1) * top_k;
        for (h, out) in out.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (&row, &weight) in choice_row[choices.clone()]
                .iter()
                .zip(&weights[choices.clone()])
            {
                if row >= 0 {
                    sum += weight * results.row(row as usize, hidden)[h].to_f32();
                }
            }
            *out = T::from_f32(sum);
        }
    });
}

/// A layer's weights and sizes.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a, T> {
    /// `[experts, 2 * intermediate, hidden]`.
    pub gate_up: &'a [T],
    /// `[experts, hidden, intermediate]`.
    pub down: &'a [T],
    /// Where the gate and the up projection start in a row of `2 * intermediate`.
    pub gate_up_offsets: (usize, usize),
    /// The number of experts.
    pub experts: usize,
    /// The length of a token.
    pub hidden: usize,
    /// The length of a gate or up projection.
    pub intermediate: usize,
    /// Choices of each token.
    pub top_k: usize,
    /// The most rows of an expert.
    pub capacity: Option<usize>,
}

impl<T: Float> Layer<'_, T> {
    /// `out[t] = sum over j of w[t, j] * down[e] (silu(gate[e] x[t]) * (up[e] x[t]))`, `e` the `j`-th expert
    /// of `t`. Each product and the activation are rounded to `T`.
    pub fn forward(&self, x: Rows<'_, T>, ids: &[i32], weights: &[f32], out: RowsMut<'_, T>) {
        let (hidden, intermediate) = (self.hidden, self.intermediate);
        let mut offsets = vec![0; self.experts + 1];
        let (mut row_token, mut choice_row) = (vec![-1; ids.len()], vec![-1; ids.len()]);
        permute(
            ids,
            self.top_k,
            self.capacity,
            &mut offsets,
            &mut row_token,
            &mut choice_row,
        );
        let rows = offsets[self.experts] as usize;

        let gathered = gather(x, &row_token[..rows], hidden);
        let up_shape = [rows, 2 * intermediate, hidden];
        let projections = project(&gathered, self.gate_up, &offsets, up_shape);
        let activated = self.activate(&projections);
        let results = project(
            &activated,
            self.down,
            &offsets,
            [rows, hidden, intermediate],
        );
        finalize(&results, &choice_row, weights, out, [self.top_k, hidden]);
    }

    fn activate(&self, projections: &[T]) -> Vec<T> {
        let (gate, up) = self.gate_up_offsets;
        let length = self.intermediate;
        let mut activated = vec![T::from_f32(0.0); projections.len() / 2];
        if length > 0 {
            let rows = activated
                .par_chunks_mut(length)
                .zip(projections.par_chunks(2 * length));
            rows.for_each(|(out, row)| {
                activation::silu_and_mul_row(&row[gate..][..length], &row[up..][..length], out)
            });
        }
        activated
    }
}

/// The rows of `x` that `tokens` names.
fn gather<T: Float>(x: Rows<'_, T>, tokens: &[i32], hidden: usize) -> Vec<T> {
    tokens
        .iter()
        .flat_map(|&token| x.row(token as usize, hidden))
        .copied()
        .collect()
}

/// The rows of `x [rows, k]` by their experts' `weights [experts, n, k]`.
fn project<T: Float>(x: &[T], weights: &[T], offsets: &[i32], [rows, n, k]: [usize; 3]) -> Vec<T> {
    let mut out = vec![T::from_f32(0.0); rows * n];
    let (x, to) = (Rows::contiguous(x, k), RowsMut::contiguous(&mut out, n));
    gemm::grouped_mm(x, weights, offsets, to, [rows, n, k]);
    out
}
