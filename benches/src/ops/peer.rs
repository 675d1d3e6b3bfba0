//! The peer alone: what there is to beat, also where the library has no operation yet.

use anyhow::{Context, Result, bail};
use gatewarp::element::Element;
use gatewarp::formats::E4m3;
use gatewarp::{Error, Stream, Tensor, bf16};
use gatewarp_tests::compare::{Similarity, similar};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::Operation;
use super::gemm::{COLUMNS, ROWS, product, take};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::{MatrixRate, Work};
use crate::contest;
use crate::data::{Pool, rotation};
use crate::peer::{Operands, Plan, Problem, Scales, Scaling, Types};
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// The module of this operation, which is no module of the library's.
pub(super) const FAMILY: &str = "peer";

/// cuBLASLt's products: `[M, N, K]`.
pub(super) const CUBLASLT: Operation = Operation {
    name: contest::NAME,
    family: FAMILY,
    specs,
};

/// Scratch memory that the peer may use.
const WORKSPACE: usize = 32 << 20;

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for (name, shape) in set.products(tokens) {
        let name = format!("{} {name}", set.name);
        specs.push(spec::<bf16>("bf16", Types::Bf16, &name, shape));
        for (dtype, scaling) in [
            ("e4m3", Scaling::Tensor),
            ("e4m3-row", Scaling::Row),
            ("e4m3-128", Scaling::Block128),
        ] {
            specs.push(spec::<E4m3>(dtype, Types::fp8(scaling), &name, shape));
        }
    }
    specs
}

fn spec<T: Operand>(dtype: &'static str, types: Types, set: &str, [m, n, k]: [usize; 3]) -> Spec {
    let size = size_of::<T>();
    Spec {
        op: CUBLASLT.name,
        family: FAMILY,
        dtype,
        set: set.to_owned(),
        shape: vec![m, n, k],
        work: Work {
            read: (m * k + n * k) * size,
            written: m * n * size_of::<bf16>(),
            flops: 2.0 * (m * n) as f64 * k as f64,
            matrix: T::RATE,
        },
        host: false,
        problem: None,
        build: Box::new(move |bench| {
            let problem = Problem::new(m, n, k, types);
            Ok(Box::new(Product::<T>::new(bench, problem)?))
        }),
    }
}

/// An element type of the peer's operands.
trait Operand: Element {
    const RATE: MatrixRate;

    fn tensor(pool: &Pool, shape: &[usize], seed: u64) -> Result<Tensor<Self>>;
    fn value(self) -> f32;
}

impl Operand for bf16 {
    const RATE: MatrixRate = MatrixRate::Bf16;

    fn tensor(pool: &Pool, shape: &[usize], seed: u64) -> Result<Tensor<Self>> {
        pool.normal(shape, seed)
    }

    fn value(self) -> f32 {
        self.to_f32()
    }
}

impl Operand for E4m3 {
    const RATE: MatrixRate = MatrixRate::Fp8;

    fn tensor(pool: &Pool, shape: &[usize], seed: u64) -> Result<Tensor<Self>> {
        pool.e4m3(shape, seed)
    }

    fn value(self) -> f32 {
        self.to_f32()
    }
}

/// Scale factors of an operand, with where they are for.
struct Factors {
    scales: Scales,
    host: Vec<f32>,
    device: Tensor<f32>,
}

impl Factors {
    /// Powers of two and values between, near 1.
    fn new(bench: &Bench<'_>, scales: Scales, seed: u64) -> Result<Self> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let host: Vec<f32> = (0..scales.len())
            .map(|_| rng.random_range(0.5..2.0))
            .collect();
        let device = Tensor::from_slice(bench.stream, &host, &[host.len()])?;
        Ok(Self {
            scales,
            host,
            device,
        })
    }

    /// The operand's rows as numbers, of which `rows` are given one after the other.
    fn apply<T: Operand>(
        this: Option<&Self>,
        elements: &[T],
        rows: &[usize],
        k: usize,
    ) -> Vec<f32> {
        let scale = |row: usize, column: usize| {
            this.map_or(1.0, |it| it.host[it.scales.index(row, column)])
        };
        let rows = rows.iter().zip(elements.chunks(k.max(1)));
        rows.flat_map(|(&row, elements)| {
            let columns = elements.iter().enumerate();
            columns.map(move |(column, element)| element.value() * scale(row, column))
        })
        .collect()
    }
}

struct Product<T> {
    plan: Plan,
    a: Vec<Tensor<T>>,
    b: Vec<Tensor<T>>,
    c: Vec<Tensor<bf16>>,
    factors: [Option<Factors>; 2],
    workspace: Tensor<u8>,
}

impl<T: Operand> Product<T> {
    fn new(bench: &Bench<'_>, problem: Problem) -> Result<Self> {
        let Some(peer) = bench.peer else {
            bail!("needs --compare cublaslt, and the library");
        };
        let plans = peer.candidates(&problem, WORKSPACE, 1)?;
        let Problem { m, n, k, .. } = problem;
        let count = rotation((m * k + n * k) * size_of::<T>() + 2 * m * n);
        let seeds = 0..count as u64;
        let factors = |scales: Option<Scales>, seed| {
            scales
                .map(|scales| Factors::new(bench, scales, seed))
                .transpose()
        };
        Ok(Self {
            plan: plans.into_iter().next().context("no algorithm")?,
            a: seeds
                .clone()
                .map(|i| T::tensor(bench.pool, &[m, k], i))
                .collect::<Result<_>>()?,
            b: seeds
                .map(|i| T::tensor(bench.pool, &[n, k], !i))
                .collect::<Result<_>>()?,
            c: (0..count)
                .map(|_| Tensor::empty(bench.stream, &[m, n]))
                .collect::<gatewarp::Result<_>>()?,
            factors: [
                factors(problem.a_scales(), 1)?,
                factors(problem.b_scales(), 2)?,
            ],
            workspace: Tensor::empty(bench.stream, &[WORKSPACE])?,
        })
    }
}

impl<T: Operand> Case for Product<T> {
    fn rotation(&self) -> usize {
        self.a.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let operands = self.operands(call).unwrap_or_default();
        contest::run(&self.plan, stream, &operands).map_err(|error| Error::Device {
            op: contest::NAME,
            reason: format!("{error:#}"),
        })
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.c[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let [k, n] = [self.a[0].shape().columns(), self.c[0].shape().columns()];
        let rows = spread(self.a[0].shape().rows(), ROWS);
        let columns = spread(n, COLUMNS);
        let [a_factors, b_factors] = &self.factors;
        let a = Factors::apply(
            a_factors.as_ref(),
            &gather(stream, &self.a[0], &rows)?,
            &rows,
            k,
        );
        let b = gather(stream, &self.b[0], &columns)?;
        let b = Factors::apply(b_factors.as_ref(), &b, &columns, k);
        let got = take(&gather(stream, &self.c[0], &rows)?, n, &columns);
        // Fast accumulation of 8-bit floats keeps 13 bits behind the largest product.
        let roundings = if size_of::<T>() == 1 { 4 } else { 1 };
        let allowed = Similarity::rounded::<bf16>(roundings);
        similar(
            contest::NAME,
            &got,
            &product(&a, &b, k),
            columns.len(),
            allowed,
        )?;
        Ok(())
    }

    fn operands(&mut self, call: usize) -> Option<Operands> {
        let i = call % self.a.len();
        let (a, b) = (self.a[i].view().as_ptr(), self.b[i].view().as_ptr());
        let operands = Operands::new(a, b, self.c[i].view_mut().as_ptr());
        let operands = operands.with_workspace(self.workspace.view_mut().as_ptr());
        Some(match &self.factors {
            [Some(a), Some(b)] => {
                operands.with_scales(a.device.view().as_ptr(), b.device.view().as_ptr())
            }
            _ => operands,
        })
    }
}
