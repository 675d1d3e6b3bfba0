//! The pinned ptxas: where it is, and how it gets there.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use zip::ZipArchive;

use crate::process;
use crate::workspace::Workspace;

/// The version that the committed table is made with. Later ones lose speed on some kernels.
pub(crate) const VERSION: &str = "13.0.88";

/// Names a ptxas to use instead.
const PTXAS_VAR: &str = "GATEWARP_PTXAS";

/// The package on PyPI that holds it, and its place there.
const WHEEL: &str = "nvidia-cuda-nvcc";
const MEMBER: &str = "nvidia/cu13/bin/ptxas";

/// A ptxas that can be run.
pub(crate) struct Ptxas {
    path: PathBuf,
}

impl Ptxas {
    /// The one that the environment names, else the one that setup installs.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        if let Some(path) = env::var_os(PTXAS_VAR) {
            let path = PathBuf::from(path);
            ensure!(
                path.is_file(),
                "{PTXAS_VAR}={}: no such file",
                path.display()
            );
            return Ok(Self { path });
        }
        let path = installed(workspace);
        ensure!(
            path.is_file(),
            "ptxas {VERSION} is not installed; run `cargo xtask setup`, or name one by {PTXAS_VAR}"
        );
        Ok(Self { path })
    }

    /// The program.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the pinned version has yet to be installed.
    pub(crate) fn is_missing(workspace: &Workspace) -> bool {
        env::var_os(PTXAS_VAR).is_none() && !installed(workspace).is_file()
    }

    /// Downloads the pinned version.
    pub(crate) fn install(workspace: &Workspace) -> Result<()> {
        let path = installed(workspace);
        let dir = path.parent().context("a tool is in a directory")?;
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let wheel = download(dir)?;
        // An interrupted run leaves no half of a program at the final path.
        let part = path.with_extension("part");
        unpack(&wheel, &part)?;
        fs::remove_file(&wheel).context("cannot remove the downloaded wheel")?;
        let version = process::stdout_of(Command::new(&part).arg("--version"));
        match version {
            Some(text) if text.contains(VERSION) => {}
            _ => bail!("{} is not ptxas {VERSION}", part.display()),
        }
        fs::rename(&part, &path).context("cannot put ptxas in its place")
    }
}

fn installed(workspace: &Workspace) -> PathBuf {
    let dir = format!("tools/ptxas-{VERSION}");
    workspace.target().join(dir).join("ptxas")
}

/// The wheel, downloaded into `dir`.
fn download(dir: &Path) -> Result<PathBuf> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--disable-pip-version-check", "--quiet", "--dest"]);
    process::run(pip.arg(dir).arg(format!("{WHEEL}=={VERSION}")))?;
    for entry in fs::read_dir(dir).context("cannot list the download")? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "whl") {
            return Ok(file);
        }
    }
    bail!("pip downloaded no wheel into {}", dir.display())
}

fn unpack(wheel: &Path, to: &Path) -> Result<()> {
    let file = File::open(wheel).with_context(|| format!("cannot open {}", wheel.display()))?;
    let mut archive = ZipArchive::new(file).context("the wheel is no zip archive")?;
    let mut member = archive
        .by_name(MEMBER)
        .context("the wheel holds no ptxas")?;
    let mut out = File::create(to).with_context(|| format!("cannot write {}", to.display()))?;
    io::copy(&mut member, &mut out).context("cannot unpack ptxas")?;
    drop(out);
    make_executable(to)
}

fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(file, executable).context("cannot make ptxas executable")
}
