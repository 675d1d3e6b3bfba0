//! Finds the compiler and the LLVM tools that device code is built with.
//!
//! Device code needs three things of one kind: a rustc, the source of the library that belongs to
//! it (for `-Zbuild-std=core`), and the tools `llvm-link`, `opt` and `llc` of the LLVM major version
//! that this rustc was built on, because LLVM reads no bitcode newer than itself.
//!
//! They are looked for in this order:
//!
//! 1. where the environment says: [`RUSTC_VAR`], [`CARGO_VAR`], [`LLVM_DIR_VAR`];
//! 2. the system's own compiler: `/usr/bin/rustc`, with `/usr/lib/llvm-N/bin` (Debian: packages
//!    `rustc-web cargo-web rust-web-src llvm-22`);
//! 3. rustup's toolchains, newest compiler first, that have the components `rust-src` and `llvm-tools`.

mod llvm;
mod rustc;
mod search;

use std::fmt;
use std::path::{Path, PathBuf};

pub use rustc::RustcVersion;

/// Environment variable that names the rustc to build device code with.
pub const RUSTC_VAR: &str = "CUDA_BUILDER_RUSTC";
/// Environment variable that names the cargo that belongs to that rustc; without it, the `cargo`
/// beside it.
pub const CARGO_VAR: &str = "CUDA_BUILDER_CARGO";
/// Environment variable that names the directory of `llvm-link`, `opt` and `llc`.
pub const LLVM_DIR_VAR: &str = "CUDA_BUILDER_LLVM_DIR";

/// A rustc, its cargo, its library source and the LLVM tools that go with it.
#[derive(Clone, Debug)]
pub struct Toolchain {
    rustc: PathBuf,
    cargo: PathBuf,
    sysroot: PathBuf,
    llvm_dir: PathBuf,
    version: RustcVersion,
    llvm_version: String,
}

impl Toolchain {
    /// Finds a device toolchain.
    ///
    /// # Errors
    /// [`ToolchainError`], which lists every candidate and what it lacks. A toolchain named by the
    /// environment is the only candidate then.
    pub fn find() -> Result<Self, ToolchainError> {
        search::find()
    }

    /// The compiler.
    pub fn rustc(&self) -> &Path {
        &self.rustc
    }

    /// The cargo that drives the compiler.
    pub fn cargo(&self) -> &Path {
        &self.cargo
    }

    /// Where the compiler keeps its libraries and their source.
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// The directory of the LLVM tools.
    pub fn llvm_dir(&self) -> &Path {
        &self.llvm_dir
    }

    /// The compiler's version.
    pub fn version(&self) -> &RustcVersion {
        &self.version
    }

    /// The version of the LLVM tools, for example `22.1.8`.
    pub fn llvm_version(&self) -> &str {
        &self.llvm_version
    }

    /// The path of an LLVM tool.
    pub(crate) fn llvm_tool(&self, name: &str) -> PathBuf {
        self.llvm_dir.join(name)
    }
}

/// No device toolchain was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ToolchainError {
    /// Each candidate, and why it will not do.
    pub candidates: Vec<Rejected>,
}

/// A candidate that will not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The compiler that was considered.
    pub rustc: PathBuf,
    /// What it lacks.
    pub reason: String,
}

impl fmt::Display for ToolchainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no toolchain for device code was found; looked at:")?;
        for Rejected { rustc, reason } in &self.candidates {
            writeln!(f, "  {}: {reason}", rustc.display())?;
        }
        write!(
            f,
            "install one with `cargo xtask setup`, or name one by {RUSTC_VAR}, {CARGO_VAR} and {LLVM_DIR_VAR}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Rejected, ToolchainError};

    #[test]
    fn the_error_lists_candidates_and_the_remedy() {
        let error = ToolchainError {
            candidates: vec![Rejected {
                rustc: "/usr/bin/rustc".into(),
                reason: "not there".to_owned(),
            }],
        };
        let text = error.to_string();
        assert!(text.contains("/usr/bin/rustc: not there"), "{text}");
        assert!(text.contains("cargo xtask setup"), "{text}");
    }
}
