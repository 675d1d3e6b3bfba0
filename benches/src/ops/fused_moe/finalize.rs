//! The weighted sum of the experts' results.

use anyhow::Result;
use gatewarp::fused_moe::{
    MoeElement, Permutation, RoutingMethodType, finalize_into, permute, topk,
};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Similarity, similar};
use gatewarp_tests::values::Value;

use super::{FAMILY, layers};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::ops::Operation;
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// `finalize`: `[M, hidden, top_k]`.
pub(in crate::ops) const FINALIZE: Operation = Operation {
    name: "finalize",
    family: FAMILY,
    specs,
};

/// Tokens that are compared.
const SAMPLE: usize = 16;

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for (moe, m, set) in layers(set, tokens) {
        let shape = [m, moe.hidden, moe.top_k, moe.experts];
        specs.push(spec::<bf16>("bf16", set.clone(), shape));
        specs.push(spec::<f16>("f16", set, shape));
    }
    specs
}

fn spec<T: MoeElement + Value>(
    dtype: &'static str,
    set: String,
    [m, hidden, top_k, experts]: [usize; 4],
) -> Spec {
    let row = hidden * size_of::<T>();
    Spec {
        op: FINALIZE.name,
        family: FAMILY,
        dtype,
        set,
        shape: vec![m, hidden, top_k],
        work: Work::memory(m * top_k * (row + 8), m * row),
        host: false,
        problem: None,
        build: Box::new(move |bench| {
            let shape = [m, hidden, top_k, experts];
            Ok(Box::new(Finalize::<T>::new(bench, shape)?))
        }),
    }
}

struct Finalize<T> {
    results: Vec<Tensor<T>>,
    weights: Tensor<f32>,
    permutation: Permutation,
    out: Vec<Tensor<T>>,
}

impl<T: MoeElement + Value> Finalize<T> {
    fn new(bench: &Bench<'_>, [m, hidden, top_k, experts]: [usize; 4]) -> Result<Self> {
        let logits = bench.pool.normal::<f32>(&[m, experts], 10)?;
        let method = RoutingMethodType::Renormalize;
        let (weights, ids) = topk(bench.stream, &logits, method, top_k)?;
        let count = bench.rotation(m * (top_k + 1) * hidden * size_of::<T>());
        let results = (0..count as u64).map(|i| bench.pool.normal(&[m * top_k, hidden], i));
        let out = (0..count).map(|_| Tensor::empty(bench.stream, &[m, hidden]));
        Ok(Self {
            results: results.collect::<Result<_>>()?,
            weights,
            permutation: permute(bench.stream, &ids, experts, None)?,
            out: out.collect::<gatewarp::Result<_>>()?,
        })
    }

    /// The sum of a token, in `f64`.
    fn want(&self, stream: &Stream, token: usize) -> Result<Vec<f64>> {
        let rows = gather(stream, &self.permutation.choice_row, &[token])?;
        let rows: Vec<_> = rows.into_iter().map(|row| row as usize).collect();
        let weights = gather(stream, &self.weights, &[token])?;
        let hidden = self.out[0].shape().columns();
        let mut sum = vec![0.0; hidden];
        let results = gather(stream, &self.results[0], &rows)?;
        for (result, weight) in results.chunks(hidden).zip(weights) {
            for (sum, result) in sum.iter_mut().zip(result) {
                *sum += f64::from(weight) * result.to_f64();
            }
        }
        Ok(sum)
    }
}

impl<T: MoeElement + Value> Case for Finalize<T> {
    fn rotation(&self) -> usize {
        self.results.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.results.len();
        let (results, rows) = (&self.results[i], &self.permutation.choice_row);
        // SAFETY: the rows are those of a permutation of as many choices as there are results.
        unsafe { finalize_into(stream, results, rows, &self.weights, &mut self.out[i]) }
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.out[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let tokens = spread(self.out[0].shape().rows(), SAMPLE);
        let got = gather(stream, &self.out[0], &tokens)?;
        let want = tokens.iter().map(|&token| self.want(stream, token));
        let want = want.collect::<Result<Vec<_>>>()?.concat();
        let columns = self.out[0].shape().columns();
        let allowed = Similarity::rounded::<T>(1);
        similar(FINALIZE.name, &got, &want, columns, allowed)?;
        Ok(())
    }
}
