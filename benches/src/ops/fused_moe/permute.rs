//! Sorting choices by expert.

use anyhow::Result;
use gatewarp::fused_moe::{Permutation, RoutingMethodType, permute, permute_into, topk};
use gatewarp::{Device, Stream, Tensor};
use gatewarp_tests::compare::bits;

use super::{FAMILY, LOGITS, layers, logits};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::ops::Operation;
use crate::shapes::{Moe, Set};

/// `permute`: `[M, experts, top_k]`.
pub(in crate::ops) const PERMUTE: Operation = Operation {
    name: "permute",
    family: FAMILY,
    specs,
};

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let spec = |(moe, m, set): (&Moe, usize, String)| {
        let (experts, top_k) = (moe.experts, moe.top_k);
        let choices = m * top_k;
        Spec {
            op: PERMUTE.name,
            family: FAMILY,
            dtype: "i32",
            set,
            shape: vec![m, experts, top_k],
            work: Work::memory(4 * choices, 8 * choices + 4 * experts),
            host: false,
            problem: None,
            build: Box::new(move |bench| Ok(Box::new(Permute::new(bench, [m, experts, top_k])?))),
        }
    };
    layers(set, tokens).map(spec).collect()
}

struct Permute {
    ids: Vec<Tensor<i32>>,
    permutation: Permutation,
    experts: usize,
}

impl Permute {
    fn new(bench: &Bench<'_>, [m, experts, top_k]: [usize; 3]) -> Result<Self> {
        let logits = logits(bench, m, experts)?;
        let choose = |logits| topk(bench.stream, logits, RoutingMethodType::Renormalize, top_k);
        let ids = logits.iter().map(|logits| Ok(choose(logits)?.1));
        Ok(Self {
            ids: ids.collect::<Result<_>>()?,
            permutation: Permutation::empty(bench.stream, m, top_k, experts)?,
            experts,
        })
    }
}

impl Case for Permute {
    fn rotation(&self) -> usize {
        LOGITS as usize
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let ids = &self.ids[call % self.ids.len()];
        permute_into(stream, ids, None, &mut self.permutation)
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        let got = &mut self.permutation;
        for part in [&mut got.offsets, &mut got.row_token, &mut got.choice_row] {
            part.fill_bytes(0xfe)?;
        }
        self.run(stream, 0)?;
        let cpu = Device::cpu().stream()?;
        let ids = Tensor::from_slice(&cpu, &self.ids[0].to_vec()?, self.ids[0].shape())?;
        let want = permute(&cpu, &ids, self.experts, None)?;
        let got = &self.permutation;
        bits("offsets", &got.offsets.to_vec()?, &want.offsets.to_vec()?)?;
        bits(
            "row_token",
            &got.row_token.to_vec()?,
            &want.row_token.to_vec()?,
        )?;
        bits(
            "choice_row",
            &got.choice_row.to_vec()?,
            &want.choice_row.to_vec()?,
        )?;
        Ok(())
    }
}
