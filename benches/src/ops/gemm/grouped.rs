//! Products of groups of rows, each with its own matrix.

use anyhow::Result;
use gatewarp::gemm::{GemmElement, grouped_mm_into};
use gatewarp::{Stream, Tensor, bf16, f16};
use gatewarp_tests::compare::{Similarity, similar};
use gatewarp_tests::values::Value;

use super::{COLUMNS, FAMILY, ROWS, product, take};
use crate::case::{Bench, Case, Spec};
use crate::ceiling::{MatrixRate, Work};
use crate::ops::Operation;
use crate::sample::{gather, spread};
use crate::shapes::{Moe, Set};

/// `grouped_mm`: `[rows, N, K, groups]`.
pub(in crate::ops) const GROUPED_MM: Operation = Operation {
    name: "grouped_mm",
    family: FAMILY,
    specs,
};

/// Both products of a layer's experts, as their tokens meet them.
fn specs(set: &Set, tokens: &[usize]) -> Vec<Spec> {
    let mut specs = Vec::new();
    if let Some(moe) = &set.moe {
        let &Moe {
            hidden,
            intermediate,
            experts,
            top_k,
            ..
        } = moe;
        let up = if moe.is_gated() { 2 } else { 1 } * intermediate;
        for m in tokens.iter().map(|tokens| tokens * top_k) {
            for (name, n, k) in [("up", up, hidden), ("down", hidden, intermediate)] {
                let name = format!("{} experts {name}", set.name);
                specs.push(spec::<bf16>("bf16", name.clone(), [m, n, k, experts]));
                specs.push(spec::<f16>("f16", name, [m, n, k, experts]));
            }
        }
    }
    specs
}

fn spec<T: GemmElement + Value>(
    dtype: &'static str,
    set: String,
    [m, n, k, groups]: [usize; 4],
) -> Spec {
    let size = size_of::<T>();
    let used = used(m, groups);
    Spec {
        op: GROUPED_MM.name,
        family: GROUPED_MM.family,
        dtype,
        set,
        shape: vec![m, n, k, groups],
        work: Work {
            read: (m * k + used * n * k) * size,
            written: m * n * size,
            flops: 2.0 * (m * n) as f64 * k as f64,
            matrix: MatrixRate::Bf16,
        },
        host: false,
        problem: None,
        build: Box::new(move |bench| Ok(Box::new(GroupedMm::<T>::new(bench, [m, n, k, groups])?))),
    }
}

/// Groups that have a row.
fn used(rows: usize, groups: usize) -> usize {
    offsets(rows, groups)
        .windows(2)
        .filter(|pair| pair[0] < pair[1])
        .count()
}

/// Rows spread over groups unevenly, as tokens over experts: group `g` has about `1 + g % 4` shares. Few rows
/// meet as many groups.
fn offsets(rows: usize, groups: usize) -> Vec<i32> {
    if rows <= groups {
        return (0..=groups)
            .map(|g| (g * rows).div_ceil(groups) as i32)
            .collect();
    }
    let share = |g: usize| 1 + g % 4;
    let total: usize = (0..groups).map(share).sum();
    let mut shares = 0;
    let mut offsets = vec![0];
    offsets.extend((0..groups).map(|g| {
        shares += share(g);
        (rows * shares / total) as i32
    }));
    offsets
}

struct GroupedMm<T> {
    a: Vec<Tensor<T>>,
    b: Vec<Tensor<T>>,
    c: Vec<Tensor<T>>,
    offsets: Tensor<i32>,
}

impl<T: GemmElement + Value> GroupedMm<T> {
    fn new(bench: &Bench<'_>, [m, n, k, groups]: [usize; 4]) -> Result<Self> {
        let count = bench.rotation((m * k + used(m, groups) * n * k + m * n) * size_of::<T>());
        // Groups without rows are room for other buffers' worth of weights already.
        let weights = bench.rotation(groups * n * k * size_of::<T>()).min(count);
        let a = (0..count as u64).map(|i| bench.pool.normal(&[m, k], i));
        let b = (0..weights as u64).map(|i| bench.pool.normal(&[groups, n, k], !i));
        let c = (0..count).map(|_| Tensor::empty(bench.stream, &[m, n]));
        Ok(Self {
            a: a.collect::<Result<_>>()?,
            b: b.collect::<Result<_>>()?,
            c: c.collect::<gatewarp::Result<_>>()?,
            offsets: Tensor::from_slice(bench.stream, &offsets(m, groups), &[groups + 1])?,
        })
    }
}

impl<T: GemmElement + Value> Case for GroupedMm<T> {
    fn rotation(&self) -> usize {
        self.a.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.a.len();
        let b = &self.b[i % self.b.len()];
        grouped_mm_into(stream, &self.a[i], b, &self.offsets, &mut self.c[i])
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.c[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        let [k, n] = [self.a[0].shape().columns(), self.c[0].shape().columns()];
        let groups = self.b[0].shape()[0];
        let weights = self.b[0].view().reshape(&[groups * n, k])?;
        let offsets = self.offsets.to_vec()?;
        let columns = spread(n, COLUMNS);
        let (mut got, mut want) = (Vec::new(), Vec::new());
        for row in spread(self.a[0].shape().rows(), ROWS) {
            let group = offsets.partition_point(|&offset| offset as usize <= row) - 1;
            let of_group: Vec<_> = columns.iter().map(|column| group * n + column).collect();
            let a = gather(stream, &self.a[0], &[row])?;
            let b = gather(stream, &weights, &of_group)?;
            got.extend(take(&gather(stream, &self.c[0], &[row])?, n, &columns));
            want.extend(product(&a, &b, k));
        }
        let allowed = Similarity::rounded::<T>(1);
        similar(GROUPED_MM.name, &got, &want, columns.len(), allowed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{offsets, used};

    #[test]
    fn offsets_cover_all_rows() {
        for (rows, groups) in [(0, 4), (1, 8), (3, 8), (8, 8), (1000, 7), (16, 1)] {
            let offsets = offsets(rows, groups);
            assert_eq!(offsets.len(), groups + 1);
            assert_eq!((offsets[0], offsets[groups]), (0, rows as i32));
            assert!(offsets.is_sorted());
            assert_eq!(used(rows, groups), rows.min(groups));
        }
    }
}
