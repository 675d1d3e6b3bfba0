//! Rows against earlier ones: what moved, by how much, and whether that means anything.
//!
//! Rows belong together if operation, type, set, shape and device are the same. What is noise, and what a
//! [`Verdict`] means, is said at [`Change`].

mod change;
mod table;

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use anyhow::{Context, Result};

use super::{Row, json};

pub use change::{Change, Verdict};

/// What rows have in common with their earlier selves.
type Key<'a> = (&'a str, &'a str, &'a str, &'a [usize], &'a str);

fn key(row: &Row) -> Key<'_> {
    (&row.op, &row.dtype, &row.set, &row.shape, &row.device)
}

/// A change for each row of `after`, in its order, then for each of `before` that is gone. Rows with the same
/// key are taken in turn.
#[must_use]
pub fn compare(before: &[Row], after: &[Row]) -> Vec<Change> {
    let mut earlier: HashMap<_, VecDeque<_>> = HashMap::new();
    for (i, row) in before.iter().enumerate() {
        earlier.entry(key(row)).or_default().push_back(i);
    }
    let mut gone = vec![true; before.len()];
    let mut changes = Vec::new();
    for row in after {
        let found = earlier.get_mut(&key(row)).and_then(VecDeque::pop_front);
        if let Some(i) = found {
            gone[i] = false;
        }
        changes.extend(Change::of(found.map(|i| &before[i]), Some(row)));
    }
    let gone = before.iter().zip(gone).filter(|(_, gone)| *gone);
    changes.extend(gone.filter_map(|(row, _)| Change::of(Some(row), None)));
    changes
}

/// Earlier rows, from a file.
///
/// # Errors
/// The file's name, if it cannot be read or holds no rows.
pub fn read(file: &Path) -> Result<Vec<Row>> {
    json::read(file).context("no baseline")
}

/// All changes, to be shown.
pub struct Comparison(Vec<Change>);

impl Comparison {
    /// What moved from `before` to `after`.
    #[must_use]
    pub fn of(before: &[Row], after: &[Row]) -> Self {
        Self(compare(before, after))
    }

    /// The changes, as [`compare`] gives them.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// The geometric mean of the times now over the times then; none if nothing can be compared.
    #[must_use]
    pub fn mean_ratio(&self) -> Option<f64> {
        let logs: Vec<f64> = self
            .0
            .iter()
            .filter_map(Change::ratio)
            .map(f64::ln)
            .collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        (!logs.is_empty()).then(|| mean.exp())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::slice::from_ref;

    use super::Verdict::{Gone, New, Same, Slower};
    use super::{Comparison, compare, read};
    use crate::report::Row;

    fn row(op: &str, us: f64, us_min: f64, us_max: f64) -> Row {
        Row {
            op: op.to_owned(),
            shape: vec![1, 2],
            us,
            us_min,
            us_max,
            ..Row::default()
        }
    }

    #[test]
    fn rows_match_by_all_that_names_them() {
        let base = row("mm", 1.0, 1.0, 1.0);
        let text = || "other".to_owned();
        let others = [
            Row {
                op: text(),
                ..base.clone()
            },
            Row {
                dtype: text(),
                ..base.clone()
            },
            Row {
                set: text(),
                ..base.clone()
            },
            Row {
                shape: vec![2, 1],
                ..base.clone()
            },
            Row {
                device: text(),
                ..base.clone()
            },
        ];
        for other in others {
            let changes = compare(from_ref(&base), &[other]);
            let verdicts: Vec<_> = changes.iter().map(|change| change.verdict).collect();
            assert_eq!(verdicts, [New, Gone]);
        }
        let commit = Row {
            commit: text(),
            ..base.clone()
        };
        assert_eq!(compare(&[base], &[commit])[0].verdict, Same);
    }

    #[test]
    fn rows_of_one_name_are_taken_in_turn() {
        let before = [1.0, 2.0, 3.0].map(|us| row("mm", us, us, us));
        let after = [1.0, 4.0].map(|us| row("mm", us, us, us));
        let changes = compare(&before, &after);
        let verdicts: Vec<_> = changes.iter().map(|change| change.verdict).collect();
        assert_eq!(verdicts, [Same, Slower, Gone]);
        assert_eq!(changes[2].before, Some(3.0));
    }

    #[test]
    fn the_mean_is_geometric() {
        let before = [1.0, 1.0].map(|us| row("mm", us, us, us));
        let after = [4.0, 0.25].map(|us| row("mm", us, us, us));
        let mean = Comparison::of(&before, &after).mean_ratio();
        assert!((mean.expect("times") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_file_that_is_no_baseline_is_one_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("rows.json");
        let error = || format!("{:#}", read(&file).expect_err("no rows"));
        let missing = error();
        fs::write(&file, "[{\"op\": 1}]").expect("written");
        for error in [missing, error()] {
            assert!(error.starts_with("no baseline: "), "{error}");
            assert!(
                error.contains("rows.json") && error.lines().count() == 1,
                "{error}"
            );
        }
        fs::write(&file, "[]").expect("written");
        assert_eq!(read(&file).expect("no rows, but a list"), []);
    }
}
