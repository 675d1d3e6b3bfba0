//! `cargo xtask ci`: everything that a change must pass.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;
use crate::{ptx, ptxas};

/// Steps that are cargo's own.
const BEFORE: [(&str, &[&str]); 3] = [
    ("format", &["fmt", "--all", "--check"]),
    (
        "lints",
        &["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"],
    ),
    ("documentation", &["doc", "--workspace", "--no-deps"]),
];

const TESTS: [(&str, &[&str]); 1] = [("tests", &["test", "--workspace"])];

/// Runs the steps, the quick ones first, and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    cargo_steps(workspace, &BEFORE)?;
    step("ptx", || ptx::run(workspace, &ptx::Args { check: true }))?;
    step("ptxas", || {
        ptxas::run(workspace, &ptxas::Args { check: true })
    })?;
    cargo_steps(workspace, &TESTS)
}

fn cargo_steps(workspace: &Workspace, steps: &[(&str, &[&str])]) -> Result<()> {
    for (name, arguments) in steps {
        step(name, || {
            let mut cargo = process::cargo(workspace.root());
            process::run(cargo.args(*arguments).env("RUSTDOCFLAGS", "-Dwarnings"))
        })?;
    }
    Ok(())
}

fn step(name: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n== {name}");
    let start = Instant::now();
    run().with_context(|| format!("step `{name}`"))?;
    println!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
