//! Gives internal symbols names that do not depend on where or by whom a module is built.
//!
//! rustc's mangled names carry a hash of the crate's identity, and the names of private constants
//! carry a hash of their module. Both can differ between two builds of the same source. Nobody
//! outside the module uses these names, so each becomes the readable part of the original.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A reference to a global symbol, bare or quoted.
static SYMBOL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"@(?:"[^"\n]+"|[A-Za-z0-9_.$-]+)"#).expect("a valid pattern"));

/// The definition of a symbol that is invisible outside the module.
static INTERNAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)^(?:define (?:internal|private) [^@\n]*(?<function>@(?:"[^"\n]+"|[A-Za-z0-9_.$-]+))\(|(?<global>@(?:"[^"\n]+"|[A-Za-z0-9_.$-]+)) = (?:internal|private) )"#,
    )
    .expect("a valid pattern")
});

/// The longest name given; ptxas has no trouble with more, readers do.
const LONGEST: usize = 96;

/// Renames every internal symbol of `ir`, numbering equal names in order of appearance.
pub(crate) fn normalise_names(ir: &str) -> String {
    let internal: HashSet<&str> = INTERNAL
        .captures_iter(ir)
        .filter_map(|found| found.name("function").or(found.name("global")))
        .map(|symbol| symbol.as_str())
        .collect();
    let symbols = || SYMBOL.find_iter(ir).map(|symbol| symbol.as_str());
    let mut taken: HashSet<String> = symbols()
        .filter(|symbol| !internal.contains(symbol))
        .map(|symbol| bare(symbol).to_owned())
        .collect();
    let mut renamed: HashMap<&str, String> = HashMap::new();
    for symbol in symbols().filter(|symbol| internal.contains(symbol)) {
        renamed
            .entry(symbol)
            .or_insert_with(|| unused_name(&readable(bare(symbol)), &mut taken));
    }
    let replace = |found: &Captures<'_>| match renamed.get(&found[0]) {
        Some(name) => format!("@{name}"),
        None => found[0].to_owned(),
    };
    SYMBOL.replace_all(ir, replace).into_owned()
}

fn bare(symbol: &str) -> &str {
    symbol.trim_start_matches('@').trim_matches('"')
}

/// The part of a symbol that a reader knows: the demangled path without hashes, in the characters
/// that PTX identifiers have.
fn readable(symbol: &str) -> String {
    let path = match symbol.split_once('.') {
        Some(("anon" | "alloc" | "switch", _)) => {
            symbol[..symbol.find('.').unwrap_or(0)].to_owned()
        }
        _ => format!("{:#}", rustc_demangle::demangle(symbol)),
    };
    let words: Vec<&str> = path
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut name = words.join("_");
    name.truncate(LONGEST);
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() => name,
        _ => format!("local_{name}"),
    }
}

fn unused_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::normalise_names;

    #[test]
    fn hashes_go_and_paths_stay() {
        let ir = r#"@anon.3f2a.0 = private unnamed_addr constant [1 x i8] c"x"
@anon.3f2a.1 = private unnamed_addr constant [1 x i8] c"y"
@__dynamic_shared = external addrspace(3) global [0 x i8], align 1024
define internal fastcc void @_RNvNtCsitLHWDqi81h_4core9panicking9panic_fmt() {
define ptx_kernel void @f() {
  call void @g(ptr @anon.3f2a.1, ptr @anon.3f2a.0, ptr @__dynamic_shared)
  call fastcc void @_RNvNtCsitLHWDqi81h_4core9panicking9panic_fmt()
"#;
        let expected = r#"@anon = private unnamed_addr constant [1 x i8] c"x"
@anon_1 = private unnamed_addr constant [1 x i8] c"y"
@__dynamic_shared = external addrspace(3) global [0 x i8], align 1024
define internal fastcc void @core_panicking_panic_fmt() {
define ptx_kernel void @f() {
  call void @g(ptr @anon_1, ptr @anon, ptr @__dynamic_shared)
  call fastcc void @core_panicking_panic_fmt()
"#;
        assert_eq!(normalise_names(ir), expected);
    }

    #[test]
    fn a_new_name_never_takes_one_that_is_in_use() {
        let ir = "@anon.1.0 = private constant i8 1\n@anon = global i8 2\n";
        let expected = "@anon_1 = private constant i8 1\n@anon = global i8 2\n";
        assert_eq!(normalise_names(ir), expected);
    }

    #[test]
    fn quoted_names_lose_their_quotes() {
        let ir = "define internal void @\"<T as U>::f\"() {\n  call void @\"<T as U>::f\"()\n";
        let expected = "define internal void @T_as_U_f() {\n  call void @T_as_U_f()\n";
        assert_eq!(normalise_names(ir), expected);
    }
}
