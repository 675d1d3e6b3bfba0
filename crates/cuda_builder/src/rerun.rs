//! Tells cargo which files the PTX was made of, where the builder runs in a build script.
//!
//! cargo leaves a list of the sources of a library and of its path dependencies beside the library:
//! `libname.d`, in make's format.

use std::env;
use std::fs;
use std::path::PathBuf;

/// Prints a `rerun-if-changed` line for each source of `libraries`.
pub(crate) fn announce(libraries: &[PathBuf]) {
    // cargo sets these two together for build scripts alone.
    if env::var_os("OUT_DIR").is_none() || env::var_os("HOST").is_none() {
        return;
    }
    for library in libraries {
        let list = fs::read_to_string(library.with_extension("d"));
        for source in sources(&list.unwrap_or_default()) {
            println!("cargo::rerun-if-changed={source}");
        }
    }
}

/// The prerequisites of a makefile's rule `target: a b c`, where `\ ` is a blank in a name.
fn sources(rule: &str) -> Vec<String> {
    let mut sources = vec![String::new()];
    let names = rule
        .trim_end()
        .split_once(": ")
        .map_or("", |(_, names)| names);
    let mut characters = names.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, sources.last_mut()) {
            (' ', _) => sources.push(String::new()),
            ('\\', Some(last)) if characters.next_if_eq(&' ').is_some() => last.push(' '),
            (c, Some(last)) => last.push(c),
            (_, None) => {}
        }
    }
    sources.retain(|source| !source.is_empty());
    sources
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn reads_the_list_that_cargo_writes() {
        let rule = "/t/libk.rlib: /k/src/lib.rs /with\\ blank/src/a.rs\n";
        assert_eq!(sources(rule), ["/k/src/lib.rs", "/with blank/src/a.rs"]);
        assert_eq!(sources("/t/libk.rlib: \n"), Vec::<String>::new());
        assert_eq!(sources(""), Vec::<String>::new());
    }
}
