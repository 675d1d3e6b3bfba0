//! Routing.

use anyhow::Result;
use gatewarp::fused_moe::{RoutingMethodType, topk, topk_into};
use gatewarp::{Device, Stream, Tensor};
use gatewarp_tests::compare::{Bound, bits, close, widen};

use super::{FAMILY, LOGITS, layers, logits};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::ops::Operation;
use crate::sample::{gather, spread};
use crate::shapes::{Moe, Set};

/// `topk`: `[M, experts, top_k]`.
pub(in crate::ops) const TOPK: Operation = Operation {
    name: "topk",
    family: FAMILY,
    specs,
};

/// Tokens that are compared.
const SAMPLE: usize = 256;
const METHOD: RoutingMethodType = RoutingMethodType::Renormalize;

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let spec = |(moe, m, set): (&Moe, usize, String)| {
        let (experts, top_k) = (moe.experts, moe.top_k);
        Spec {
            op: TOPK.name,
            family: FAMILY,
            dtype: "f32",
            set,
            shape: vec![m, experts, top_k],
            work: Work::memory(m * experts * 4, m * top_k * 8),
            host: false,
            problem: None,
            build: Box::new(move |bench| Ok(Box::new(Topk::new(bench, [m, experts, top_k])?))),
        }
    };
    layers(set, tokens).map(spec).collect()
}

struct Topk {
    logits: Vec<Tensor<f32>>,
    weights: Tensor<f32>,
    ids: Tensor<i32>,
}

impl Topk {
    fn new(bench: &Bench<'_>, [m, experts, top_k]: [usize; 3]) -> Result<Self> {
        Ok(Self {
            logits: logits(bench, m, experts)?,
            weights: Tensor::empty(bench.stream, &[m, top_k])?,
            ids: Tensor::empty(bench.stream, &[m, top_k])?,
        })
    }
}

impl Case for Topk {
    fn rotation(&self) -> usize {
        LOGITS as usize
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let logits = &self.logits[call % self.logits.len()];
        topk_into(stream, logits, METHOD, &mut self.weights, &mut self.ids)
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.weights.fill_bytes(0xff)?;
        self.ids.fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let (tokens, top_k) = (self.ids.shape().rows(), self.ids.shape().columns());
        let rows = spread(tokens, SAMPLE);
        let cpu = Device::cpu().stream()?;
        let chosen = gather(stream, &self.logits[0], &rows)?;
        let experts = self.logits[0].shape().columns();
        let chosen = Tensor::from_slice(&cpu, &chosen, &[rows.len(), experts])?;
        let (weights, ids) = topk(&cpu, &chosen, METHOD, top_k)?;
        bits("ids", &gather(stream, &self.ids, &rows)?, &ids.to_vec()?)?;
        let got = gather(stream, &self.weights, &rows)?;
        close("weights", &got, &widen(&weights.to_vec()?), |_| {
            Bound::ulps(64)
        })?;
        Ok(())
    }
}
