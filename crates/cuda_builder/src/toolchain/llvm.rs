//! The LLVM tools that go with a rustc.

use std::path::{Path, PathBuf};

use super::rustc::{RustcVersion, output};

/// The tools that the builder runs.
const TOOLS: [&str; 3] = ["llvm-link", "opt", "llc"];

/// Older releases do not know kernel launch bounds as function attributes.
const OLDEST_LLVM: u32 = 21;

/// A directory of LLVM tools and their version.
pub(super) struct Llvm {
    pub(super) dir: PathBuf,
    pub(super) version: String,
}

/// Finds tools of `rustc`'s LLVM, in `named` if that is given.
pub(super) fn find(
    named: Option<PathBuf>,
    rustc: &RustcVersion,
    sysroot: &Path,
) -> Result<Llvm, String> {
    let major = major(&rustc.llvm).ok_or_else(|| format!("odd LLVM version {}", rustc.llvm))?;
    if major < OLDEST_LLVM {
        return Err(format!(
            "built on LLVM {major}; {OLDEST_LLVM} is the oldest that will do"
        ));
    }
    let default_places = || {
        vec![
            sysroot.join("lib/rustlib").join(&rustc.host).join("bin"),
            PathBuf::from(format!("/usr/lib/llvm-{major}/bin")),
        ]
    };
    let places = named.map_or_else(default_places, |dir| vec![dir]);
    let mut reasons = Vec::new();
    for dir in places {
        match check(&dir, major) {
            Ok(version) => return Ok(Llvm { dir, version }),
            Err(reason) => reasons.push(format!("{}: {reason}", dir.display())),
        }
    }
    Err(format!("no tools of LLVM {major} ({})", reasons.join("; ")))
}

fn check(dir: &Path, wanted: u32) -> Result<String, String> {
    if let Some(missing) = TOOLS.into_iter().find(|tool| !dir.join(tool).is_file()) {
        return Err(format!("no {missing}"));
    }
    let text = output(&dir.join("llc"), &["--version"])?;
    let version = version(&text).ok_or("llc does not say its version")?;
    if major(&version) != Some(wanted) {
        return Err(format!("LLVM {version} is not the compiler's {wanted}"));
    }
    if !text.contains("nvptx64") {
        return Err("llc was built without NVPTX".to_owned());
    }
    Ok(version)
}

fn version(text: &str) -> Option<String> {
    let (_, after) = text.split_once("LLVM version ")?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    Some(after[..end.unwrap_or(after.len())].to_owned())
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{major, version};

    #[test]
    fn reads_versions_of_distributions_and_of_rustc() {
        let debian = "Debian LLVM version 22.1.8\n  Optimized build.\n";
        let rust = "LLVM (http://llvm.org/):\n  LLVM version 22.1.2-rust-1.95.0-stable\n";
        assert_eq!(version(debian).as_deref(), Some("22.1.8"));
        assert_eq!(version(rust).as_deref(), Some("22.1.2"));
        assert_eq!(version("gcc"), None);
        assert_eq!(major("22.1.8"), Some(22));
        assert_eq!(major("x"), None);
    }
}
