//! Measures every way that Hopper's engine has to compute a product, for each shape given as `MxNxK`:
//!
//! ```text
//! cargo run --release -p gatewarp --example tune_gemm -- fp8 answers.jsonl 256x4096x14336 16x28672x4096
//! ```
//!
//! `fp8-silu` and its like are products with an activation.
//!
//! The answers stay in the file; a program's streams follow them after `stream.with_tuner(&Tuner::open(file)?)`.

use std::error::Error;

use gatewarp::activation::ActivationType;
use gatewarp::formats::E4m3;
use gatewarp::gemm::{Accumulation, Tuned, Tuner};
use gatewarp::heuristics::hopper_gemm::HopperPlan;
use gatewarp::quantize::{Fp8Scaling, ScaleMajor};
use gatewarp::{Device, Stream, bf16};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, file, shapes @ ..] = &arguments[..] else {
        return Err(
            "bf16, fp8, 128x128 or 1x128, with -silu or without, a file, and shapes MxNxK".into(),
        );
    };
    let (tuner, stream) = (Tuner::open(file)?, Device::cuda(0)?.stream()?);
    for shape in shapes {
        let tuned = tune(&tuner, &stream, kind, parse(shape)?)?;
        print(shape, &tuned);
    }
    Ok(())
}

/// The sizes of a shape `MxNxK`.
fn parse(shape: &str) -> Result<[usize; 3], Box<dyn Error>> {
    let sizes: Vec<usize> = shape.split('x').map(str::parse).collect::<Result<_, _>>()?;
    Ok(sizes
        .try_into()
        .map_err(|_| format!("{shape} is not MxNxK"))?)
}

fn tune(
    tuner: &Tuner,
    stream: &Stream,
    kind: &str,
    [m, n, k]: [usize; 3],
) -> Result<Tuned, Box<dyn Error>> {
    let shape = [1, m, n, k];
    let (kind, activation) = match kind.strip_suffix("-silu") {
        Some(kind) => (kind, ActivationType::Silu),
        None => (kind, ActivationType::Identity),
    };
    Ok(match kind {
        "bf16" => tuner.tune_mm::<bf16, bf16>(stream, shape, activation)?,
        "fp8" => {
            tuner.tune_mm_fp8::<E4m3, E4m3, bf16>(stream, shape, Accumulation::Fast, activation)?
        }
        "128x128" => tuner.tune_fp8_blockscale_gemm::<bf16>(
            stream,
            [m, n, k],
            Fp8Scaling::Tiles128x128,
            activation,
        )?,
        "1x128" => {
            let weight = Fp8Scaling::Groups1x128(ScaleMajor::Mn);
            tuner.tune_fp8_blockscale_gemm::<bf16>(stream, [m, n, k], weight, activation)?
        }
        other => return Err(format!("{other} is none of bf16, fp8, 128x128 and 1x128").into()),
    })
}

/// The plans, the fastest first.
fn print(shape: &str, tuned: &Tuned) {
    let by_default = tuned.default_seconds * 1e6;
    println!("{shape}: {by_default:.1} us by default");
    let mut measured = tuned.measured.clone();
    measured.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    for (plan, seconds) in measured {
        let HopperPlan {
            tile,
            rows,
            columns,
            split,
        } = plan;
        println!(
            "  {:8.1} us  {tile:?} {rows}x{columns}, K by {split}",
            seconds * 1e6
        );
    }
}
