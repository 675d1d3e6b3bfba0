//! Mixture of experts.

use gatewarp::fused_moe::GateUpOrder;

use super::{mm, silu};
use crate::values::Value;

/// Choices sorted by expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permuted {
    /// `[experts + 1]`.
    pub offsets: Vec<i32>,
    /// The token of each row there is.
    pub row_token: Vec<i32>,
    /// The row of each choice, or -1.
    pub choice_row: Vec<i32>,
}

/// Sorts the choices by expert, dropping what is over an expert's capacity.
#[must_use]
pub fn permute(ids: &[i32], top_k: usize, experts: usize, capacity: Option<usize>) -> Permuted {
    let mut choices: Vec<usize> = (0..ids.len())
        .filter(|&i| 0 <= ids[i] && (ids[i] as usize) < experts)
        .filter(|&i| {
            let earlier = ids[..i].iter().filter(|&&id| id == ids[i]).count();
            capacity.is_none_or(|capacity| earlier < capacity)
        })
        .collect();
    choices.sort_by_key(|&i| (ids[i], i));
    let mut choice_row = vec![-1; ids.len()];
    for (row, &choice) in choices.iter().enumerate() {
        choice_row[choice] = row as i32;
    }
    let before = |expert: usize| {
        choices
            .iter()
            .filter(|&&i| (ids[i] as usize) < expert)
            .count()
    };
    Permuted {
        offsets: (0..=experts).map(|expert| before(expert) as i32).collect(),
        row_token: choices.iter().map(|&i| (i / top_k) as i32).collect(),
        choice_row,
    }
}

/// The weighted sums of results: `[tokens, hidden]`, of `top_k` choices each.
#[must_use]
pub fn finalize<T: Value>(
    results: &[T],
    choice_row: &[i32],
    weights: &[f32],
    [tokens, top_k, hidden]: [usize; 3],
) -> Vec<f64> {
    let mut out = vec![0.0; tokens * hidden];
    for token in 0..tokens {
        for choice in token * top_k..(token + 1) * top_k {
            if choice_row[choice] >= 0 {
                for h in 0..hidden {
                    let result = results[choice_row[choice] as usize * hidden + h].to_f64();
                    out[token * hidden + h] += f64::from(weights[choice]) * result;
                }
            }
        }
    }
    out
}

/// A layer's weights, contiguous, and sizes.
#[derive(Clone, Copy, Debug)]
pub struct Moe<'a, T> {
    /// `[experts, 2 * intermediate, hidden]`.
    pub gate_up: &'a [T],
    /// `[experts, hidden, intermediate]`.
    pub down: &'a [T],
    /// Which half of `gate_up` is the gate.
    pub order: GateUpOrder,
    /// The number of experts.
    pub experts: usize,
    /// The length of a token.
    pub hidden: usize,
    /// The length of a gate or up projection.
    pub intermediate: usize,
    /// The most tokens of an expert.
    pub capacity: Option<usize>,
}

impl<T: Value> Moe<'_, T> {
    /// The layer's output for tokens `x` whose choices are `ids` and `weights`: one token after the other,
    /// one choice after the other.
    #[must_use]
    pub fn forward(&self, x: &[T], ids: &[i32], weights: &[f32], top_k: usize) -> Vec<f64> {
        let tokens = ids.len() / top_k;
        let mut taken = vec![0; self.experts];
        let mut out = vec![0.0; tokens * self.hidden];
        for choice in 0..tokens * top_k {
            let (token, id) = (choice / top_k, ids[choice]);
            if id < 0 || id as usize >= self.experts {
                continue;
            }
            taken[id as usize] += 1;
            if self.capacity.is_some_and(|most| taken[id as usize] > most) {
                continue;
            }
            let x = &x[token * self.hidden..(token + 1) * self.hidden];
            for (h, result) in self.expert(id as usize, x).iter().enumerate() {
                out[token * self.hidden + h] += f64::from(weights[choice]) * result.to_f64();
            }
        }
        out
    }

    /// One expert's result for one token, rounded to `T` where the library documents it.
    fn expert(&self, expert: usize, x: &[T]) -> Vec<T> {
        let length = self.intermediate;
        let size = length * self.hidden;
        let both = &self.gate_up[2 * expert * size..2 * (expert + 1) * size];
        let (first, second) = both.split_at(size);
        let (gate, up) = match self.order {
            GateUpOrder::GateFirst => (first, second),
            GateUpOrder::UpFirst => (second, first),
        };
        let project = |weights| round::<T>(&mm(x, weights, [1, length, self.hidden]));
        let (gate, up) = (project(gate), project(up));
        let activated: Vec<f64> = (0..length)
            .map(|i| silu(gate[i].to_f64()) * up[i].to_f64())
            .collect();
        let down = &self.down[expert * size..(expert + 1) * size];
        round(&mm(&round::<T>(&activated), down, [1, self.hidden, length]))
    }
}

fn round<T: Value>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&value| T::from_f64(value)).collect()
}
