//! The order in which toolchains are considered.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::rustc::{RustcVersion, sysroot};
use super::{CARGO_VAR, LLVM_DIR_VAR, RUSTC_VAR, Rejected, Toolchain, ToolchainError, llvm};

/// Older compilers do not mark device functions convergent, so that LLVM may split their barriers.
const OLDEST_RUSTC: (u32, u32) = (1, 94);

/// The first candidate that is complete.
pub(super) fn find() -> Result<Toolchain, ToolchainError> {
    let mut candidates = Vec::new();
    for rustc in rustcs() {
        match complete(&rustc) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => candidates.push(Rejected { rustc, reason }),
        }
    }
    Err(ToolchainError { candidates })
}

fn rustcs() -> Vec<PathBuf> {
    if let Some(named) = path_var(RUSTC_VAR) {
        return vec![named];
    }
    let mut rustcs = vec![PathBuf::from("/usr/bin/rustc")];
    rustcs.extend(rustup_rustcs());
    rustcs
}

/// The compilers of rustup's toolchains, newest first.
fn rustup_rustcs() -> Vec<PathBuf> {
    let home = path_var("RUSTUP_HOME").or_else(|| Some(env::home_dir()?.join(".rustup")));
    let entries = home.and_then(|home| fs::read_dir(home.join("toolchains")).ok());
    let mut rustcs: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin/rustc"))
        .map(|rustc| (RustcVersion::of(&rustc).map(|v| v.numbers()).ok(), rustc))
        .collect();
    rustcs.sort();
    rustcs.into_iter().rev().map(|(_, rustc)| rustc).collect()
}

fn path_var(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The toolchain around `rustc`, or what it lacks.
fn complete(rustc: &Path) -> Result<Toolchain, String> {
    let version = recent_version(rustc)?;
    let sysroot = sysroot(rustc)?;
    if !sysroot.join("lib/rustlib/src/rust/library/core").is_dir() {
        return Err("no library source (rustup component rust-src)".to_owned());
    }
    let cargo = path_var(CARGO_VAR).unwrap_or_else(|| rustc.with_file_name("cargo"));
    if !cargo.is_file() {
        return Err(format!("no cargo at {}", cargo.display()));
    }
    let llvm = llvm::find(path_var(LLVM_DIR_VAR), &version, &sysroot)?;
    Ok(Toolchain {
        rustc: rustc.to_path_buf(),
        cargo,
        sysroot,
        llvm_dir: llvm.dir,
        version,
        llvm_version: llvm.version,
    })
}

fn recent_version(rustc: &Path) -> Result<RustcVersion, String> {
    if !rustc.is_file() {
        return Err("not there".to_owned());
    }
    let version = RustcVersion::of(rustc)?;
    if version.numbers() >= OLDEST_RUSTC {
        return Ok(version);
    }
    let (major, minor) = OLDEST_RUSTC;
    Err(format!(
        "is {}; {major}.{minor} is the oldest that will do",
        version.release
    ))
}
