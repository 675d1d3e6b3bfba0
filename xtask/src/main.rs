//! The project's own commands; `cargo xtask help` lists them.

mod bench;
mod bundle;
mod ci;
mod compare;
mod doctor;
mod guards;
mod process;
mod ptx;
mod ptxas;
mod setup;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about, disable_help_subcommand = false)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The project's own commands.
#[derive(Subcommand)]
enum Command {
    /// Install what building device code takes.
    Setup,
    /// Say what is there and what is missing.
    Doctor,
    /// Compile the kernels and write host/ptx.
    Ptx(ptx::Args),
    /// Assemble host/ptx and report what each kernel takes.
    Ptxas(ptxas::Args),
    /// Measure the operations, on a GPU if there is one.
    #[command(disable_help_flag = true)]
    Bench(bench::Args),
    /// Pack tests, examples and benches into dist, to run on a GPU machine.
    Bundle,
    /// Run a bundle: its tests, then the main example.
    RunBundle(bundle::RunArgs),
    /// Everything that a change must pass.
    Ci,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Setup => setup::run(&Workspace::find()?)?,
        Command::Doctor => doctor::run(Workspace::find().ok().as_ref()),
        Command::Bench(args) => return bench::run(&args),
        Command::Bundle => bundle::bundle(&Workspace::find()?)?,
        Command::RunBundle(args) => bundle::run_bundle(&args)?,
        Command::Ci => ci::run(&Workspace::find()?)?,
        Command::Ptxas(args) => ptxas::run(&Workspace::find()?, &args)?,
        Command::Ptx(args) => ptx::run(&Workspace::find()?, &args)?,
    }
    Ok(ExitCode::SUCCESS)
}
