//! Gated activations.

use std::marker::PhantomData;

use anyhow::Result;
use gatewarp::activation::{GatedElement, silu_and_mul, silu_and_mul_into};
use gatewarp::{Device, Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Bound, close, widen};
use gatewarp_tests::values::Value;

use super::Operation;
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::data::rotation;
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// `silu_and_mul` over `[M, d]`.
pub(super) const SILU_AND_MUL: Operation = Operation {
    name: "silu_and_mul",
    family: "activation",
    specs,
};

/// Rows that are compared.
const SAMPLE: usize = 16;

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for gated in &set.gated {
        for &m in tokens {
            let at = |dtype| (dtype, format!("{} {}", set.name, gated.name), m, gated.d);
            specs.push(spec::<bf16>(at("bf16")));
            specs.push(spec::<f16>(at("f16")));
            specs.push(spec::<f32>(at("f32")));
        }
    }
    specs
}

fn spec<T: GatedElement + Value>((dtype, set, m, d): (&'static str, String, usize, usize)) -> Spec {
    let bytes = m * d * size_of::<T>();
    Spec {
        op: SILU_AND_MUL.name,
        family: SILU_AND_MUL.family,
        dtype,
        set,
        shape: vec![m, d],
        work: Work::memory(2 * bytes, bytes),
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(SiluAndMul::<T>::new(bench, m, d)?))),
    }
}

struct SiluAndMul<T> {
    x: Vec<Tensor<T>>,
    out: Vec<Tensor<T>>,
    element: PhantomData<T>,
}

impl<T: GatedElement + Value> SiluAndMul<T> {
    fn new(bench: &Bench<'_>, m: usize, d: usize) -> Result<Self> {
        let count = rotation(3 * m * d * size_of::<T>());
        let x = (0..count as u64).map(|i| bench.pool.normal(&[m, 2 * d], i));
        let out = (0..count).map(|_| Tensor::empty(bench.stream, &[m, d]));
        Ok(Self {
            x: x.collect::<Result<_>>()?,
            out: out.collect::<gatewarp::Result<_>>()?,
            element: PhantomData,
        })
    }
}

impl<T: GatedElement + Value> Case for SiluAndMul<T> {
    fn rotation(&self) -> usize {
        self.x.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.x.len();
        silu_and_mul_into(stream, &self.x[i], &mut self.out[i])
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.out[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let rows = spread(self.x[0].shape().rows(), SAMPLE);
        let x = gather(stream, &self.x[0], &rows)?;
        let got = gather(stream, &self.out[0], &rows)?;
        let cpu = Device::cpu().stream()?;
        let columns = self.x[0].shape().columns();
        let x = Tensor::from_slice(&cpu, &x, &[rows.len(), columns])?;
        let want = widen(&silu_and_mul(&cpu, &x)?.to_vec()?);
        // Two approximations of 2 ulp of f32 each, and an exponent that a quotient's error grows in.
        let ulps = if size_of::<T>() == 4 { 20 } else { 1 };
        close(SILU_AND_MUL.name, &got, &want, |_| Bound::ulps(ulps))?;
        Ok(())
    }
}
