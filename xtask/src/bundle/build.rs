//! Builds the executables of a bundle.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::manifest::Kind;
use crate::process;
use crate::workspace::Workspace;

/// An executable that cargo built.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Executable {
    pub(super) kind: Kind,
    pub(super) package: String,
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// What to build, and what the result is for.
const STEPS: [(Kind, &[&str]); 3] = [
    (
        Kind::Test,
        &[
            "test",
            "--no-run",
            "--tests",
            "-p=gatewarp",
            "-p=gatewarp-conformance",
            "-p=gatewarp-cuda-sim",
            "-p=gatewarp-libcuda",
            "-p=gatewarp-tests",
        ],
    ),
    (Kind::Example, &["build", "--examples", "-p=gatewarp"]),
    (
        Kind::Bench,
        &["build", "--bins", "--benches", "-p=gatewarp-benches"],
    ),
];

pub(super) fn executables(workspace: &Workspace) -> Result<Vec<Executable>> {
    let mut executables = Vec::new();
    for (kind, arguments) in STEPS {
        let mut cargo = process::cargo(workspace.root());
        cargo.args(arguments);
        cargo.args(["--release", "--message-format=json-render-diagnostics"]);
        let messages = messages(&mut cargo)?;
        executables.extend(read(kind, &messages));
    }
    executables.sort();
    Ok(executables)
}

fn messages(cargo: &mut Command) -> Result<String> {
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo failed ({})", output.status);
    String::from_utf8(output.stdout).context("cargo does not print UTF-8")
}

/// The part of cargo's messages that matters here.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Artifact {
    /// Only benches and tests have the test profile on purpose: with `--benches`, cargo also builds
    /// libraries and programs as if they held measurements. Build scripts are never packed.
    fn is_packed_as(&self, wanted: Kind) -> bool {
        let is = |kind: &str| self.target.kind.iter().any(|own| own == kind);
        let wanted_profile = wanted == Kind::Test || is("bench") || !self.profile.test;
        wanted_profile && !is("custom-build")
    }
}

fn read(kind: Kind, messages: &str) -> Vec<Executable> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter(|artifact| artifact.is_packed_as(kind))
        .filter_map(|artifact| {
            let dir = artifact.manifest_path.parent()?.file_name()?;
            Some(Executable {
                package: dir.to_str()?.to_owned(),
                name: artifact.target.name,
                kind,
                path: artifact.executable?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Executable, Kind, read};

    #[test]
    fn only_artifacts_with_an_executable_count() {
        let messages = r#"
{"reason":"compiler-artifact","manifest_path":"/r/host/Cargo.toml","target":{"name":"gatewarp","kind":["lib"]},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","manifest_path":"/r/host/Cargo.toml","target":{"name":"gatewarp","kind":["lib"]},"profile":{"test":true},"executable":"/t/deps/gatewarp-1"}
{"reason":"compiler-artifact","manifest_path":"/r/x/Cargo.toml","target":{"name":"build-script-build","kind":["custom-build"]},"profile":{"test":false},"executable":"/t/build"}
{"reason":"build-finished","success":true}
"#;
        let expected = [Executable {
            package: "host".to_owned(),
            name: "gatewarp".to_owned(),
            kind: Kind::Test,
            path: "/t/deps/gatewarp-1".into(),
        }];
        assert_eq!(read(Kind::Test, messages), expected);
        assert_eq!(read(Kind::Bench, messages), []);
    }
}
