//! Measures the operations there are: `silu_and_mul`, its cost on the host, `mm`, and a whole MoE layer.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use gatewarp::activation::silu_and_mul_into;
use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, Router, fused_moe_into, fused_moe_workspace,
};
use gatewarp::gemm::mm_into;
use gatewarp::{Device, Stream, Tensor, bf16};
use gatewarp_benches::data::{random, rotation};
use gatewarp_benches::report::Row;
use gatewarp_benches::timing::{self, Timing};

/// Calls in one graph, at least.
const CALLS: usize = 20;

/// Measures on the GPU, or on the CPU where there is none.
#[derive(Parser)]
struct Args {
    /// Write the rows as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Small shapes only.
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    match measure(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<()> {
    let device = Device::best();
    let stream = device.stream()?;
    println!("device {device}");
    let mut bench = Bench {
        stream,
        device: device.to_string(),
        rows: Vec::new(),
    };
    bench.activations(args.quick)?;
    bench.host_cost()?;
    bench.products(args.quick)?;
    bench.layers(args.quick)?;
    if let Some(file) = &args.json {
        fs::write(file, serde_json::to_string_pretty(&bench.rows)? + "\n")?;
    }
    Ok(())
}

struct Bench {
    stream: Stream,
    device: String,
    rows: Vec<Row>,
}

impl Bench {
    fn push(&mut self, row: Row) {
        println!("{row}");
        self.rows.push(row);
    }

    fn activations(&mut self, quick: bool) -> Result<()> {
        let shapes: &[[usize; 2]] = if quick {
            &[[8, 1024]]
        } else {
            &[
                [1, 11008],
                [128, 11008],
                [2048, 11008],
                [8192, 11008],
                [8192, 14336],
                [4096, 3420],
            ]
        };
        for &[tokens, d] in shapes {
            let bytes = 3 * tokens * d * size_of::<bf16>();
            let count = rotation(bytes);
            let inputs = (0..count)
                .map(|i| random::<bf16>(&self.stream, &[tokens, 2 * d], i as u64))
                .collect::<Result<Vec<_>, _>>()?;
            let mut outputs = (0..count)
                .map(|_| Tensor::empty(&self.stream, &[tokens, d]))
                .collect::<Result<Vec<_>, _>>()?;
            let calls = inputs.len() * CALLS.div_ceil(inputs.len());
            let timing = timing::device(&self.stream, calls, |i| {
                let i = i % inputs.len();
                silu_and_mul_into(&self.stream, &inputs[i], &mut outputs[i])
            })?;
            self.push(
                Row::new("silu_and_mul", "bf16", &[tokens, d], &self.device, timing)
                    .with_bytes(bytes),
            );
        }
        Ok(())
    }

    /// What a call costs its caller, with next to no work behind it.
    fn host_cost(&mut self) -> Result<()> {
        let stream = self.stream.clone();
        let x = random::<bf16>(&stream, &[1, 64], 0)?;
        let mut out = Tensor::empty(&stream, &[1, 32])?;
        let timing = timing::host(&stream, || silu_and_mul_into(&stream, &x, &mut out))?;
        self.push_host("silu_and_mul (host)", &[1, 32], timing);

        let shape = [4, 64, 64, 4, 2];
        let mut layer = Layer::new(&stream, shape)?;
        let timing = timing::host(&stream, || layer.run(&stream, 0))?;
        self.push_host("fused_moe (host)", &shape, timing);

        let graph = stream.capture(|stream| layer.run(stream, 0))?;
        // SAFETY: the layer lives, and nothing else uses it.
        let timing = timing::host(&stream, || unsafe { graph.launch(&stream) })?;
        self.push_host("fused_moe graph (host)", &shape, timing);
        Ok(())
    }

    fn push_host(&mut self, op: &str, shape: &[usize], timing: Timing) {
        self.push(Row::new(op, "bf16", shape, &self.device, timing));
    }

    fn products(&mut self, quick: bool) -> Result<()> {
        let shapes: &[[usize; 3]] = if quick {
            &[[64, 64, 64]]
        } else {
            &[
                [1, 4096, 4096],
                [16, 4096, 4096],
                [4096, 4096, 4096],
                [8192, 8192, 8192],
            ]
        };
        for &[m, n, k] in shapes {
            let count = rotation((m * k + n * k + m * n) * size_of::<bf16>());
            let mut products = (0..count as u64)
                .map(|i| Product::new(&self.stream, [m, n, k], i))
                .collect::<Result<Vec<_>, _>>()?;
            let calls = count.max(CALLS);
            let timing = timing::device(&self.stream, calls, |i| {
                products[i % count].run(&self.stream)
            })?;
            let flops = 2.0 * (m * n * k) as f64;
            self.push(Row::new("mm", "bf16", &[m, n, k], &self.device, timing).with_flops(flops));
        }
        Ok(())
    }

    /// Tokens, hidden, intermediate, experts, top-k.
    fn layers(&mut self, quick: bool) -> Result<()> {
        let shapes: &[[usize; 5]] = if quick {
            &[[4, 64, 64, 4, 2]]
        } else {
            &[
                [8, 4096, 11008, 8, 2],
                [1, 2048, 768, 128, 8],
                [64, 2048, 768, 128, 8],
                [2048, 2048, 768, 128, 8],
            ]
        };
        for &shape in shapes {
            let row = self.layer(shape)?;
            self.push(row);
        }
        Ok(())
    }

    fn layer(&self, shape: [usize; 5]) -> Result<Row> {
        let mut layer = Layer::new(&self.stream, shape)?;
        let timing = timing::device(&self.stream, CALLS, |i| layer.run(&self.stream, i))?;
        let [tokens, hidden, intermediate, experts, top_k] = shape;
        let flops = (tokens * top_k * 6 * hidden * intermediate) as f64;
        let touched = experts.min(tokens * top_k) * 3 * hidden * intermediate * size_of::<bf16>();
        Ok(Row::new("fused_moe", "bf16", &shape, &self.device, timing)
            .with_flops(flops)
            .with_bytes(touched))
    }
}

/// A product with its operands and its result.
struct Product {
    a: Tensor<bf16>,
    b: Tensor<bf16>,
    c: Tensor<bf16>,
}

impl Product {
    fn new(stream: &Stream, [m, n, k]: [usize; 3], seed: u64) -> gatewarp::Result<Self> {
        Ok(Self {
            a: random(stream, &[m, k], seed)?,
            b: random(stream, &[n, k], !seed)?,
            c: Tensor::empty(stream, &[m, n])?,
        })
    }

    fn run(&mut self, stream: &Stream) -> gatewarp::Result<()> {
        mm_into(stream, &self.a, &self.b, &mut self.c)
    }
}

/// Sets of logits that a layer's calls take in turn, so that few tokens do not meet the same experts, in
/// the cache, every time.
const LOGITS: u64 = 16;

/// A layer with its input, its output and its workspace.
struct Layer {
    x: Tensor<bf16>,
    logits: Vec<Tensor<bf16>>,
    gate_up: Tensor<bf16>,
    down: Tensor<bf16>,
    out: Tensor<bf16>,
    workspace: Tensor<u8>,
    options: FusedMoeOptions,
}

impl Layer {
    /// Of tokens, hidden, intermediate, experts, top-k.
    fn new(stream: &Stream, shape: [usize; 5]) -> gatewarp::Result<Self> {
        let [tokens, hidden, intermediate, experts, top_k] = shape;
        let gate_up = random(stream, &[experts, 2 * intermediate, hidden], 3)?;
        let down = random(stream, &[experts, hidden, intermediate], 4)?;
        let weights = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
        let bytes = fused_moe_workspace(tokens, &weights, top_k)?;
        Ok(Self {
            x: random(stream, &[tokens, hidden], 1)?,
            logits: (0..LOGITS)
                .map(|i| random(stream, &[tokens, experts], 10 + i))
                .collect::<Result<_, _>>()?,
            out: Tensor::empty(stream, &[tokens, hidden])?,
            workspace: Tensor::empty(stream, &[bytes])?,
            options: FusedMoeOptions {
                top_k,
                ..Default::default()
            },
            gate_up,
            down,
        })
    }

    /// The `call`-th call.
    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let weights = Experts::new(&self.gate_up, &self.down, GateUpOrder::GateFirst)?;
        let router = Router::logits(&self.logits[call % self.logits.len()]);
        let (out, workspace) = (&mut self.out, &mut self.workspace);
        fused_moe_into(
            stream,
            &self.x,
            router,
            &weights,
            &self.options,
            out,
            workspace,
        )
    }
}
