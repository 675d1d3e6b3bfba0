//! Where things are in the repository.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cuda_builder::{Arch, PtxIsa};

/// The repository.
pub(crate) struct Workspace {
    root: PathBuf,
}

/// A crate of kernels and where its PTX is kept.
pub(crate) struct DeviceCrate {
    /// Its directory, as messages name it.
    pub(crate) name: &'static str,
    pub(crate) source: PathBuf,
    /// The directory of the committed modules.
    pub(crate) ptx: PathBuf,
    /// The architectures that modules are committed for. The library's are one that every supported
    /// card runs, and Hopper's own.
    pub(crate) archs: &'static [Arch],
    /// The PTX ISA version to declare, where the architecture's own does not do.
    pub(crate) ptx_isa: Option<PtxIsa>,
}

impl Workspace {
    /// The repository that this command was started from: the one cargo runs it for, else the one
    /// around the current directory.
    pub(crate) fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => env::current_dir().context("there is no current directory")?,
        };
        let root = start
            .ancestors()
            .find(|dir| dir.join("kernels-gpu").is_dir() && dir.join("xtask").is_dir())
            .with_context(|| format!("{} is not in the repository", start.display()))?;
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// The directory of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The device crates whose PTX is committed.
    pub(crate) fn device_crates(&self) -> [DeviceCrate; 2] {
        [
            DeviceCrate {
                name: "kernels-gpu",
                source: self.root.join("kernels-gpu"),
                ptx: self.root.join("host/ptx"),
                archs: &[Arch::Sm80, Arch::Sm90a],
                ptx_isa: None,
            },
            DeviceCrate {
                name: "crates/conformance",
                source: self.root.join("crates/conformance"),
                ptx: self.root.join("crates/conformance/ptx"),
                archs: &[Arch::Sm90a],
                // `mma` of 8-bit floats, `st.async`.
                ptx_isa: Some(PtxIsa::new(8, 4)),
            },
        ]
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        named.unwrap_or_else(|| self.root.join("target"))
    }
}
