//! `cargo xtask bench`: measures, by the program `sweep` of the benches.
//!
//! In the repository it is built first; in a bundle it lies beside this program.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::bundle;
use crate::process;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What `sweep` takes; `cargo xtask bench --help` lists it.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// The program that measures.
const PROGRAM: &str = "sweep";

/// Measures; the exit code is the program's.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let this = env::current_exe().context("this program has no path")?;
    let dir = this.parent().context("this program is nowhere")?;
    let mut command = match bundle::program(dir, PROGRAM) {
        Some((program, commit)) => with_commit(Command::new(program), &commit),
        None => built(Workspace::find()?.root())?,
    };
    let status = command.args(&args.arguments).status();
    let status = status.with_context(|| format!("cannot run {PROGRAM}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The program in the repository at `root`, brought up to date. It runs in the caller's directory, which names
/// of files are relative to.
fn built(root: &Path) -> Result<Command> {
    let mut cargo = process::cargo(&env::current_dir().context("there is no current directory")?);
    cargo.args(["run", "--quiet", "--release", "--package=gatewarp-benches"]);
    cargo.args(["--bin", PROGRAM, "--manifest-path"]);
    cargo.arg(root.join("Cargo.toml")).arg("--");
    Ok(with_commit(cargo, &commit(root)))
}

fn with_commit(mut command: Command, commit: &str) -> Command {
    command.arg("--commit").arg(commit);
    command
}

/// The commit that is checked out, with a mark if something is changed.
pub(crate) fn commit(root: &Path) -> String {
    let mut git = Command::new("git");
    git.current_dir(root);
    git.args([
        "describe",
        "--always",
        "--dirty",
        "--abbrev=9",
        "--exclude=*",
    ]);
    process::stdout_of(&mut git).map_or("unknown".to_owned(), |text| text.trim().to_owned())
}
