//! `cargo xtask ptx`: compiles the kernels, and writes the committed PTX or checks it.
//!
//! The check compares bytes. Where the compiler or LLVM here is another than the one that made the
//! committed modules, bytes may differ for no fault of the source; then it says so, and assembles what
//! it built instead.
//! The guards on the PTX are checked in every case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cuda_builder::{Arch, CudaBuilder, CudaBuilderError, PtxModule};

use crate::compare::Comparison;
use crate::workspace::{DeviceCrate, Workspace};
use crate::{guards, ptxas};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compare with the committed PTX instead of writing it.
    #[arg(long)]
    pub(crate) check: bool,
}

/// PTX modules by file name.
pub(crate) type Modules = BTreeMap<String, String>;

/// What a device crate gives.
#[derive(Default)]
struct Built {
    modules: Modules,
    /// The kernels that are declared dependent, for whichever architecture.
    dependent: BTreeSet<String>,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let crates = workspace.device_crates();
    crates
        .iter()
        .try_for_each(|device_crate| run_for(workspace, device_crate, args))
}

fn run_for(workspace: &Workspace, device_crate: &DeviceCrate, args: &Args) -> Result<()> {
    let built = build(workspace, device_crate)?;
    if args.check {
        check(workspace, device_crate, &built.modules)?;
    } else {
        write(&device_crate.ptx, &built.modules)?;
    }
    guards::check(&built.modules, &built.dependent)
}

fn build(workspace: &Workspace, device_crate: &DeviceCrate) -> Result<Built> {
    let mut built = Built::default();
    for arch in device_crate.archs {
        for module in build_for(workspace, device_crate, *arch)? {
            let name = file_name(&module);
            built.dependent.extend(module.dependent);
            built.modules.insert(name, module.text);
        }
    }
    Ok(built)
}

fn build_for(
    workspace: &Workspace,
    device_crate: &DeviceCrate,
    arch: Arch,
) -> Result<Vec<PtxModule>> {
    let mut builder = CudaBuilder::new(&device_crate.source)
        .arch(arch)
        .target_dir(workspace.target().join("nvptx").join(arch.as_str()));
    if let Some(version) = device_crate.ptx_isa {
        builder = builder.ptx_isa(version);
    }
    match builder.build_modules() {
        Err(CudaBuilderError::NoKernels(name)) => {
            eprintln!("note: {name} has no kernels for {arch}");
            Ok(Vec::new())
        }
        other => Ok(other?),
    }
}

fn file_name(module: &PtxModule) -> String {
    format!("{}.{}.ptx", module.family, module.arch)
}

/// Makes `dir` hold exactly the modules `built`.
fn write(dir: &Path, built: &Modules) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let committed = read_modules(dir)?;
    for name in committed.keys().filter(|name| !built.contains_key(*name)) {
        fs::remove_file(dir.join(name)).with_context(|| format!("cannot remove {name}"))?;
        println!("removed    {name}");
    }
    for (name, text) in built {
        let unchanged = committed.get(name) == Some(text);
        if !unchanged {
            fs::write(dir.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
        println!(
            "{} {name}",
            if unchanged {
                "unchanged "
            } else {
                "wrote     "
            }
        );
    }
    Ok(())
}

/// Fails if the committed modules are not exactly those `built`.
fn check(workspace: &Workspace, device_crate: &DeviceCrate, built: &Modules) -> Result<()> {
    let name = device_crate.name;
    let comparison = Comparison::of(&read_modules(&device_crate.ptx)?, built);
    for difference in &comparison.differences {
        eprintln!("{difference}");
    }
    if !comparison.differences.is_empty() {
        bail!("the committed PTX is not what {name} gives; run `cargo xtask ptx`");
    }
    println!(
        "{name}: {} PTX modules are what their source gives",
        comparison.equal
    );
    if comparison.uncompared.is_empty() {
        return Ok(());
    }
    println!(
        "made by another toolchain, so not compared: {}",
        comparison.uncompared.join(" ")
    );
    let dir = workspace.target().join("nvptx/modules").join(name);
    write(&dir, built)?;
    ptxas::check_dir(workspace, &dir)
}

/// The modules in `dir`; none where there is no such directory.
fn read_modules(dir: &Path) -> Result<Modules> {
    let mut modules = Modules::new();
    let Ok(entries) = fs::read_dir(dir) else {
        return Ok(modules);
    };
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.ends_with(".ptx") {
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            modules.insert(name.to_owned(), text);
        }
    }
    Ok(modules)
}
