//! A whole layer.

use anyhow::Result;
use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, MoeElement, Router, RoutingMethodType, fused_moe,
    fused_moe_into, fused_moe_workspace, topk,
};
use gatewarp::{Device, Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Similarity, similar, widen};
use gatewarp_tests::values::Value;

use super::{FAMILY, LOGITS, layers, logits, met};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::{MatrixRate, Work};
use crate::ops::Operation;
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// `fused_moe`: `[M, hidden, intermediate, experts, top_k]`.
pub(in crate::ops) const FUSED_MOE: Operation = Operation {
    name: "fused_moe",
    family: FAMILY,
    specs,
};

/// Tokens that are compared: each brings its experts' weights to the CPU.
const SAMPLE: usize = 2;

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for (moe, m, set) in layers(set, tokens).filter(|(moe, ..)| moe.is_gated()) {
        let shape = [m, moe.hidden, moe.intermediate, moe.experts, moe.top_k];
        specs.push(spec::<bf16>("bf16", set.clone(), shape));
        specs.push(spec::<f16>("f16", set, shape));
    }
    specs
}

fn spec<T: MoeElement + Value>(dtype: &'static str, set: String, shape: [usize; 5]) -> Spec {
    Spec {
        op: FUSED_MOE.name,
        family: FAMILY,
        dtype,
        set,
        shape: shape.to_vec(),
        work: work(shape, size_of::<T>()),
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(Layer::<T>::new(bench, shape)?))),
    }
}

/// The weights of the experts that are met, the tokens and their results.
fn work([m, hidden, intermediate, experts, top_k]: [usize; 5], size: usize) -> Work {
    let expert = (3 * hidden * intermediate * size) as f64;
    let weights = met(m, experts, top_k) * expert;
    Work {
        read: weights as usize + m * hidden * size + m * experts * 4,
        written: m * hidden * size,
        flops: (m * top_k) as f64 * 6.0 * hidden as f64 * intermediate as f64,
        matrix: MatrixRate::Bf16,
    }
}

/// A layer with its inputs, its output and its workspace. Its weights are larger than any cache, and its calls
/// take other router outputs in turn.
pub(in crate::ops) struct Layer<T> {
    x: Tensor<T>,
    logits: Vec<Tensor<f32>>,
    gate_up: Tensor<T>,
    down: Tensor<T>,
    out: Tensor<T>,
    workspace: Tensor<u8>,
    options: FusedMoeOptions,
}

impl<T: MoeElement + Value> Layer<T> {
    /// Of `[tokens, hidden, intermediate, experts, top_k]`.
    pub(in crate::ops) fn new(bench: &Bench<'_>, shape: [usize; 5]) -> Result<Self> {
        let [m, hidden, intermediate, experts, top_k] = shape;
        let gate_up = bench.pool.normal(&[experts, 2 * intermediate, hidden], 3)?;
        let down = bench.pool.normal(&[experts, hidden, intermediate], 4)?;
        let weights = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
        let bytes = fused_moe_workspace(m, &weights, top_k)?;
        Ok(Self {
            x: bench.pool.normal(&[m, hidden], 1)?,
            logits: logits(bench, m, experts)?,
            out: Tensor::empty(bench.stream, &[m, hidden])?,
            workspace: Tensor::empty(bench.stream, &[bytes])?,
            options: FusedMoeOptions {
                top_k,
                routing_method: RoutingMethodType::Renormalize,
                ..Default::default()
            },
            gate_up,
            down,
        })
    }

    /// What the layer gives for one token, on the CPU, from that token's experts alone.
    fn want(&self, stream: &Stream, token: usize) -> Result<Vec<f64>> {
        let cpu = Device::cpu().stream()?;
        let top_k = self.options.top_k;
        let logits = gather(stream, &self.logits[0], &[token])?;
        let logits = Tensor::from_slice(&cpu, &logits, &[1, logits.len()])?;
        let (weights, ids) = topk(&cpu, &logits, self.options.routing_method, top_k)?;
        let chosen: Vec<_> = ids.to_vec()?.iter().map(|&id| id as usize).collect();
        let of_chosen = |all: &Tensor<T>| -> Result<Tensor<T>> {
            let shape = [top_k, all.shape()[1], all.shape()[2]];
            Ok(Tensor::from_slice(
                &cpu,
                &gather(stream, all, &chosen)?,
                &shape,
            )?)
        };
        let (gate_up, down) = (of_chosen(&self.gate_up)?, of_chosen(&self.down)?);
        let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
        let own: Vec<i32> = (0..top_k as i32).collect();
        let own = Tensor::from_slice(&cpu, &own, &[1, top_k])?;
        let x = gather(stream, &self.x, &[token])?;
        let x = Tensor::from_slice(&cpu, &x, &[1, x.len()])?;
        let router = Router::chosen(&own, &weights);
        Ok(widen(
            &fused_moe(&cpu, &x, router, &experts, &self.options)?.to_vec()?,
        ))
    }
}

impl<T: MoeElement + Value> Case for Layer<T> {
    fn rotation(&self) -> usize {
        LOGITS as usize
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let weights = Experts::new(&self.gate_up, &self.down, GateUpOrder::GateFirst)?;
        let router = Router::logits(&self.logits[call % self.logits.len()]);
        let (out, workspace) = (&mut self.out, &mut self.workspace);
        let options = &self.options;
        fused_moe_into(stream, &self.x, router, &weights, options, out, workspace)
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.out.fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let tokens = spread(self.out.shape().rows(), SAMPLE);
        let got = gather(stream, &self.out, &tokens)?;
        let want = tokens.iter().map(|&token| self.want(stream, token));
        let want = want.collect::<Result<Vec<_>>>()?.concat();
        // Two products, the activation between them and the sum are rounded, by both.
        let allowed = Similarity::rounded::<T>(4);
        similar(
            FUSED_MOE.name,
            &got,
            &want,
            self.out.shape().columns(),
            allowed,
        )?;
        Ok(())
    }
}
