//! `cargo xtask bundle`: packs what runs on a GPU machine into `dist/`.
//!
//! The PTX is inside the executables, so a bundle needs a driver there and nothing else: no Rust, no
//! sources. `dist/xtask run-bundle` runs it.

mod build;
mod manifest;
mod run;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bench;
use crate::workspace::Workspace;
use build::Executable;
use manifest::{Entry, Kind, Manifest};
pub(crate) use run::{Args as RunArgs, run as run_bundle};

/// What a machine with an accelerator accepts in one piece.
const LARGEST: u64 = 64 << 20;

/// The executable that needs its line numbers: the simulator names the line of a wild access.
const KEEPS_LINES: (&str, &str) = ("cuda_sim", "suite");

/// The name of this program in a bundle.
const RUNNER: &str = "xtask";

/// Builds everything and packs it.
pub(crate) fn bundle(workspace: &Workspace) -> Result<()> {
    let executables = build::executables(workspace)?;
    let dist = workspace.root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).context("cannot empty dist")?;
    }
    fs::create_dir_all(&dist).context("cannot make dist")?;
    pack_all(&executables, &dist, bench::commit(workspace.root()))?;
    let (mebibytes, most) = (size_of(&dist)? >> 20, LARGEST >> 20);
    ensure!(
        mebibytes < most,
        "dist is {mebibytes} MiB; {most} is the most"
    );
    println!(
        "packed {} executables, {mebibytes} MiB, into dist",
        executables.len()
    );
    println!("run it: dist/{RUNNER} run-bundle --device cuda");
    Ok(())
}

/// Packs the executables, this program and the manifest.
fn pack_all(executables: &[Executable], dist: &Path, commit: String) -> Result<()> {
    let mut manifest = Manifest::of_commit(commit);
    for executable in executables {
        let file = file_name(executable);
        ensure!(
            !dist.join(&file).exists(),
            "two executables are called {file}"
        );
        pack(&executable.path, &dist.join(&file), shrinker(executable))?;
        manifest.add(Entry {
            name: executable.name.clone(),
            kind: executable.kind,
            file,
        });
    }
    let this = env::current_exe().context("this program has no path")?;
    pack(&this, &dist.join(RUNNER), STRIP)?;
    manifest.write(dist)
}

/// The measuring program of this name in the bundle at `dir`, and the bundle's commit; none if `dir` is no
/// bundle, or lacks it.
pub(crate) fn program(dir: &Path, name: &str) -> Option<(PathBuf, String)> {
    let manifest = Manifest::read(dir).ok()?;
    let entry = manifest
        .of_kind(Kind::Bench)
        .find(|entry| entry.name == name)?;
    Some((dir.join(&entry.file), manifest.commit.clone()))
}

fn file_name(executable: &Executable) -> String {
    format!(
        "{}-{}-{}",
        executable.kind, executable.package, executable.name
    )
}

/// A program and its options that makes an executable smaller.
type Shrinker = &'static [&'static str];

/// Drops the symbols.
const STRIP: Shrinker = &["strip", "-o"];
/// Compresses the line numbers.
const COMPRESS: Shrinker = &["objcopy", "--compress-debug-sections=zlib"];

fn shrinker(executable: &Executable) -> Shrinker {
    match (executable.package.as_str(), executable.name.as_str()) {
        KEEPS_LINES => COMPRESS,
        _ => STRIP,
    }
}

/// Copies a program by way of `shrinker`, or as it is where there is no such tool.
fn pack(from: &Path, to: &Path, shrinker: Shrinker) -> Result<()> {
    let mut command = Command::new(shrinker[0]);
    command.args(&shrinker[1..]);
    match shrinker {
        STRIP => command.arg(to).arg(from),
        _ => command.arg(from).arg(to),
    };
    let shrunk = command.output();
    if !shrunk.is_ok_and(|output| output.status.success()) {
        eprintln!("note: {} cannot shrink {}", shrinker[0], from.display());
        let copied = fs::copy(from, to);
        copied.with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn size_of(dir: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(dir)? {
        size += entry?.metadata()?.len();
    }
    Ok(size)
}
