//! A mixture-of-experts layer, forward: gating network, routing, experts.
//!
//! ```text
//! cargo run --release -p gatewarp --example moe_layer -- --device best --tokens 32
//! cargo run --release -p gatewarp --example moe_layer -- \
//!     --weights model.safetensors --layer model.layers.0.block_sparse_moe
//! ```
//!
//! Runs on seeded random weights, or on those of a file in Mixtral's format, and measures its output
//! against the same layer in f64.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use gatewarp::device::SimOptions;
use gatewarp::element::Float;
use gatewarp::fused_moe::{FusedMoeOptions, RoutingMethodType};
use gatewarp::nn::{LayerElement, MoeLayer, MoeLayerConfig};
use gatewarp::reference::exact::relative_error;
use gatewarp::{Device, Event, Stream, Tensor, bf16, f16};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A relative error above this is a failure: rounding to bf16 makes a quarter of it.
const TOLERANCE: f64 = 0.02;

/// Runs a mixture-of-experts layer and checks its output.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Where to run.
    #[arg(long, value_enum, default_value_t = DeviceKind::Best)]
    device: DeviceKind,
    /// Tokens in the batch.
    #[arg(long, default_value_t = 16)]
    tokens: usize,
    /// Length of a token; a file of weights has its own.
    #[arg(long, default_value_t = 256)]
    hidden: usize,
    /// Length of an expert's projections; a file of weights has its own.
    #[arg(long, default_value_t = 512)]
    intermediate: usize,
    /// Number of experts; a file of weights has its own.
    #[arg(long, default_value_t = 8)]
    experts: usize,
    /// Experts of each token.
    #[arg(long, default_value_t = 2)]
    top_k: usize,
    /// How experts are chosen.
    #[arg(long, value_enum, default_value_t = Routing::Renormalize)]
    routing: Routing,
    /// The most tokens of an expert; more are dropped.
    #[arg(long)]
    expert_capacity: Option<usize>,
    /// Type of weights and activations.
    #[arg(long, value_enum, default_value_t = DType::Bf16)]
    dtype: DType,
    /// A safetensors file with the layer's weights.
    #[arg(long, requires = "layer")]
    weights: Option<PathBuf>,
    /// What the names of the layer's tensors begin with, as `model.layers.0.block_sparse_moe`.
    #[arg(long, requires = "weights")]
    layer: Option<String>,
    /// Timed runs, of which the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Seed of the random numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum DeviceKind {
    /// A GPU if there is one, else the CPU.
    Best,
    /// The rayon references.
    Cpu,
    /// The kernels on a GPU.
    Cuda,
    /// The kernels on the CPU.
    Simulator,
}

#[derive(Clone, Copy, ValueEnum)]
enum Routing {
    Default,
    Renormalize,
    RoundRobin,
}

#[derive(Clone, Copy, ValueEnum)]
enum DType {
    Bf16,
    F16,
}

/// What a run came to.
#[derive(serde::Serialize)]
struct Report {
    device: String,
    output_shape: Vec<usize>,
    rel_err: f64,
    seconds: f64,
}

fn main() -> ExitCode {
    match check(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the layer, reports, and fails if the output is off.
fn check(args: &Args) -> Result<()> {
    let (report, config) = match args.dtype {
        DType::Bf16 => run::<bf16>(args),
        DType::F16 => run::<f16>(args),
    }?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report, &config);
    }
    ensure!(
        report.rel_err < TOLERANCE,
        "relative error {:.3e} is not below {TOLERANCE}",
        report.rel_err
    );
    Ok(())
}

fn run<T: LayerElement>(args: &Args) -> Result<(Report, MoeLayerConfig)> {
    let device = device(args.device)?;
    let stream = device.stream()?;
    let layer = layer::<T>(args, &stream)?;
    let hidden = layer.config().hidden;
    let tokens = tokens::<T>(args.tokens * hidden, args.seed);
    let x = Tensor::from_slice(&stream, &tokens, &[args.tokens, hidden])?;

    let out = layer.forward(&stream, &x)?;
    let rel_err = relative_error(&out.to_vec()?, &layer.forward_exact(&tokens)?);
    let seconds = median_seconds(args.runs, &stream, || layer.forward(&stream, &x))?;
    let report = Report {
        device: device.to_string(),
        output_shape: out.shape().to_vec(),
        rel_err,
        seconds,
    };
    Ok((report, *layer.config()))
}

fn device(kind: DeviceKind) -> Result<Device> {
    Ok(match kind {
        DeviceKind::Best => Device::best(),
        DeviceKind::Cpu => Device::cpu(),
        DeviceKind::Cuda => Device::cuda(0)?,
        DeviceKind::Simulator => Device::simulator(SimOptions::default()),
    })
}

fn layer<T: LayerElement>(args: &Args, stream: &Stream) -> Result<MoeLayer<T>> {
    let options = FusedMoeOptions {
        top_k: args.top_k,
        routing_method: match args.routing {
            Routing::Default => RoutingMethodType::Default,
            Routing::Renormalize => RoutingMethodType::Renormalize,
            Routing::RoundRobin => RoutingMethodType::RoundRobin,
        },
        expert_capacity: args.expert_capacity,
    };
    if let (Some(file), Some(prefix)) = (&args.weights, &args.layer) {
        return Ok(MoeLayer::from_safetensors(stream, file, prefix, options)?);
    }
    let config = MoeLayerConfig {
        hidden: args.hidden,
        intermediate: args.intermediate,
        experts: args.experts,
        options,
    };
    Ok(MoeLayer::random(stream, config, args.seed)?)
}

/// Uniform in -sqrt(3) to sqrt(3): of variance 1.
fn tokens<T: Float>(count: usize, seed: u64) -> Vec<T> {
    let mut rng = SmallRng::seed_from_u64(!seed);
    let bound = 3.0f32.sqrt();
    (0..count)
        .map(|_| T::from_f32(rng.random_range(-bound..bound)))
        .collect()
}

fn median_seconds<R>(
    runs: usize,
    stream: &Stream,
    mut work: impl FnMut() -> gatewarp::Result<R>,
) -> Result<f64> {
    let mut seconds = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Event::record(stream)?;
        work()?;
        seconds.push(Event::record(stream)?.seconds_since(&start)?);
    }
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().context("no runs")
}

fn print(report: &Report, config: &MoeLayerConfig) {
    let &MoeLayerConfig {
        hidden,
        intermediate,
        experts,
        options,
    } = config;
    let tokens = report.output_shape[0];
    let flops =
        (tokens * options.top_k * 6 * hidden * intermediate + tokens * 2 * hidden * experts) as f64;
    println!("device          {}", report.device);
    println!(
        "layer           {experts} experts, top {}, hidden {hidden}, intermediate {intermediate}",
        options.top_k
    );
    println!("output shape    {:?}", report.output_shape);
    println!("relative error  {:.3e} (against f64)", report.rel_err);
    println!("time            {:.3} ms", report.seconds * 1e3);
    println!(
        "throughput      {:.0} tokens/s, {:.3} TFLOP/s",
        tokens as f64 / report.seconds,
        flops / report.seconds / 1e12
    );
}
