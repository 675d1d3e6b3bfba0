//! `cargo xtask bench`: measures operations over shapes.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use gatewarp::{Device, Stream};
use gatewarp_benches::case::Bench;
use gatewarp_benches::ceiling::Ceilings;
use gatewarp_benches::cli::Args;
use gatewarp_benches::clock::ClockMeter;
use gatewarp_benches::data::Pool;
use gatewarp_benches::measure::Meter;
use gatewarp_benches::peer::CublasLt;
use gatewarp_benches::plan::Plan;
use gatewarp_benches::report::{Row, baseline};
use gatewarp_benches::{ops, plot, shapes, sweep};

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            eprintln!("error: {failures} failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked for; says how much of it failed.
fn run(args: &Args) -> Result<usize> {
    if args.list {
        return list();
    }
    let before = args.baseline.as_deref().map(baseline::read).transpose()?;
    let (rows, failures) = match &args.from {
        Some(file) => (baseline::read(file)?, 0),
        None => measure(args)?,
    };
    report(args, &rows, before.as_deref())?;
    Ok(failures)
}

fn list() -> Result<usize> {
    println!("operations  {}", ops::names());
    for set in shapes::all()? {
        println!("{:16} {}", set.name, set.title);
    }
    Ok(0)
}

/// Measures what was asked for; says how much of it failed.
fn measure(args: &Args) -> Result<(Vec<Row>, usize)> {
    let device = args.device()?;
    let stream = device.stream()?;
    describe(&device);
    let plan = Plan::new(args, args.quick || !device.is_cuda())?;
    for line in &plan.unknown {
        eprintln!("error: {line}");
    }
    ensure!(!plan.specs.is_empty(), "there is nothing to measure");
    let (peer, lost) = peer(args, &device);
    let meter = Meter {
        bench: Bench {
            stream: &stream,
            pool: &Pool::new(&stream),
            peer: peer.as_ref(),
        },
        ceilings: ceilings(&stream),
        clock: clock(args, &device),
        effort: args.effort(),
        device: device.to_string(),
        commit: args.commit.clone(),
    };
    let swept = sweep::run(&meter, &plan.specs, args.json.as_deref())?;
    Ok((swept.rows, swept.failures + plan.unknown.len() + lost))
}

fn describe(device: &Device) {
    if device.is_cuda() {
        println!("device {device}");
    } else {
        let threads = rayon::current_num_threads();
        println!("no GPU is used: the CPU references are measured, on {threads} threads");
    }
}

/// The peer that was asked for, and how many were not to be had.
fn peer(args: &Args, device: &Device) -> (Option<CublasLt>, usize) {
    match args.compare {
        Some(_) if device.is_cuda() => match CublasLt::load() {
            Ok(peer) => {
                println!("peer cuBLASLt {}", peer.version());
                (Some(peer), 0)
            }
            Err(error) => {
                eprintln!("error: no comparison: {error:#}");
                (None, 1)
            }
        },
        Some(_) => {
            eprintln!("error: no comparison: cuBLASLt needs a GPU");
            (None, 1)
        }
        None => (None, 0),
    }
}

/// What the device can do; where that cannot be measured, rows have no share of it.
fn ceilings(stream: &Stream) -> Option<Ceilings> {
    match Ceilings::measure(stream) {
        Ok(Some(ceilings)) => {
            println!("{ceilings}");
            Some(ceilings)
        }
        Ok(None) => None,
        Err(error) => {
            eprintln!("error: no share of the roofline: {error:#}");
            None
        }
    }
}

fn clock(args: &Args, device: &Device) -> ClockMeter {
    if !device.is_cuda() {
        return ClockMeter::absent();
    }
    let ordinal = args.device.strip_prefix("cuda:");
    ClockMeter::new(ordinal.and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Pictures and the comparison with earlier rows.
fn report(args: &Args, rows: &[Row], before: Option<&[Row]>) -> Result<()> {
    if let Some(dir) = &args.plot {
        for file in plot::write(rows, dir)? {
            println!("drew {}", file.display());
        }
    }
    if let Some(before) = before {
        println!("{}", baseline::Comparison::of(before, rows));
    }
    Ok(())
}
