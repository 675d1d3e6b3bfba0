//! What can go wrong between a device crate and its PTX.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::ir::IrError;
use crate::toolchain::ToolchainError;

/// Why a device crate could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CudaBuilderError {
    /// There is no crate at the path given to [`CudaBuilder::new`](crate::CudaBuilder::new).
    #[error("there is no crate at `{0}` (no Cargo.toml)")]
    CratePathDoesntExist(PathBuf),
    /// No usable device toolchain.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The device crate does not compile. The compiler's messages are on standard error already.
    #[error("device crate `{0}` does not compile")]
    BuildFailed(String),
    /// The device crate compiles and has no kernels.
    #[error("device crate `{0}` has no kernels (no function is marked #[kernel])")]
    NoKernels(String),
    /// The linked IR is not what the fix-ups expect.
    #[error(transparent)]
    Ir(#[from] IrError),
    /// A tool of the toolchain failed.
    #[error("`{tool}` failed ({status}):\n{stderr}")]
    Tool {
        /// The program.
        tool: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// A tool printed what this library does not understand.
    #[error("`{tool}` printed something unexpected: {what}")]
    Unexpected {
        /// The program.
        tool: PathBuf,
        /// What was unexpected.
        what: String,
    },
    /// A file or a process could not be used.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The PTX was built and could not be copied to the place asked for.
    #[error("cannot copy the PTX")]
    FailedToCopyPtxFile(#[source] io::Error),
}

impl CudaBuilderError {
    /// An adapter for `map_err`: `action` failed on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
