//! `cargo xtask doctor`: says what is there and what is missing.

use std::fs;
use std::process::Command;

use anyhow::Result;
use cuda_builder::{Toolchain, ToolchainError};
use libloading::Library;

use crate::process;
use crate::ptxas::{Ptxas, VERSION};
use crate::workspace::Workspace;

/// One thing that something here needs.
struct Finding {
    name: &'static str,
    /// What is there, or why it is not.
    state: Result<String, String>,
    /// What it is for.
    purpose: &'static str,
}

/// Prints the findings. It never fails: what is missing is a finding.
pub(crate) fn run(workspace: Option<&Workspace>) {
    let mut findings = host_findings();
    findings.extend(device_findings());
    findings.push(ptxas_finding(workspace));
    findings.extend(gpu_findings());
    for Finding {
        name,
        state,
        purpose,
    } in &findings
    {
        let (mark, detail) = match state {
            Ok(detail) => ("ok", detail),
            Err(reason) => ("missing", reason),
        };
        println!("{name:16} {mark:8} {detail}");
        if state.is_err() {
            println!("{:25} (for: {purpose})", "");
        }
    }
    if findings.iter().any(|finding| finding.state.is_err()) {
        println!("\n`cargo xtask setup` installs all but the driver and the GPU.");
    }
}

fn host_findings() -> Vec<Finding> {
    let version = process::stdout_of(Command::new("rustc").arg("--version"));
    vec![Finding {
        name: "host rustc",
        state: version
            .map(|text| text.trim().to_owned())
            .ok_or_else(|| "no rustc on the path".to_owned()),
        purpose: "building the library, its tests and the simulator",
    }]
}

fn device_findings() -> Vec<Finding> {
    let found = Toolchain::find();
    let finding = |name, detail: fn(&Toolchain) -> String| Finding {
        name,
        state: match &found {
            Ok(toolchain) => Ok(detail(toolchain)),
            Err(_) => Err("no complete toolchain".to_owned()),
        },
        purpose: "compiling kernels",
    };
    let mut findings = vec![
        finding("device rustc", |toolchain| {
            let version = toolchain.version();
            format!("{} at {}", version.release, toolchain.rustc().display())
        }),
        finding("library source", |toolchain| {
            let sources = toolchain.sysroot().join("lib/rustlib/src/rust/library");
            sources.display().to_string()
        }),
        finding("LLVM tools", |toolchain| {
            let dir = toolchain.llvm_dir().display();
            format!("{} in {dir}", toolchain.llvm_version())
        }),
    ];
    findings.extend(found.err().iter().flat_map(rejected_findings));
    findings
}

/// The candidates that will not do, and what each lacks.
fn rejected_findings(error: &ToolchainError) -> impl Iterator<Item = Finding> {
    error.candidates.iter().map(|rejected| Finding {
        name: "  looked at",
        state: Err(format!("{}: {}", rejected.rustc.display(), rejected.reason)),
        purpose: "compiling kernels",
    })
}

fn ptxas_finding(workspace: Option<&Workspace>) -> Finding {
    let found = match workspace {
        Some(workspace) => Ptxas::find(workspace).map_err(|error| error.to_string()),
        None => Err("outside of the repository".to_owned()),
    };
    Finding {
        name: "ptxas",
        state: found.map(|ptxas| format!("{VERSION} at {}", ptxas.path().display())),
        purpose: "cargo xtask ptxas",
    }
}

fn gpu_findings() -> Vec<Finding> {
    let purpose = "running on a GPU";
    vec![
        Finding {
            name: "NVIDIA driver",
            state: driver(),
            purpose,
        },
        Finding {
            name: "GPU",
            state: gpus(),
            purpose,
        },
    ]
}

fn driver() -> Result<String, String> {
    // SAFETY: loading the driver runs its constructors, which ask nothing of us; nothing is called.
    let library = unsafe { Library::new("libcuda.so.1") };
    library.map_err(|_| "libcuda.so.1 cannot be loaded".to_owned())?;
    let version = fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    Ok(match version.lines().next() {
        Some(line) => squeeze(line.trim_start_matches("NVRM version:")),
        None => "libcuda.so.1".to_owned(),
    })
}

fn gpus() -> Result<String, String> {
    let mut models = Vec::new();
    for entry in fs::read_dir("/proc/driver/nvidia/gpus")
        .into_iter()
        .flatten()
        .flatten()
    {
        let information = fs::read_to_string(entry.path().join("information"));
        let model = information.unwrap_or_default();
        let model = model.lines().find_map(|line| line.strip_prefix("Model:"));
        models.push(model.map_or("unknown model".to_owned(), squeeze));
    }
    if models.is_empty() {
        return Err("none; kernels run in the simulator".to_owned());
    }
    models.sort();
    Ok(models.join(", "))
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
