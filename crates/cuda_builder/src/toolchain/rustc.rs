//! What a rustc says about itself.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiler's version, from `rustc -vV`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustcVersion {
    /// The release: `1.96.0`.
    pub release: String,
    /// The commit it was built from; `unknown` where it does not say.
    pub commit_hash: String,
    /// The machine it runs on: `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// The LLVM it was built on: `22.1.8`.
    pub llvm: String,
}

impl RustcVersion {
    /// Asks `rustc`.
    pub(super) fn of(rustc: &Path) -> Result<Self, String> {
        let text = output(rustc, &["-vV"])?;
        Self::parse(&text).ok_or_else(|| format!("cannot read its version from {text:?}"))
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        Some(Self {
            release: field("release")?.to_owned(),
            commit_hash: field("commit-hash").unwrap_or("unknown").to_owned(),
            host: field("host")?.to_owned(),
            llvm: field("LLVM version")?.to_owned(),
        })
    }

    /// The numbers of the release, for comparison.
    pub(super) fn numbers(&self) -> (u32, u32) {
        let mut parts = self
            .release
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }
}

/// Where `rustc` keeps its libraries.
pub(super) fn sysroot(rustc: &Path) -> Result<PathBuf, String> {
    output(rustc, &["--print", "sysroot"]).map(|text| PathBuf::from(text.trim_end()))
}

/// What `program` prints.
pub(super) fn output(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot run it: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{}` failed", arguments.join(" ")));
    }
    String::from_utf8(output.stdout).map_err(|_| "it does not print UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::RustcVersion;

    const TEXT: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)
binary: rustc
commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96
commit-date: 2026-05-25
host: x86_64-unknown-linux-gnu
release: 1.96.0
LLVM version: 22.1.8
";

    #[test]
    fn reads_what_rustc_prints() {
        let version = RustcVersion::parse(TEXT).unwrap();
        assert_eq!(version.release, "1.96.0");
        assert_eq!(version.numbers(), (1, 96));
        assert_eq!(version.llvm, "22.1.8");
        assert_eq!(version.host, "x86_64-unknown-linux-gnu");
        assert!(version.commit_hash.starts_with("ac68faa20"));
    }

    #[test]
    fn a_compiler_without_a_commit_is_still_a_compiler() {
        let text = TEXT.replace("commit-hash: ", "something-else: ");
        assert_eq!(RustcVersion::parse(&text).unwrap().commit_hash, "unknown");
        assert_eq!(RustcVersion::parse("gcc 14"), None);
    }
}
