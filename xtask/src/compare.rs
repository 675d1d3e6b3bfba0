//! Compares committed PTX with what its source gives.

use cuda_builder::Header;

use crate::ptx::Modules;

/// How two sets of modules differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// How many modules are equal.
    pub(crate) equal: usize,
    /// A line for each module that is missing, extra or different.
    pub(crate) differences: Vec<String>,
    /// The modules that another toolchain made, whose bytes say nothing about the source.
    pub(crate) uncompared: Vec<String>,
}

impl Comparison {
    /// Compares what is committed with what was built.
    pub(crate) fn of(committed: &Modules, built: &Modules) -> Self {
        let mut comparison = Self::default();
        for name in committed.keys().filter(|name| !built.contains_key(*name)) {
            comparison.differs(name, "committed, but no source gives it");
        }
        for (name, new) in built {
            match committed.get(name) {
                None => comparison.differs(name, "not committed"),
                Some(old) if old == new => comparison.equal += 1,
                Some(old) if other_toolchain(old, new) => comparison.uncompared.push(name.clone()),
                Some(old) => comparison.differs(name, &first_difference(old, new)),
            }
        }
        comparison
    }

    fn differs(&mut self, name: &str, how: &str) {
        self.differences.push(format!("{name}: {how}"));
    }
}

fn other_toolchain(old: &str, new: &str) -> bool {
    match (Header::parse(old), Header::parse(new)) {
        (Some(old), Some(new)) => !old.same_toolchain(&new),
        _ => false,
    }
}

fn first_difference(old: &str, new: &str) -> String {
    let mut lines = old.lines().zip(new.lines()).enumerate();
    match lines.find(|(_, (old, new))| old != new) {
        Some((number, (old, new))) => {
            format!("line {} differs\n  - {old}\n  + {new}", number + 1)
        }
        None => "one is longer than the other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Header, Modules};

    fn module(rustc: &str, body: &str) -> String {
        let header = Header {
            rustc: rustc.to_owned(),
            llvm: "22.1.8".to_owned(),
            arch: "sm_80".to_owned(),
            package: "k 0.1.0".to_owned(),
        };
        format!("{header}.version 7.8\n{body}\n")
    }

    fn modules(files: &[(&str, String)]) -> Modules {
        let owned = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.clone()));
        owned.collect()
    }

    #[test]
    fn equal_modules_do_not_differ() {
        let same = modules(&[("a.ptx", module("1.96", "ret;"))]);
        let expected = Comparison {
            equal: 1,
            ..Comparison::default()
        };
        assert_eq!(Comparison::of(&same, &same), expected);
    }

    #[test]
    fn missing_extra_and_changed_files_are_told_apart() {
        let committed = modules(&[
            ("changed.ptx", module("1.96", "ret;")),
            ("extra.ptx", module("1.96", "ret;")),
        ]);
        let built = modules(&[
            ("changed.ptx", module("1.96", "exit;")),
            ("missing.ptx", module("1.96", "ret;")),
        ]);
        assert_eq!(
            Comparison::of(&committed, &built).differences,
            [
                "extra.ptx: committed, but no source gives it",
                "changed.ptx: line 7 differs\n  - ret;\n  + exit;",
                "missing.ptx: not committed",
            ]
        );
    }

    #[test]
    fn modules_of_another_toolchain_are_not_compared() {
        let committed = modules(&[("a.ptx", module("1.96", "ret;"))]);
        let built = modules(&[("a.ptx", module("1.97", "exit;"))]);
        let comparison = Comparison::of(&committed, &built);
        assert_eq!(comparison.uncompared, ["a.ptx"]);
        assert_eq!(comparison.differences, Vec::<String>::new());
    }
}
