//! Dense products.

use anyhow::Result;
use gatewarp::gemm::{GemmOutput, mm_into};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Similarity, similar};
use gatewarp_tests::values::Value;

use super::{COLUMNS, ROWS, product, take};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::{MatrixRate, Work};
use crate::data::rotation;
use crate::ops::Operation;
use crate::peer::{Operands, Problem, Types};
use crate::sample::{gather, spread};
use crate::shapes::Set;

/// `mm`: `[M, N, K]`.
pub(in crate::ops) const MM: Operation = Operation {
    name: "mm",
    family: "gemm",
    specs,
};

fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for (name, [m, n, k]) in set.products(tokens) {
        let name = format!("{} {name}", set.name);
        specs.push(spec::<bf16>("bf16", Types::Bf16, name.clone(), [m, n, k]));
        specs.push(spec::<f16>("f16", Types::F16, name, [m, n, k]));
    }
    specs
}

fn spec<T: GemmOutput<T> + Value>(
    dtype: &'static str,
    types: Types,
    set: String,
    [m, n, k]: [usize; 3],
) -> Spec {
    let size = size_of::<T>();
    Spec {
        op: MM.name,
        family: MM.family,
        dtype,
        set,
        shape: vec![m, n, k],
        work: Work {
            read: (m * k + n * k) * size,
            written: m * n * size,
            flops: 2.0 * (m * n) as f64 * k as f64,
            matrix: MatrixRate::Bf16,
        },
        host: false,
        problem: Some(Problem::new(m, n, k, types)),
        build: Box::new(move |bench| Ok(Box::new(Mm::<T>::new(bench, [m, n, k])?))),
    }
}

struct Mm<T> {
    a: Vec<Tensor<T>>,
    b: Vec<Tensor<T>>,
    c: Vec<Tensor<T>>,
}

impl<T: GemmOutput<T> + Value> Mm<T> {
    fn new(bench: &Bench<'_>, [m, n, k]: [usize; 3]) -> Result<Self> {
        let count = rotation((m * k + n * k + m * n) * size_of::<T>());
        let seeds = 0..count as u64;
        let a = seeds.clone().map(|i| bench.pool.normal(&[m, k], i));
        let b = seeds.map(|i| bench.pool.normal(&[n, k], !i));
        let c = (0..count).map(|_| Tensor::empty(bench.stream, &[m, n]));
        Ok(Self {
            a: a.collect::<Result<_>>()?,
            b: b.collect::<Result<_>>()?,
            c: c.collect::<gatewarp::Result<_>>()?,
        })
    }
}

impl<T: GemmOutput<T> + Value> Case for Mm<T> {
    fn rotation(&self) -> usize {
        self.a.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.a.len();
        mm_into(stream, &self.a[i], &self.b[i], &mut self.c[i])
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.c[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let [k, n] = [self.a[0].shape().columns(), self.c[0].shape().columns()];
        let rows = spread(self.a[0].shape().rows(), ROWS);
        let columns = spread(n, COLUMNS);
        let a = gather(stream, &self.a[0], &rows)?;
        let b = gather(stream, &self.b[0], &columns)?;
        let got = take(&gather(stream, &self.c[0], &rows)?, n, &columns);
        let want = product(&a, &b, k);
        let allowed = Similarity::rounded::<T>(1);
        similar(MM.name, &got, &want, columns.len(), allowed)?;
        Ok(())
    }

    fn operands(&mut self, call: usize) -> Option<Operands> {
        let i = call % self.a.len();
        let (a, b) = (self.a[i].view().as_ptr(), self.b[i].view().as_ptr());
        Some(Operands::new(a, b, self.c[i].view_mut().as_ptr()))
    }
}
