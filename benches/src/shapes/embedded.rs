//! The files of sets, inside the program.

use std::sync::LazyLock;

use anyhow::{Context, Result, anyhow, ensure};

use super::check::check;
use super::set::Set;

/// The name of the set of small shapes.
pub const QUICK: &str = "quick";

/// A file's name, which is its set's, and its text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../shapes/", $name, ".toml")))),*]
    };
}

const FILES: [File; 12] = files![
    "deepseek-v3" "ffn" "gpt-oss-120b" "llama3-70b" "llama3-70b-tp8" "llama3-8b" "mixtral-8x7b"
    "nemotron-nano" "nemotron-super" "qwen3-235b" "qwen3-30b" "squares"
];

const QUICK_FILE: File = (QUICK, include_str!("../../shapes/quick.toml"));

/// All sets.
pub(super) struct Sets {
    pub(super) full: Vec<Set>,
    pub(super) quick: Set,
}

/// The sets, read once.
pub(super) fn sets() -> Result<&'static Sets> {
    static SETS: LazyLock<Result<Sets>> = LazyLock::new(|| {
        Ok(Sets {
            full: FILES.into_iter().map(read).collect::<Result<_>>()?,
            quick: read(QUICK_FILE)?,
        })
    });
    SETS.as_ref().map_err(|error| anyhow!("{error:#}"))
}

fn read((name, text): File) -> Result<Set> {
    parse(name, text).with_context(|| format!("shapes/{name}.toml"))
}

fn parse(name: &str, text: &str) -> Result<Set> {
    let set: Set = toml::from_str(text)?;
    check(&set)?;
    ensure!(set.name == name, "the set is named {:?}", set.name);
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::{FILES, read};

    #[test]
    fn every_file_is_a_set() {
        for file in FILES {
            if let Err(error) = read(file) {
                panic!("{error:#}");
            }
        }
    }

    #[test]
    fn faults_name_the_file() {
        let good = "name = 'a'\ntitle = 'A'\ncubes = [1]";
        assert!(read(("a", good)).is_ok());
        for (name, text) in [
            ("b", good),
            ("a", "name = "),
            ("a", "name = 'a'\ntitle = 'A'"),
        ] {
            let error = format!("{:#}", read((name, text)).expect_err(text));
            assert!(
                error.starts_with(&format!("shapes/{name}.toml: ")),
                "{error}"
            );
        }
    }
}
