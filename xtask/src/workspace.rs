//! Where things are in the repository.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository.
pub(crate) struct Workspace {
    root: PathBuf,
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

    /// The device crate.
    pub(crate) fn kernels(&self) -> PathBuf {
        self.root.join("kernels-gpu")
    }

    /// The committed PTX.
    pub(crate) fn ptx(&self) -> PathBuf {
        self.root.join("host/ptx")
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        named.unwrap_or_else(|| self.root.join("target"))
    }
}
