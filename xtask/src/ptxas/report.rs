//! The committed table of what each kernel takes.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::output::Resources;
use super::tool::VERSION;

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) family: String,
    pub(super) arch: String,
    pub(super) resources: Resources,
}

/// The table of `rows`, in an order that does not depend on theirs.
pub(super) fn table(rows: &[Row]) -> String {
    let key = |row: &Row| {
        let kernel = row.resources.kernel.clone();
        (row.family.clone(), row.arch.clone(), kernel)
    };
    let mut rows = rows.to_vec();
    rows.sort_by_key(key);
    let longest = |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).len()).max();
    let family = longest(|row| &row.family).unwrap_or(0).max(6);
    let kernel = longest(|row| &row.resources.kernel).unwrap_or(0).max(6);
    let mut table = format!("# ptxas {VERSION}, by `cargo xtask ptxas`\n");
    let mut line = |f: &str, a: &str, k: &str, [r, b, s]: [&str; 3]| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{f:family$}  {a:7}  {k:kernel$}  {r:>9}  {b:>8}  {s:>6}"
        );
    };
    line(
        "family",
        "arch",
        "kernel",
        ["registers", "barriers", "shared"],
    );
    for Row {
        family,
        arch,
        resources,
    } in &rows
    {
        let numbers = [resources.registers, resources.barriers, resources.shared];
        let [r, b, s] = numbers.map(|number| number.to_string());
        line(family, arch, &resources.kernel, [&r, &b, &s]);
    }
    table
}

/// The lines that one table has and the other has not.
pub(super) fn changes(old: &str, new: &str) -> Vec<String> {
    let lines = |text| -> BTreeSet<String> { str::lines(text).map(squeeze).collect() };
    let (old, new) = (lines(old), lines(new));
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let come = new.difference(&old).map(|line| format!("+ {line}"));
    let mut changes: Vec<String> = gone.chain(come).collect();
    changes.sort_by(|a, b| a[2..].cmp(&b[2..]));
    changes
}

/// A line without the padding, which changes with the longest name.
fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Resources, Row, changes, table};

    fn row(kernel: &str, registers: u32) -> Row {
        Row {
            family: "activation".to_owned(),
            arch: "sm_80".to_owned(),
            resources: Resources {
                kernel: kernel.to_owned(),
                registers,
                barriers: 1,
                shared: 0,
            },
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let (a, b) = (row("a", 24), row("b", 32));
        assert_eq!(table(&[a.clone(), b.clone()]), table(&[b, a]));
    }

    #[test]
    fn changes_name_the_kernel_and_ignore_padding() {
        let old = table(&[row("a", 24), row("b", 32)]);
        let new = table(&[row("a", 24), row("b", 40), row("a_longer_name", 8)]);
        assert_eq!(changes(&old, &old), Vec::<String>::new());
        assert_eq!(
            changes(&old, &new),
            [
                "+ activation sm_80 a_longer_name 8 1 0",
                "- activation sm_80 b 32 1 0",
                "+ activation sm_80 b 40 1 0",
            ]
        );
    }
}
