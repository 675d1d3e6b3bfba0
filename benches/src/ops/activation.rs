//! Activations.

use anyhow::Result;
use gatewarp::activation::{
    ActivationType, GatedElement, SwigluOptions, activation, activation_into, gelu_and_mul_into,
    gelu_tanh_and_mul_into, padded_squared_relu_into, padded_swiglu_into, silu_and_mul_into,
    swiglu_into,
};
use gatewarp::{Device, Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Bound, close, widen};
use gatewarp_tests::values::Value;

use super::Operation;
use crate::case::{Bench, Case, Spec};
use crate::ceiling::Work;
use crate::sample::{gather, spread};
use crate::shapes::Set;

const FAMILY: &str = "activation";

/// Rows that are compared.
const SAMPLE: usize = 16;

/// Of the rows of padded operations, one in so many is padding.
const PADDING: usize = 4;

/// What is measured, each over `[M, d]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    SiluAndMul,
    GeluAndMul,
    GeluTanhAndMul,
    /// Gate and up projection in tensors of their own.
    Swiglu,
    /// gpt-oss's, by the kernel of any activation.
    SwigluOai,
    PaddedSwiglu,
    PaddedSquaredRelu,
}

macro_rules! operations {
    ($($constant:ident: $kind:ident, $name:literal;)*) => {
        $(
            pub(super) const $constant: Operation = Operation {
                name: $name,
                family: FAMILY,
                specs: |set, tokens| specs(Kind::$kind, set, tokens),
            };
        )*

        impl Kind {
            fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

operations! {
    SILU_AND_MUL: SiluAndMul, "silu_and_mul";
    GELU_AND_MUL: GeluAndMul, "gelu_and_mul";
    GELU_TANH_AND_MUL: GeluTanhAndMul, "gelu_tanh_and_mul";
    SWIGLU: Swiglu, "swiglu";
    SWIGLU_OAI: SwigluOai, "swiglu_oai";
    PADDED_SWIGLU: PaddedSwiglu, "padded_swiglu";
    PADDED_SQUARED_RELU: PaddedSquaredRelu, "padded_squared_relu";
}

impl Kind {
    /// What it computes.
    fn activation(self) -> ActivationType {
        match self {
            Self::SiluAndMul | Self::Swiglu | Self::PaddedSwiglu => ActivationType::Swiglu,
            Self::GeluAndMul => ActivationType::Geglu,
            Self::GeluTanhAndMul => ActivationType::GegluTanh,
            Self::SwigluOai => ActivationType::SWIGLU_OAI,
            Self::PaddedSquaredRelu => ActivationType::Relu2,
        }
    }

    /// Elements that are read for one result.
    fn operands(self) -> usize {
        1 + usize::from(self.activation().is_gated())
    }

    /// Whether row `r` is in use.
    fn uses(self, r: usize) -> bool {
        let padded = matches!(self, Self::PaddedSwiglu | Self::PaddedSquaredRelu);
        !padded || r % PADDING != PADDING - 1
    }

    /// How many of `m` rows are in use.
    fn used(self, m: usize) -> usize {
        (0..m).filter(|&r| self.uses(r)).count()
    }
}

fn specs(kind: Kind, set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for gated in &set.gated {
        for &m in tokens {
            let name = || format!("{} {}", set.name, gated.name);
            specs.push(spec::<bf16>(kind, "bf16", name(), [m, gated.d]));
            specs.push(spec::<f16>(kind, "f16", name(), [m, gated.d]));
            specs.push(spec::<f32>(kind, "f32", name(), [m, gated.d]));
        }
    }
    specs
}

fn spec<T: GatedElement + Value>(
    kind: Kind,
    dtype: &'static str,
    set: String,
    [m, d]: [usize; 2],
) -> Spec {
    let bytes = kind.used(m) * d * size_of::<T>();
    Spec {
        op: kind.name(),
        family: FAMILY,
        dtype,
        set,
        shape: vec![m, d],
        work: Work::memory(kind.operands() * bytes, bytes),
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(Elementwise::<T>::new(kind, bench, m, d)?))),
    }
}

struct Elementwise<T> {
    kind: Kind,
    /// Gates and ups, or gates alone.
    x: Vec<Tensor<T>>,
    /// Ups, where they have tensors of their own.
    up: Vec<Tensor<T>>,
    out: Vec<Tensor<T>>,
    map: Tensor<i32>,
    n_used: Tensor<i32>,
}

impl<T: GatedElement + Value> Elementwise<T> {
    fn new(kind: Kind, bench: &Bench<'_>, m: usize, d: usize) -> Result<Self> {
        let count = bench.rotation((kind.operands() + 1) * m * d * size_of::<T>());
        let separate = kind == Kind::Swiglu;
        let width = if separate { d } else { kind.operands() * d };
        let random = |columns, from: usize| -> Result<Vec<_>> {
            let seeds = from..from + count;
            seeds
                .map(|seed| bench.pool.normal(&[m, columns], seed as u64))
                .collect()
        };
        let out = (0..count).map(|_| Tensor::empty(bench.stream, &[m, d]));
        let source = |r: usize| if kind.uses(r) { r as i32 } else { -1 };
        let map: Vec<i32> = (0..m).map(source).collect();
        Ok(Self {
            kind,
            x: random(width, 0)?,
            up: if separate {
                random(d, count)?
            } else {
                Vec::new()
            },
            out: out.collect::<gatewarp::Result<_>>()?,
            map: Tensor::from_slice(bench.stream, &map, &[m])?,
            n_used: Tensor::from_slice(bench.stream, &[m as i32], &[1])?,
        })
    }

    /// Rows of gates and ups, or of gates, of the first call.
    fn inputs(&self, stream: &Stream, rows: &[usize]) -> Result<Vec<T>> {
        let x = gather(stream, &self.x[0], rows)?;
        let Some(up) = self.up.first() else {
            return Ok(x);
        };
        let up = gather(stream, up, rows)?;
        let d = x.len() / rows.len();
        let rows = x.chunks(d).zip(up.chunks(d));
        Ok(rows.flat_map(|(gate, up)| [gate, up].concat()).collect())
    }
}

impl<T: GatedElement + Value> Case for Elementwise<T> {
    fn rotation(&self) -> usize {
        self.x.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.x.len();
        let (x, out) = (&self.x[i], &mut self.out[i]);
        match self.kind {
            Kind::SiluAndMul => silu_and_mul_into(stream, x, out),
            Kind::GeluAndMul => gelu_and_mul_into(stream, x, out),
            Kind::GeluTanhAndMul => gelu_tanh_and_mul_into(stream, x, out),
            Kind::Swiglu => swiglu_into(stream, x, &self.up[i], &SwigluOptions::default(), out),
            Kind::SwigluOai => activation_into(stream, x, &self.kind.activation().into(), out),
            Kind::PaddedSwiglu => padded_swiglu_into(stream, x, &self.map, &self.n_used, out),
            Kind::PaddedSquaredRelu => {
                padded_squared_relu_into(stream, x, &self.map, &self.n_used, out)
            }
        }
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.out[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let mut rows = spread(self.out[0].shape().rows(), SAMPLE);
        rows.retain(|&r| self.kind.uses(r));
        let got = gather(stream, &self.out[0], &rows)?;
        let x = self.inputs(stream, &rows)?;
        let cpu = Device::cpu().stream()?;
        let x = Tensor::from_slice(&cpu, &x, &[rows.len(), x.len() / rows.len()])?;
        let options = self.kind.activation().into();
        let want = widen(&activation(&cpu, &x, &options)?.to_vec()?);
        // Approximations of 2 ulp of f32 each, and exponents in which a rounding error grows.
        let ulps = if size_of::<T>() == 4 { 100 } else { 1 };
        close(self.kind.name(), &got, &want, |_| Bound::ulps(ulps))?;
        Ok(())
    }
}
