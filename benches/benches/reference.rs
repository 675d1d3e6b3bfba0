//! The operations on the CPU, which are the references: `cargo bench -p gatewarp-benches`.
//!
//! Criterion keeps earlier results and says what moved. Shapes are small enough for the last-level cache and
//! large enough for all threads. Rates are elements of the result for data movement, multiply-adds for
//! products, tokens for routing.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use criterion::{BenchmarkId, Criterion, Throughput};
use gatewarp::activation::{gelu_and_mul_into, silu_and_mul_into};
use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, Permutation, Router, RoutingMethodType, finalize_into,
    fused_moe_into, permute, permute_into, topk, topk_into,
};
use gatewarp::gemm::{grouped_mm_into, mm_into};
use gatewarp::{Device, Stream, Tensor, bf16};
use gatewarp_benches::data::Pool;

/// Experts of the layers here, and of each token.
const EXPERTS: usize = 16;
const TOP_K: usize = 4;

fn main() -> ExitCode {
    match benchmark() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn benchmark() -> Result<()> {
    let stream = Device::cpu().stream()?;
    let criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let mut suite = Suite {
        pool: Pool::new(&stream),
        stream,
        criterion: criterion.configure_from_args(),
    };
    suite.silu_and_mul()?;
    suite.gelu_and_mul()?;
    suite.mm()?;
    suite.grouped_mm()?;
    suite.topk()?;
    suite.permute()?;
    suite.finalize()?;
    suite.fused_moe()?;
    suite.criterion.final_summary();
    Ok(())
}

struct Suite {
    criterion: Criterion,
    stream: Stream,
    pool: Pool,
}

impl Suite {
    /// Measures `work`, which has `rate` to do, once it has been seen to work.
    fn measure(
        &mut self,
        op: &str,
        shape: &[usize],
        rate: usize,
        mut work: impl FnMut(&Stream) -> gatewarp::Result<()>,
    ) -> Result<()> {
        work(&self.stream)?;
        let shape: Vec<_> = shape.iter().map(ToString::to_string).collect();
        let mut group = self.criterion.benchmark_group(op);
        group.throughput(Throughput::Elements(rate as u64));
        group.bench_function(BenchmarkId::from_parameter(shape.join("x")), |bencher| {
            bencher.iter(|| work(&self.stream));
        });
        group.finish();
        Ok(())
    }

    fn empty(&self, shape: &[usize]) -> Result<Tensor<bf16>> {
        Ok(Tensor::empty(&self.stream, shape)?)
    }

    /// The choices of so many tokens.
    fn choices(&self, tokens: usize) -> Result<(Tensor<f32>, Tensor<i32>)> {
        let logits = self.pool.normal::<f32>(&[tokens, EXPERTS], 0)?;
        let method = RoutingMethodType::Renormalize;
        Ok(topk(&self.stream, &logits, method, TOP_K)?)
    }

    fn silu_and_mul(&mut self) -> Result<()> {
        for [m, d] in [[1, 14336], [64, 14336], [64, 3420]] {
            let x = self.pool.normal::<bf16>(&[m, 2 * d], 0)?;
            let mut out = self.empty(&[m, d])?;
            self.measure("silu_and_mul", &[m, d], m * d, |stream| {
                silu_and_mul_into(stream, &x, &mut out)
            })?;
        }
        Ok(())
    }

    fn gelu_and_mul(&mut self) -> Result<()> {
        let [m, d] = [64, 14336];
        let x = self.pool.normal::<bf16>(&[m, 2 * d], 0)?;
        let mut out = self.empty(&[m, d])?;
        self.measure("gelu_and_mul", &[m, d], m * d, |stream| {
            gelu_and_mul_into(stream, &x, &mut out)
        })
    }

    fn mm(&mut self) -> Result<()> {
        for [m, n, k] in [[1, 1024, 1024], [64, 256, 512], [256, 256, 256]] {
            let a = self.pool.normal::<bf16>(&[m, k], 0)?;
            let b = self.pool.normal::<bf16>(&[n, k], 1)?;
            let mut c = self.empty(&[m, n])?;
            self.measure("mm", &[m, n, k], m * n * k, |stream| {
                mm_into(stream, &a, &b, &mut c)
            })?;
        }
        Ok(())
    }

    fn grouped_mm(&mut self) -> Result<()> {
        let [rows, n, k] = [256, 256, 256];
        let a = self.pool.normal::<bf16>(&[rows, k], 0)?;
        let b = self.pool.normal::<bf16>(&[EXPERTS, n, k], 1)?;
        let (_, ids) = self.choices(rows / TOP_K)?;
        let offsets = permute(&self.stream, &ids, EXPERTS, None)?.offsets;
        let mut c = self.empty(&[rows, n])?;
        self.measure(
            "grouped_mm",
            &[rows, n, k, EXPERTS],
            rows * n * k,
            |stream| grouped_mm_into(stream, &a, &b, &offsets, &mut c),
        )
    }

    fn topk(&mut self) -> Result<()> {
        for [tokens, experts, top_k] in [[256, EXPERTS, TOP_K], [256, 256, 8]] {
            let logits = self.pool.normal::<f32>(&[tokens, experts], 0)?;
            let mut weights = Tensor::empty(&self.stream, &[tokens, top_k])?;
            let mut ids = Tensor::empty(&self.stream, &[tokens, top_k])?;
            let method = RoutingMethodType::Renormalize;
            self.measure("topk", &[tokens, experts, top_k], tokens, |stream| {
                topk_into(stream, &logits, method, &mut weights, &mut ids)
            })?;
        }
        Ok(())
    }

    fn permute(&mut self) -> Result<()> {
        let tokens = 1024;
        let (_, ids) = self.choices(tokens)?;
        let mut permutation = Permutation::empty(&self.stream, tokens, TOP_K, EXPERTS)?;
        self.measure("permute", &[tokens, TOP_K, EXPERTS], tokens, |stream| {
            permute_into(stream, &ids, None, &mut permutation)
        })
    }

    fn finalize(&mut self) -> Result<()> {
        let [tokens, hidden] = [64, 2048];
        let (weights, ids) = self.choices(tokens)?;
        let permutation = permute(&self.stream, &ids, EXPERTS, None)?;
        let rows = self.pool.normal::<bf16>(&[tokens * TOP_K, hidden], 0)?;
        let mut out = self.empty(&[tokens, hidden])?;
        let shape = [tokens, hidden, TOP_K];
        self.measure("finalize", &shape, tokens * hidden, |stream| {
            // SAFETY: `permute` filled the rows, of as many choices as there are results.
            unsafe { finalize_into(stream, &rows, &permutation.choice_row, &weights, &mut out) }
        })
    }

    fn fused_moe(&mut self) -> Result<()> {
        let [tokens, hidden, intermediate] = [16, 256, 128];
        let gate_up = self
            .pool
            .normal::<bf16>(&[EXPERTS, 2 * intermediate, hidden], 0)?;
        let down = self
            .pool
            .normal::<bf16>(&[EXPERTS, hidden, intermediate], 1)?;
        let experts = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
        let x = self.pool.normal::<bf16>(&[tokens, hidden], 2)?;
        let logits = self.pool.normal::<f32>(&[tokens, EXPERTS], 3)?;
        let options = FusedMoeOptions {
            top_k: TOP_K,
            ..Default::default()
        };
        let mut out = self.empty(&[tokens, hidden])?;
        // The CPU needs no workspace.
        let mut workspace = Tensor::<u8>::empty(&self.stream, &[0])?;
        let shape = [tokens, hidden, intermediate, EXPERTS, TOP_K];
        let work = tokens * TOP_K * 3 * hidden * intermediate;
        self.measure("fused_moe", &shape, work, |stream| {
            let router = Router::logits(&logits);
            let (out, workspace) = (&mut out, &mut workspace);
            fused_moe_into(stream, &x, router, &experts, &options, out, workspace)
        })
    }
}
