//! The builder that users see.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use tempfile::TempDir;

use crate::arch::{Arch, PtxIsa};
use crate::device_crate::{DeviceCrate, Options};
use crate::error::CudaBuilderError;
use crate::llvm::{Backend, Linked};
use crate::ptx::{Header, PtxModule, without_comments};
use crate::rerun;
use crate::toolchain::Toolchain;

/// Builds a device crate to PTX.
///
/// [`build`](Self::build) gives one module with every kernel in it, as rust-cuda does;
/// [`build_modules`](Self::build_modules) gives one for each kernel family, so that a program
/// loads what it uses.
#[derive(Clone, Debug)]
#[must_use]
pub struct CudaBuilder {
    path_to_crate: PathBuf,
    arch: Arch,
    ptx_isa: Option<PtxIsa>,
    release: bool,
    generate_line_info: bool,
    build_args: Vec<String>,
    copy_to: Option<PathBuf>,
    final_module_path: Option<PathBuf>,
    target_dir: Option<PathBuf>,
}

impl CudaBuilder {
    /// A builder for the device crate at `path_to_crate`: release, for `sm_80`.
    pub fn new(path_to_crate: impl AsRef<Path>) -> Self {
        Self {
            path_to_crate: path_to_crate.as_ref().to_path_buf(),
            arch: Arch::Sm80,
            ptx_isa: None,
            release: true,
            generate_line_info: false,
            build_args: Vec::new(),
            copy_to: None,
            final_module_path: None,
            target_dir: None,
        }
    }

    /// The architecture to compile for.
    pub fn arch(mut self, arch: Arch) -> Self {
        self.arch = arch;
        self
    }

    /// The PTX ISA version to declare; [`Arch::default_ptx_isa`] unless given.
    pub fn ptx_isa(mut self, version: PtxIsa) -> Self {
        self.ptx_isa = Some(version);
        self
    }

    /// Whether to compile in the release profile. The other has overflow checks and debug
    /// assertions; LLVM optimises both alike.
    pub fn release(mut self, release: bool) -> Self {
        self.release = release;
        self
    }

    /// Whether the PTX names source lines, for profilers. Such PTX is not the same in every directory.
    pub fn generate_line_info(mut self, line_info: bool) -> Self {
        self.generate_line_info = line_info;
        self
    }

    /// Further arguments for cargo, for example `--features=f`.
    pub fn build_args(mut self, arguments: &[impl AsRef<str>]) -> Self {
        let arguments = arguments
            .iter()
            .map(|argument| argument.as_ref().to_owned());
        self.build_args.extend(arguments);
        self
    }

    /// Where [`build`](Self::build) puts a copy of the PTX.
    pub fn copy_to(mut self, path: impl AsRef<Path>) -> Self {
        self.copy_to = Some(path.as_ref().to_path_buf());
        self
    }

    /// Where [`build`](Self::build) writes the PTX; `<target directory>/<crate>.ptx` unless given.
    pub fn final_module_path(mut self, path: impl AsRef<Path>) -> Self {
        self.final_module_path = Some(path.as_ref().to_path_buf());
        self
    }

    /// Where cargo builds; `nvptx/<arch>` in the workspace's own target directory unless given.
    pub fn target_dir(mut self, path: impl AsRef<Path>) -> Self {
        self.target_dir = Some(path.as_ref().to_path_buf());
        self
    }

    /// Builds one PTX module with every kernel in it, and returns its path.
    ///
    /// # Errors
    /// [`CudaBuilderError`]. When the crate does not compile, rustc's messages have gone to standard
    /// error.
    pub fn build(self) -> Result<PathBuf, CudaBuilderError> {
        let session = Session::start(&self)?;
        let module = session.whole_crate()?;
        let file = || session.target_dir.join(format!("{}.ptx", module.family));
        let path = self.final_module_path.clone().unwrap_or_else(file);
        fs::write(&path, &module.text).map_err(CudaBuilderError::io("write", &path))?;
        if let Some(copy) = &self.copy_to {
            fs::copy(&path, copy).map_err(CudaBuilderError::FailedToCopyPtxFile)?;
        }
        Ok(path)
    }

    /// Builds one PTX module for each kernel family, in the order of their names.
    ///
    /// # Errors
    /// [`CudaBuilderError`]. When the crate does not compile, rustc's messages have gone to standard
    /// error.
    pub fn build_modules(self) -> Result<Vec<PtxModule>, CudaBuilderError> {
        Session::start(&self)?.families()
    }
}

/// One build: the settings, and what was found out for it.
struct Session<'a> {
    settings: &'a CudaBuilder,
    toolchain: Toolchain,
    device_crate: DeviceCrate,
    target_dir: PathBuf,
}

impl<'a> Session<'a> {
    fn start(settings: &'a CudaBuilder) -> Result<Self, CudaBuilderError> {
        let toolchain = Toolchain::find()?;
        let device_crate = DeviceCrate::read(&toolchain, &settings.path_to_crate)?;
        let target_dir = match &settings.target_dir {
            Some(dir) => dir.clone(),
            None => default_target_dir(&device_crate, settings.arch),
        };
        Ok(Self {
            settings,
            toolchain,
            device_crate,
            target_dir,
        })
    }

    fn whole_crate(&self) -> Result<PtxModule, CudaBuilderError> {
        self.with_linked(|backend, linked| {
            let kernels = linked.kernels.iter().map(|kernel| kernel.name.as_str());
            self.module(backend, linked, &self.device_crate.name, kernels.collect())
        })
    }

    fn families(&self) -> Result<Vec<PtxModule>, CudaBuilderError> {
        self.with_linked(|backend, linked| {
            linked
                .families()
                .into_par_iter()
                .map(|(family, kernels)| self.module(backend, linked, &family, kernels))
                .collect()
        })
    }

    /// Compiles and links the crate, and hands it to `emit`.
    fn with_linked<T>(
        &self,
        emit: impl FnOnce(&Backend<'_>, &Linked) -> Result<T, CudaBuilderError>,
    ) -> Result<T, CudaBuilderError> {
        let settings = self.settings;
        let libraries = self.compile()?;
        let scratch = self.scratch_directory()?;
        let backend = Backend {
            toolchain: &self.toolchain,
            arch: settings.arch,
            ptx_isa: settings.ptx_isa.unwrap_or(settings.arch.default_ptx_isa()),
            line_info: settings.generate_line_info,
            scratch: scratch.path(),
        };
        let linked = backend.link(&libraries)?;
        if linked.kernels.is_empty() {
            return Err(CudaBuilderError::NoKernels(self.device_crate.name.clone()));
        }
        emit(&backend, &linked)
    }

    fn compile(&self) -> Result<Vec<PathBuf>, CudaBuilderError> {
        let options = Options {
            arch: self.settings.arch,
            release: self.settings.release,
            line_info: self.settings.generate_line_info,
            build_args: &self.settings.build_args,
            target_dir: &self.target_dir,
        };
        let libraries = self.device_crate.compile(&self.toolchain, &options)?;
        rerun::announce(&libraries);
        Ok(libraries)
    }

    fn scratch_directory(&self) -> Result<TempDir, CudaBuilderError> {
        let made = tempfile::Builder::new()
            .prefix("link")
            .tempdir_in(&self.target_dir);
        made.map_err(CudaBuilderError::io("write in", &self.target_dir))
    }

    fn module(
        &self,
        backend: &Backend<'_>,
        linked: &Linked,
        family: &str,
        kernels: Vec<&str>,
    ) -> Result<PtxModule, CudaBuilderError> {
        let ptx = backend.emit(linked, family, &kernels)?;
        Ok(PtxModule {
            family: family.to_owned(),
            arch: self.settings.arch,
            dependent: linked.dependent(&kernels),
            kernels: kernels.into_iter().map(str::to_owned).collect(),
            text: format!("{}{}", self.header(), without_comments(&ptx)),
        })
    }

    fn header(&self) -> Header {
        let rustc = self.toolchain.version();
        let package = &self.device_crate;
        Header {
            rustc: format!("{} ({})", rustc.release, rustc.commit_hash),
            llvm: self.toolchain.llvm_version().to_owned(),
            arch: self.settings.arch.to_string(),
            package: format!("{} {}", package.name, package.version),
        }
    }
}

/// Beside whatever else is built for the workspace, but apart from it.
fn default_target_dir(device_crate: &DeviceCrate, arch: Arch) -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = named.unwrap_or_else(|| device_crate.workspace_root.join("target"));
    target.join("nvptx").join(arch.as_str())
}
