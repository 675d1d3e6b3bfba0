//! Compiles a device crate, and all it depends on, to bitcode by cargo.
//!
//! On nvptx rustc's objects are LLVM bitcode, so the `rlib`s that cargo reports are what is linked
//! later. No linker runs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::arch::Arch;
use crate::error::CudaBuilderError;
use crate::toolchain::Toolchain;

/// The target that device code is compiled for.
const TARGET: &str = "nvptx64-nvidia-cuda";

/// Variables of the user's cargo that say how to reach registries, and nothing about the build.
const KEPT_VARIABLES: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_TERM_",
];

/// A device crate, as cargo describes it.
pub(crate) struct DeviceCrate {
    manifest: PathBuf,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) workspace_root: PathBuf,
}

/// How to compile it.
pub(crate) struct Options<'a> {
    pub(crate) arch: Arch,
    pub(crate) release: bool,
    pub(crate) line_info: bool,
    pub(crate) build_args: &'a [String],
    pub(crate) target_dir: &'a Path,
}

/// The part of `cargo metadata` that matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

/// The part of cargo's build messages that matters here.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

impl DeviceCrate {
    /// Asks cargo about the crate in `dir`.
    pub(crate) fn read(toolchain: &Toolchain, dir: &Path) -> Result<Self, CudaBuilderError> {
        let manifest = dir.join("Cargo.toml").canonicalize();
        let manifest =
            manifest.map_err(|_| CudaBuilderError::CratePathDoesntExist(dir.to_path_buf()))?;
        let metadata = metadata(toolchain, &manifest)?;
        let mut packages = metadata.packages.into_iter();
        match packages.find(|package| package.manifest_path == manifest) {
            Some(package) => Ok(Self {
                manifest,
                name: package.name,
                version: package.version,
                workspace_root: metadata.workspace_root,
            }),
            None => Err(CudaBuilderError::Unexpected {
                tool: toolchain.cargo().to_path_buf(),
                what: format!("no package at {}", manifest.display()),
            }),
        }
    }

    /// Compiles the crate; the paths of its own and its dependencies' bitcode libraries.
    ///
    /// cargo's standard error is the caller's, so that a mistake in a kernel reaches the developer
    /// as rustc prints it.
    pub(crate) fn compile(
        &self,
        toolchain: &Toolchain,
        options: &Options<'_>,
    ) -> Result<Vec<PathBuf>, CudaBuilderError> {
        let mut cargo = clean_cargo(toolchain);
        cargo
            .args(["build", "--lib", "--target", TARGET, "-Zbuild-std=core"])
            .arg("--message-format=json-render-diagnostics")
            .arg("--manifest-path")
            .arg(&self.manifest)
            .arg("--target-dir")
            .arg(options.target_dir)
            .args(profile_arguments(options))
            .args(options.build_args)
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags(options.arch));
        let stdout = run(&mut cargo, || {
            CudaBuilderError::BuildFailed(self.name.clone())
        })?;
        Ok(device_libraries(&String::from_utf8_lossy(&stdout)))
    }
}

/// Flags for every device crate. They are the same on every machine: cargo derives crate hashes
/// from them.
fn rustflags(arch: Arch) -> String {
    let known = Arch::ALL.map(|arch| format!("\"{arch}\"")).join(", ");
    [
        format!("-Ctarget-cpu={arch}"),
        // Jump threading in MIR splits a barrier between two `if`s into two barriers.
        "-Zmir-enable-passes=-JumpThreading".to_owned(),
        // All LLVM optimisation comes after linking, when barriers are marked convergent.
        "-Cno-prepopulate-passes".to_owned(),
        // Keeps the paths of this machine out of panic locations: cargo compiles each package in
        // its own directory, or in the workspace's.
        "-Zremap-cwd-prefix=.".to_owned(),
        format!("--cfg=cuda_arch=\"{arch}\""),
        format!("--check-cfg=cfg(cuda_arch, values({known}))"),
    ]
    .join("\u{1f}")
}

/// Settings that must not depend on the profiles of the surrounding workspace.
fn profile_arguments(options: &Options<'_>) -> Vec<String> {
    let (name, opt_level) = if options.release {
        ("release", 3)
    } else {
        ("dev", 0)
    };
    let debug = if options.line_info {
        "\"line-tables-only\""
    } else {
        "0"
    };
    let settings = [
        format!("opt-level={opt_level}"),
        format!("debug={debug}"),
        "panic=\"abort\"".to_owned(),
        "codegen-units=1".to_owned(),
        "incremental=false".to_owned(),
        "lto=\"off\"".to_owned(),
    ];
    let mut arguments = vec![format!("--profile={name}")];
    for setting in settings {
        arguments.push(format!("--config=profile.{name}.{setting}"));
    }
    arguments
}

/// A cargo that knows nothing of a cargo it may be running under.
fn clean_cargo(toolchain: &Toolchain) -> Command {
    let mut cargo = Command::new(toolchain.cargo());
    for (name, _) in env::vars_os() {
        let inherited = name.to_str().is_some_and(is_inherited);
        if inherited {
            cargo.env_remove(name);
        }
    }
    cargo.env("RUSTC", toolchain.rustc());
    // `-Z` options on a compiler of any channel.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo
}

fn is_inherited(name: &str) -> bool {
    let of_cargo = name.starts_with("CARGO") || name.starts_with("RUST");
    of_cargo && !KEPT_VARIABLES.iter().any(|kept| name.starts_with(kept))
}

/// What cargo says about the workspace of `manifest`.
fn metadata(toolchain: &Toolchain, manifest: &Path) -> Result<Metadata, CudaBuilderError> {
    let mut cargo = clean_cargo(toolchain);
    cargo.args(["metadata", "--no-deps", "--format-version=1"]);
    cargo.arg("--manifest-path").arg(manifest);
    let stdout = run(&mut cargo, || {
        CudaBuilderError::BuildFailed(manifest.display().to_string())
    })?;
    serde_json::from_slice(&stdout).map_err(|error| CudaBuilderError::Unexpected {
        tool: toolchain.cargo().to_path_buf(),
        what: error.to_string(),
    })
}

/// Runs cargo with the caller's standard error; what it prints on standard output.
fn run(
    cargo: &mut Command,
    failed: impl FnOnce() -> CudaBuilderError,
) -> Result<Vec<u8>, CudaBuilderError> {
    let program = PathBuf::from(cargo.get_program());
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(CudaBuilderError::io("run", &program))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(failed())
    }
}

/// The device libraries among the artifacts that cargo reports, in an order that does not depend
/// on how its jobs interleaved. Procedural macros and build scripts are for the host.
fn device_libraries(messages: &str) -> Vec<PathBuf> {
    let mut libraries: Vec<PathBuf> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .flat_map(|message| message.filenames)
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .filter(|file| file.components().any(|part| part.as_os_str() == TARGET))
        .collect();
    libraries.sort();
    libraries.dedup();
    libraries
}

#[cfg(test)]
mod tests {
    use super::{device_libraries, is_inherited};

    #[test]
    fn only_registry_settings_survive_the_cleaning() {
        for name in [
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "CARGO",
            "CARGO_PKG_NAME",
            "RUSTC",
        ] {
            assert!(is_inherited(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "PATH",
            "CUDA_BUILDER_RUSTC",
        ] {
            assert!(!is_inherited(name), "{name}");
        }
    }

    #[test]
    fn device_libraries_are_sorted_and_host_artifacts_left_out() {
        let messages = r#"
{"reason":"compiler-artifact","filenames":["/t/nvptx64-nvidia-cuda/release/deps/libhalf.rlib","/t/nvptx64-nvidia-cuda/release/deps/libhalf.rmeta"]}
{"reason":"compiler-artifact","filenames":["/t/nvptx64-nvidia-cuda/release/deps/libcore.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/release/deps/libsyn.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/release/deps/libmacros.so"]}
{"reason":"build-finished","success":true}
"#;
        let found = device_libraries(messages);
        assert_eq!(
            found,
            [
                std::path::Path::new("/t/nvptx64-nvidia-cuda/release/deps/libcore.rlib"),
                std::path::Path::new("/t/nvptx64-nvidia-cuda/release/deps/libhalf.rlib"),
            ]
        );
    }
}
