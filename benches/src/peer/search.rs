//! Where cuBLASLt may be.
//!
//! In this order:
//! 1. the file that the environment variable [`VARIABLE`] names, and then no other;
//! 2. the loader's own path, by [`NAMES`];
//! 3. `lib64` of the toolkit that `CUDA_HOME` or `CUDA_PATH` names, and of `/usr/local/cuda*`;
//! 4. Python's packages, `nvidia/*/lib`: of the `python3` on the path, then of the usual prefixes.

use std::collections::HashSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use libloading::Library;

use super::error::Error;

/// The environment variable that names the file to take.
pub const VARIABLE: &str = "GATEWARP_CUBLASLT";

/// The names that the library goes by, the best first.
pub const NAMES: [&str; 3] = ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"];

/// Where they are looked for, in words.
const PLACES: &str = "on the loader's path, in lib64 of $CUDA_HOME, $CUDA_PATH and /usr/local/cuda*, in nvidia/*/lib of \
    python3's packages and of those under /usr, /usr/local and /opt";

/// Folders that have Python installations or virtual environments in them.
const PREFIXES: [&str; 3] = ["/usr", "/usr/local", "/opt"];

/// Opens the first library found.
///
/// # Errors
/// [`Error::Library`] if the file that was named cannot be opened; [`Error::NotFound`] if none was named and none
/// found.
pub fn open() -> Result<(String, Library), Error> {
    match env::var_os(VARIABLE) {
        Some(file) => open_named(file),
        None => open_found(),
    }
}

/// Opens the file that was named.
pub(super) fn open_named(file: OsString) -> Result<(String, Library), Error> {
    let name = file.display().to_string();
    match load(file) {
        Ok(library) => Ok((name, library)),
        Err(error) => Err(Error::Library {
            file: format!("{name}, which {VARIABLE} names,"),
            reason: error.to_string(),
        }),
    }
}

/// Opens the first that the loader knows or that is in a folder.
fn open_found() -> Result<(String, Library), Error> {
    for name in NAMES {
        if let Ok(library) = load(name) {
            return Ok((name.to_owned(), library));
        }
    }
    open_in(&[toolkits(), packages()].concat())
}

/// Opens the first in these folders; files that do not load are part of the complaint.
fn open_in(folders: &[PathBuf]) -> Result<(String, Library), Error> {
    let mut failures = String::new();
    for file in files(folders) {
        match load(&file) {
            Ok(library) => return Ok((file.display().to_string(), library)),
            Err(error) => failures += &format!("; found one that does not load: {error}"),
        }
    }
    Err(Error::NotFound {
        searched: format!("{} {PLACES}{failures}", NAMES.join(", ")),
    })
}

/// Opens a library.
fn load(name: impl AsRef<OsStr>) -> Result<Library, libloading::Error> {
    // SAFETY: loading runs the initialisers of what is, by name or by the user's word, NVIDIA's library; those ask
    // nothing of the process.
    unsafe { Library::new(name) }
}

/// The libraries in these folders, folder by folder, the best name first.
fn files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let of = |folder: &PathBuf| NAMES.map(|name| folder.join(name));
    let mut files: Vec<PathBuf> = folders.iter().flat_map(of).collect();
    files.retain(|file| file.is_file());
    files
}

/// Library folders of toolkits.
fn toolkits() -> Vec<PathBuf> {
    let named = ["CUDA_HOME", "CUDA_PATH"]
        .into_iter()
        .filter_map(env::var_os);
    let mut roots: Vec<PathBuf> = named.map(PathBuf::from).collect();
    roots.extend(subfolders(Path::new("/usr/local"), "cuda"));
    existing(roots.iter().map(|root| root.join("lib64")))
}

/// Library folders of NVIDIA's Python packages.
fn packages() -> Vec<PathBuf> {
    let mut sites = python_path();
    for prefix in PREFIXES.map(PathBuf::from) {
        let prefixes = [vec![prefix.clone()], subfolders(&prefix, "")].concat();
        sites.extend(prefixes.iter().flat_map(|prefix| sites_of(prefix)));
    }
    let mut folders: Vec<PathBuf> = sites.iter().flat_map(|site| wheels(site)).collect();
    let mut seen = HashSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders
}

/// Package folders of a Python installation.
fn sites_of(prefix: &Path) -> Vec<PathBuf> {
    let versions = subfolders(&prefix.join("lib"), "python3");
    let of = |version: &PathBuf| ["site-packages", "dist-packages"].map(|it| version.join(it));
    existing(versions.iter().flat_map(of))
}

/// Library folders of NVIDIA's packages in a package folder: those that have cuBLASLt, the best name first.
fn wheels(site: &Path) -> Vec<PathBuf> {
    let packages = subfolders(&site.join("nvidia"), "");
    let libraries: Vec<PathBuf> = packages.iter().map(|it| it.join("lib")).collect();
    let having = |name| libraries.iter().filter(move |it| it.join(name).is_file());
    NAMES.iter().flat_map(having).cloned().collect()
}

/// Where `python3` looks for packages; nowhere if there is none.
fn python_path() -> Vec<PathBuf> {
    let program = "import sys; print('\\n'.join(sys.path))";
    let output = Command::new("python3").args(["-c", program]).output();
    let Ok(output) = output else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    existing(
        text.lines()
            .filter(|line| !line.is_empty())
            .map(PathBuf::from),
    )
}

/// Folders in a folder whose names start so; the last in the alphabet, which is the latest version, first.
fn subfolders(folder: &Path, start: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start));
    let mut paths = existing(named.map(|entry| entry.path()));
    paths.sort_by(|a, b| b.cmp(a));
    paths
}

/// Those that are folders.
fn existing(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    paths.filter(|path| path.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, slice};

    use super::{NAMES, VARIABLE, files, open_in, open_named, sites_of, subfolders, wheels};

    /// A file that no loader takes.
    fn touch(file: &Path) {
        fs::create_dir_all(file.parent().expect("in a folder")).expect("writable");
        fs::write(file, "no library").expect("writable");
    }

    #[test]
    fn a_named_file_that_is_none_is_named_in_the_error() {
        let error = open_named("/nowhere/libnonsense.so".into()).expect_err("no such file");
        let text = error.to_string();
        assert!(
            text.starts_with("/nowhere/libnonsense.so, which GATEWARP_CUBLASLT names,"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn both_shapes_of_python_packages_are_found() {
        let root = tempfile::tempdir().expect("a folder");
        let site = root.path().join("lib/python3.12/site-packages");
        let (cu13, cu12) = (site.join("nvidia/cu13/lib"), site.join("nvidia/cublas/lib"));
        touch(&cu13.join(NAMES[0]));
        touch(&cu12.join(NAMES[1]));
        touch(&site.join("nvidia/cudnn/lib/libcudnn.so.9"));
        assert_eq!(sites_of(root.path()), slice::from_ref(&site));
        let folders = wheels(&site);
        assert_eq!(folders, [cu13.clone(), cu12.clone()]);
        assert_eq!(files(&folders), [cu13.join(NAMES[0]), cu12.join(NAMES[1])]);
    }

    #[test]
    fn the_complaint_says_where_it_looked_and_what_did_not_load() {
        let root = tempfile::tempdir().expect("a folder");
        let (empty, broken) = (root.path().join("empty"), root.path().join("broken"));
        let file = broken.join(NAMES[0]);
        touch(&file);
        let error = open_in(&[empty, broken]).expect_err("no library");
        let text = error.to_string();
        let file = file.display().to_string();
        for part in [
            NAMES[1],
            VARIABLE,
            "/usr/local/cuda*",
            "does not load",
            &file,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn later_versions_come_first() {
        let root = tempfile::tempdir().expect("a folder");
        for name in ["cuda-12.9", "cuda-13.0", "other"] {
            fs::create_dir(root.path().join(name)).expect("writable");
        }
        let expected = ["cuda-13.0", "cuda-12.9"].map(|name| root.path().join(name));
        assert_eq!(subfolders(root.path(), "cuda"), expected);
    }
}
