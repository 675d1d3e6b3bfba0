//! Every case in the simulator, and, where there is an H100 or H200, on the GPU.
//!
//! | trial | compares |
//! |---|---|
//! | `simulator::CASE` | the simulator, over several seeds, with what an H200 gave (`recorded/h200.txt`) |
//! | `cuda::CASE` | the GPU with the simulator, word by word |
//!
//! Approximate instructions have no recorded digest: the simulator's result is the exact one, rounded,
//! and the GPU's must lie within the error that the PTX ISA documents.
//!
//! `GATEWARP_RECORD=FILE` writes what the GPU gives to `FILE`, for the repository. `GATEWARP_REQUIRE_CUDA=1`
//! makes a missing GPU a failure.

mod compare;
mod gpu;
mod recorded;
mod simulator;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use conformance::{Case, cases};
use libtest_mimic::{Arguments, Failed, Trial};

use gpu::Gpu;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let gpu = Gpu::find();
    if let Err(reason) = &gpu
        && !arguments.list
    {
        eprintln!("cuda trials are skipped: {reason}");
    }
    let required = env::var_os("GATEWARP_REQUIRE_CUDA").is_some_and(|value| value == "1");
    let gpu = Arc::new(gpu);
    let mut trials = Vec::new();
    for case in cases() {
        let case = Arc::new(case);
        trials.push(simulator_trial(Arc::clone(&case)));
        trials.push(cuda_trial(case, Arc::clone(&gpu), required));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn simulator_trial(case: Arc<Case>) -> Trial {
    Trial::test(format!("simulator::{}", case.name), move || {
        check_simulator(&case).map_err(Failed::from)
    })
}

fn cuda_trial(case: Arc<Case>, gpu: Arc<anyhow::Result<Gpu>>, required: bool) -> Trial {
    let ignored = gpu.is_err() && !required;
    let name = format!("cuda::{}", case.name);
    Trial::test(name, move || match &*gpu {
        Ok(gpu) => check_gpu(&case, gpu).map_err(|error| Failed::from(format!("{error:#}"))),
        Err(reason) => Err(Failed::from(format!("{reason:#}"))),
    })
    .with_ignored_flag(ignored)
}

/// Every seed gives the same, and that is what hardware gave.
fn check_simulator(case: &Case) -> Result<(), String> {
    let first = simulator::run(case, 0)?;
    for seed in 1..simulator::SEEDS {
        let again = simulator::run(case, seed)?;
        compare::bits(&again, &first).map_err(|how| format!("seed {seed} and seed 0: {how}"))?;
    }
    recorded::check(case, &first)
}

/// The GPU gives what the simulator gives.
fn check_gpu(case: &Case, gpu: &Gpu) -> anyhow::Result<()> {
    let measured = gpu.run(case)?;
    recorded::record(case, &measured)?;
    let simulated = simulator::run(case, 0).map_err(anyhow::Error::msg)?;
    compare::words(case.compare, &measured, &simulated)
        .map_err(|how| anyhow::anyhow!("GPU and simulator: {how}"))
}
