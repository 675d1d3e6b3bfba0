//! `cargo xtask setup`: installs what building device code takes.
//!
//! It asks nothing, and what is there already it leaves alone.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cuda_builder::Toolchain;

use crate::process;
use crate::ptxas::{Ptxas, VERSION};
use crate::workspace::Workspace;

/// What device code is built with where there is apt: rustc 1.96 on LLVM 22.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "llvm-22"];

/// The same compiler where there is only rustup.
const RUSTUP_TOOLCHAIN: &str = "1.96.0";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let toolchain = match Toolchain::find() {
        Ok(toolchain) => toolchain,
        Err(_) => install_toolchain()?,
    };
    println!(
        "device rustc  {} at {}",
        toolchain.version().release,
        toolchain.rustc().display()
    );
    println!(
        "LLVM tools    {} in {}",
        toolchain.llvm_version(),
        toolchain.llvm_dir().display()
    );
    if Ptxas::is_missing(workspace) {
        install_pip()?;
        Ptxas::install(workspace)?;
    }
    let ptxas = Ptxas::find(workspace)?;
    println!("ptxas         {VERSION} at {}", ptxas.path().display());
    Ok(())
}

fn install_toolchain() -> Result<Toolchain> {
    if process::find_program("apt-get").is_some() {
        let installed = apt_install(&DEBIAN_PACKAGES);
        match installed.map(|()| Toolchain::find()) {
            Ok(Ok(toolchain)) => return Ok(toolchain),
            Ok(Err(error)) => eprintln!("note: {error}"),
            Err(error) => eprintln!("note: {error:#}; trying rustup"),
        }
    }
    if process::find_program("rustup").is_none() {
        bail!("there is neither an apt that has {DEBIAN_PACKAGES:?} nor rustup to install from");
    }
    let mut rustup = Command::new("rustup");
    rustup.args([
        "toolchain",
        "install",
        RUSTUP_TOOLCHAIN,
        "--profile",
        "minimal",
    ]);
    process::run(rustup.args(["--component", "rust-src", "--component", "llvm-tools"]))?;
    Toolchain::find().context("after installing from rustup")
}

/// pip downloads ptxas; Debian's Python comes without it.
fn install_pip() -> Result<()> {
    let has_pip = || process::stdout_of(Command::new("python3").args(["-m", "pip", "--version"]));
    if has_pip().is_none() && process::find_program("apt-get").is_some() {
        apt_install(&["python3-pip"])?;
    }
    match has_pip() {
        Some(_) => Ok(()),
        None => bail!("ptxas is downloaded by `python3 -m pip`, which is not there"),
    }
}

fn apt_install(packages: &[&str]) -> Result<()> {
    process::run(apt_get()?.arg("update"))?;
    let mut install = apt_get()?;
    install.args(["install", "--yes", "--no-install-recommends"]);
    process::run(install.args(packages))
}

/// apt-get, as root.
fn apt_get() -> Result<Command> {
    let options = ["-qq", "-o", "Dpkg::Use-Pty=0"];
    let mut command = if is_root() {
        Command::new("apt-get")
    } else if process::find_program("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.args([
            "--non-interactive",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
        ]);
        sudo
    } else {
        bail!("apt needs root, and there is no sudo");
    };
    command
        .args(options)
        .env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

fn is_root() -> bool {
    let id = process::stdout_of(Command::new("id").arg("-u"));
    id.map_or_else(
        || env::var_os("USER").is_some_and(|user| user == "root"),
        |id| id.trim() == "0",
    )
}
