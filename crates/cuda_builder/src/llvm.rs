//! From bitcode to PTX: links, fixes up, optimises and prints, one module per kernel family.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::{Arch, PtxIsa};
use crate::error::CudaBuilderError;
use crate::ir::{Kernel, apply_launch_bounds, find_kernels, mark_asm_convergent, normalise_names};
use crate::parameters::align_tensor_maps;
use crate::toolchain::Toolchain;

/// See the file itself.
const PRELUDE: &str = include_str!("prelude.ll");

/// One plain O3 leaves large accumulators in local memory; link-time optimisation after its
/// pre-link pipeline does not.
const PASSES: &str = "internalize,globaldce,lto-pre-link<O3>,lto<O3>";

/// Turns linked bitcode into PTX.
pub(crate) struct Backend<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) arch: Arch,
    pub(crate) ptx_isa: PtxIsa,
    pub(crate) line_info: bool,
    /// An existing directory for the steps in between.
    pub(crate) scratch: &'a Path,
}

/// A module of a device crate: its IR, fixed up, and all the kernels in it.
pub(crate) struct Linked {
    ir: PathBuf,
    pub(crate) kernels: Vec<Kernel>,
}

impl Linked {
    /// The names of those of these kernels that are declared to wait for the grids before them.
    pub(crate) fn dependent(&self, kernels: &[&str]) -> Vec<String> {
        let chosen = |kernel: &&Kernel| kernel.dependent && kernels.contains(&kernel.name.as_str());
        let found = self.kernels.iter().filter(chosen);
        found.map(|kernel| kernel.name.clone()).collect()
    }

    /// The names of the kernels of each family.
    pub(crate) fn families(&self) -> BTreeMap<String, Vec<&str>> {
        let mut families: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for kernel in &self.kernels {
            families
                .entry(kernel.family())
                .or_default()
                .push(&kernel.name);
        }
        families
    }
}

impl Backend<'_> {
    /// Links `libraries` and the prelude, and says in the IR what Rust cannot.
    pub(crate) fn link(&self, libraries: &[PathBuf]) -> Result<Linked, CudaBuilderError> {
        let prelude = self.write("prelude.ll", PRELUDE)?;
        let linked = self.scratch.join("linked.ll");
        let mut link = self.tool("llvm-link");
        // The prelude states no data layout, so that it fits every LLVM; that draws a warning.
        link.args(["--ignore-non-bitcode", "--suppress-warnings", "-S", "-o"]);
        self.run(link.arg(&linked).args(libraries).arg(&prelude))?;
        let text = read(&linked)?;
        let kernels = find_kernels(&text)?;
        let text = apply_launch_bounds(&mark_asm_convergent(&text)?, &kernels);
        let ir = self.write("fixed.ll", &text)?;
        let names: Vec<&str> = kernels.iter().map(|kernel| kernel.name.as_str()).collect();
        let ir = self.optimise(&ir, "kernels", "internalize,globaldce", &names)?;
        Ok(Linked { ir, kernels })
    }

    /// The PTX of a module that holds `kernels` alone.
    pub(crate) fn emit(
        &self,
        linked: &Linked,
        name: &str,
        kernels: &[&str],
    ) -> Result<String, CudaBuilderError> {
        let optimised = self.optimise(&linked.ir, name, PASSES, kernels)?;
        let renamed = normalise_names(&read(&optimised)?);
        let renamed = self.write(&format!("{name}.renamed.ll"), &renamed)?;
        let ptx = self.scratch.join(format!("{name}.ptx"));
        let mut llc = self.tool("llc");
        llc.args(["-O3", "--mcpu", self.arch.as_str()])
            .args(["--mattr", &self.ptx_isa.llvm_feature()])
            .arg(&renamed)
            .arg("-o")
            .arg(&ptx);
        self.run(&mut llc)?;
        Ok(align_tensor_maps(&read(&ptx)?))
    }

    /// Runs `passes` over `ir`, keeping of its symbols `public` alone.
    fn optimise(
        &self,
        ir: &Path,
        name: &str,
        passes: &str,
        public: &[&str],
    ) -> Result<PathBuf, CudaBuilderError> {
        let list = self.write(&format!("{name}.public"), &(public.join("\n") + "\n"))?;
        let optimised = self.scratch.join(format!("{name}.optimised.ll"));
        let mut list_argument = OsString::from("--internalize-public-api-file=");
        list_argument.push(list);
        let mut opt = self.tool("opt");
        opt.arg("-S").arg(ir).arg("-o").arg(&optimised);
        opt.arg(list_argument).arg(format!("--passes={passes}"));
        if !self.line_info {
            opt.arg("--strip-debug");
        }
        self.run(&mut opt)?;
        Ok(optimised)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.toolchain.llvm_tool(name));
        // The module's identifier is its path: keep it short and the same everywhere.
        command.current_dir(self.scratch);
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), CudaBuilderError> {
        let tool = PathBuf::from(command.get_program());
        let output = command
            .output()
            .map_err(CudaBuilderError::io("run", &tool))?;
        if output.status.success() {
            return Ok(());
        }
        Err(CudaBuilderError::Tool {
            tool,
            status: output.status,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, CudaBuilderError> {
        let path = self.scratch.join(name);
        fs::write(&path, text).map_err(CudaBuilderError::io("write", &path))?;
        Ok(path)
    }
}

fn read(path: &Path) -> Result<String, CudaBuilderError> {
    fs::read_to_string(path).map_err(CudaBuilderError::io("read", path))
}
