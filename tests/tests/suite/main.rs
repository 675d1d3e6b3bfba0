//! The suite: every operation, on every device.
//!
//! ```text
//! cargo test -p gatewarp-tests --test suite -- cpu::silu_and_mul
//! ```
//!
//! | variable | |
//! |---|---|
//! | `GATEWARP_REQUIRE_CUDA=1` | a machine without a GPU fails |
//! | `GATEWARP_TEST_CASES=10` | ten times as many cases |
//! | `GATEWARP_TEST_SEED=7` | cases drawn from this seed, instead of one for each trial |
//!
//! The files are named as the library's are.

mod activation;
mod ceiling;
mod device;
mod fused_moe;
mod gemm;
mod nn;
mod quantize;
mod refused;
mod tensor;

use std::process::ExitCode;

use gatewarp_tests::backend::Kind;
use gatewarp_tests::suite::Suite;
use libtest_mimic::{Arguments, Trial, run};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = Kind::ALL.into_iter().flat_map(stamp).collect();
    run(&arguments, trials).exit_code()
}

/// All trials, on one backend.
fn stamp(kind: Kind) -> Vec<Trial> {
    let mut suite = Suite::new(kind);
    activation::register(&mut suite);
    ceiling::register(&mut suite);
    gemm::register(&mut suite);
    fused_moe::register(&mut suite);
    nn::register(&mut suite);
    quantize::register(&mut suite);
    device::register(&mut suite);
    tensor::register(&mut suite);
    refused::register(&mut suite);
    suite.into_trials()
}
