//! What is in a bundle: `manifest.json`.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

const FILE: &str = "manifest.json";

/// What an executable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Tests, run by their own harness.
    Test,
    /// A program that shows the library.
    Example,
    /// A measurement.
    Bench,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Test => "test",
            Self::Example => "example",
            Self::Bench => "bench",
        })
    }
}

/// An executable of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The name of its target.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Its file, in the bundle's directory.
    pub(super) file: String,
}

/// The contents of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The commit that it was made of.
    pub(super) commit: String,
    executables: Vec<Entry>,
}

impl Manifest {
    /// The manifest of an empty bundle.
    pub(super) fn of_commit(commit: String) -> Self {
        Self {
            commit,
            executables: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, entry: Entry) {
        self.executables.push(entry);
    }

    /// The executables of one kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.executables
            .iter()
            .filter(move |entry| entry.kind == kind)
    }

    pub(super) fn write(&self, dir: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("cannot write the manifest")?;
        fs::write(dir.join(FILE), text + "\n").context("cannot write the manifest")
    }

    pub(super) fn read(dir: &Path) -> Result<Self> {
        let file = dir.join(FILE);
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| format!("{} is no bundle", dir.display()))?;
        serde_json::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Kind, Manifest};

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let mut manifest = Manifest::of_commit("abc".to_owned());
        for kind in [Kind::Test, Kind::Example, Kind::Bench] {
            manifest.add(Entry {
                name: kind.to_string(),
                kind,
                file: format!("{kind}-file"),
            });
        }
        let text = serde_json::to_string(&manifest).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
        let tests: Vec<_> = manifest
            .of_kind(Kind::Test)
            .map(|e| e.name.as_str())
            .collect();
        assert_eq!(tests, ["test"]);
    }
}
