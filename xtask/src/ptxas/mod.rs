//! `cargo xtask ptxas`: assembles every committed module and reports what each kernel takes.
//!
//! ptxas needs no GPU. What it says decides how a kernel runs: a spill or a stack frame puts
//! registers in memory, a warning of the C75xx kind means that wgmma is serialised or that setmaxnreg
//! is ignored. Each of these fails. Registers, barriers and shared memory go into a committed
//! table, so that a change to them shows in review.

mod output;
mod report;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};

use crate::process;
use crate::workspace::Workspace;
use report::Row;
pub(crate) use tool::{Ptxas, VERSION};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compare with the committed table instead of writing it.
    #[arg(long)]
    pub(crate) check: bool,
}

/// A committed module, to be assembled for an architecture.
struct Job {
    file: PathBuf,
    family: String,
    arch: String,
    /// Whether the module was made for this architecture, so that it belongs in the table.
    native: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let crates = workspace.device_crates();
    crates
        .iter()
        .try_for_each(|device_crate| run_for(workspace, &device_crate.ptx, args))
}

fn run_for(workspace: &Workspace, dir: &Path, args: &Args) -> Result<()> {
    let rows = assemble_all(workspace, dir)?;
    let table = report::table(&rows);
    let file = dir.join("resources.txt");
    if args.check {
        return check(&file, &table);
    }
    fs::write(&file, table).context("cannot write resources.txt")?;
    println!("wrote the resources of {} kernels", rows.len());
    Ok(())
}

/// Fails if ptxas has anything against a module in `dir`.
pub(crate) fn check_dir(workspace: &Workspace, dir: &Path) -> Result<()> {
    assemble_all(workspace, dir).map(|rows| println!("ptxas accepts {} kernels", rows.len()))
}

/// Assembles every module in `dir`; what its kernels take.
fn assemble_all(workspace: &Workspace, dir: &Path) -> Result<Vec<Row>> {
    let jobs = jobs(dir)?;
    ensure!(
        !jobs.is_empty(),
        "there are no PTX modules in {}",
        dir.display()
    );
    let ptxas = Ptxas::find(workspace)?;
    let assembled: Vec<Result<Vec<Row>>> =
        jobs.par_iter().map(|job| assemble(&ptxas, job)).collect();
    let (rows, errors): (Vec<_>, Vec<_>) = assembled.into_iter().partition(Result::is_ok);
    for error in errors.iter().filter_map(|result| result.as_ref().err()) {
        eprintln!("{error:#}");
    }
    ensure!(
        errors.is_empty(),
        "ptxas rejects {} of {} modules",
        errors.len(),
        jobs.len()
    );
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// The modules `<family>.<arch>.ptx` in `dir`. Portable ones are assembled for Hopper as well, since
/// a driver may do so.
fn jobs(dir: &Path) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let file = entry?.path();
        let name = file.file_name().and_then(|name| name.to_str());
        let parts: Option<(&str, &str)> = name
            .and_then(|name| name.strip_suffix(".ptx"))
            .and_then(|stem| stem.split_once('.'));
        let Some((family, arch)) = parts else {
            continue;
        };
        let job = |arch: &str, native| Job {
            file: file.clone(),
            family: family.to_owned(),
            arch: arch.to_owned(),
            native,
        };
        jobs.push(job(arch, true));
        if arch == "sm_80" {
            jobs.push(job("sm_90", false));
        }
    }
    Ok(jobs)
}

fn assemble(ptxas: &Ptxas, job: &Job) -> Result<Vec<Row>> {
    let mut command = Command::new(ptxas.path());
    command.arg("-v").arg(format!("-arch={}", job.arch));
    command.arg(&job.file).args(["-o", "/dev/null"]);
    let output = process::output(&mut command)?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let module = format!("{}.{}", job.family, job.arch);
    ensure!(output.status.success(), "{module}: ptxas failed\n{said}");
    let complaints = output::complaints(&said);
    if !complaints.is_empty() {
        bail!("{module}:\n  {}", complaints.join("\n  "));
    }
    if !job.native {
        return Ok(Vec::new());
    }
    let row = |resources| Row {
        family: job.family.clone(),
        arch: job.arch.clone(),
        resources,
    };
    Ok(output::kernels(&said).into_iter().map(row).collect())
}

fn check(file: &Path, table: &str) -> Result<()> {
    let committed = fs::read_to_string(file).unwrap_or_default();
    let changes = report::changes(&committed, table);
    if changes.is_empty() {
        println!("every kernel takes the resources it took");
        return Ok(());
    }
    for change in changes {
        eprintln!("{change}");
    }
    bail!("kernels take other resources than committed; run `cargo xtask ptxas`")
}
