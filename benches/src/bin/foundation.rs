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
use gatewarp_benches::timing;

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
        let x = random::<bf16>(&self.stream, &[1, 64], 0)?;
        let mut out = Tensor::empty(&self.stream, &[1, 32])?;
        let timing = timing::host(&self.stream, || {
            silu_and_mul_into(&self.stream, &x, &mut out)
        })?;
        self.push(Row::new(
            "silu_and_mul (host)",
            "bf16",
            &[1, 32],
            &self.device,
            timing,
        ));
        Ok(())
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
            let (a, b) = (
                random::<bf16>(&self.stream, &[m, k], 1)?,
                random::<bf16>(&self.stream, &[n, k], 2)?,
            );
            let mut c = Tensor::<bf16>::empty(&self.stream, &[m, n])?;
            let timing = timing::device(&self.stream, CALLS, |_| {
                mm_into(&self.stream, &a, &b, &mut c)
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
        let [tokens, hidden, intermediate, experts, top_k] = shape;
        let stream = &self.stream;
        let x = random::<bf16>(stream, &[tokens, hidden], 1)?;
        let logits = random::<bf16>(stream, &[tokens, experts], 2)?;
        let gate_up = random::<bf16>(stream, &[experts, 2 * intermediate, hidden], 3)?;
        let down = random::<bf16>(stream, &[experts, hidden, intermediate], 4)?;
        let weights = Experts::new(&gate_up, &down, GateUpOrder::GateFirst)?;
        let options = FusedMoeOptions {
            top_k,
            ..Default::default()
        };
        let mut out = Tensor::<bf16>::empty(stream, &[tokens, hidden])?;
        let mut workspace =
            Tensor::<u8>::empty(stream, &[fused_moe_workspace(tokens, &weights, top_k)?])?;
        let timing = timing::device(stream, CALLS, |_| {
            fused_moe_into(
                stream,
                &x,
                Router::logits(&logits),
                &weights,
                &options,
                &mut out,
                &mut workspace,
            )
        })?;
        let flops = (tokens * top_k * 6 * hidden * intermediate) as f64;
        let touched = experts.min(tokens * top_k) * 3 * hidden * intermediate * size_of::<bf16>();
        Ok(Row::new("fused_moe", "bf16", &shape, &self.device, timing)
            .with_flops(flops)
            .with_bytes(touched))
    }
}
