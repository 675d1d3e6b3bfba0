//! The committed table of what each kernel takes.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::output::Resources;
use super::tool::VERSION;

const HEADINGS: [&str; 6] = [
    "family",
    "arch",
    "kernel",
    "registers",
    "barriers",
    "shared",
];

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) family: String,
    pub(super) arch: String,
    pub(super) resources: Resources,
}

/// The table of `rows`, in an order that does not depend on theirs.
pub(super) fn table(rows: &[Row]) -> String {
    let mut lines: Vec<[String; 6]> = rows.iter().map(cells).collect();
    lines.sort();
    lines.insert(0, HEADINGS.map(str::to_owned));
    let width = |column: usize| lines.iter().map(|cells| cells[column].len()).max();
    let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut table = format!("# ptxas {VERSION}, by `cargo xtask ptxas`\n");
    for [family, arch, kernel, registers, barriers, shared] in &lines {
        let [f, a, k, r, b, s] = widths;
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{family:f$}  {arch:a$}  {kernel:k$}  {registers:>r$}  {barriers:>b$}  {shared:>s$}"
        );
    }
    table
}

fn cells(row: &Row) -> [String; 6] {
    let Resources {
        kernel,
        registers,
        barriers,
        shared,
    } = &row.resources;
    [
        row.family.clone(),
        row.arch.clone(),
        kernel.clone(),
        registers.to_string(),
        barriers.to_string(),
        shared.to_string(),
    ]
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
