//! A comparison on the terminal: a line a row that was measured both times, then a summary.

use std::collections::BTreeMap;
use std::fmt;

use super::{Change, Comparison, Verdict};

const HEADER: [&str; 9] = [
    "op",
    "dtype",
    "set",
    "shape",
    "before us",
    "after us",
    "change",
    "noise",
    "",
];

/// Columns that are words, which start together; those after them are numbers, which end together.
const WORDS: usize = 4;

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let both = |change: &&Change| !matches!(change.verdict, Verdict::New | Verdict::Gone);
        let lines: Vec<_> = self.changes().iter().filter(both).map(line).collect();
        if !lines.is_empty() {
            write_aligned(f, &lines)?;
        }
        write!(f, "{}", self.summary())?;
        for (verdict, when) in [(Verdict::New, "now"), (Verdict::Gone, "before")] {
            let count = self.count(verdict);
            if count > 0 {
                write!(f, "\n{count} only {when}: {}", self.operations(verdict))?;
            }
        }
        Ok(())
    }
}

impl Comparison {
    fn count(&self, verdict: Verdict) -> usize {
        let of_it = |change: &&Change| change.verdict == verdict;
        self.changes().iter().filter(of_it).count()
    }

    fn summary(&self) -> String {
        let count = |verdict| self.count(verdict);
        let mut text = match self.mean_ratio() {
            None => "nothing to compare".to_owned(),
            Some(ratio) => format!(
                "{} faster, {} slower, {} within noise; time now over time before {ratio:.3} ({})",
                count(Verdict::Faster),
                count(Verdict::Slower),
                count(Verdict::Same),
                "geometric mean",
            ),
        };
        if count(Verdict::Unclear) > 0 {
            text += &format!("; {} without a time", count(Verdict::Unclear));
        }
        text
    }

    /// How many rows of each operation have the verdict, and on which device.
    fn operations(&self, verdict: Verdict) -> String {
        let mut counts: BTreeMap<_, usize> = BTreeMap::new();
        for change in self.changes().iter().filter(|it| it.verdict == verdict) {
            *counts.entry((&change.device, &change.op)).or_default() += 1;
        }
        let parts = counts
            .iter()
            .map(|((device, op), count)| format!("{count} {op} on {device}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

fn line(change: &Change) -> [String; 9] {
    let shape: Vec<_> = change.shape.iter().map(ToString::to_string).collect();
    let us = |us: Option<f64>| us.map_or(String::new(), |us| format!("{us:.2}"));
    let percent = change.percent();
    let noise = percent.and(change.before);
    [
        change.op.clone(),
        change.dtype.clone(),
        change.set.clone(),
        shape.join("x"),
        us(change.before),
        us(change.after),
        percent.map_or(String::new(), |percent| format!("{percent:+.1}%")),
        noise.map_or(String::new(), |us| {
            format!("{:.1}%", 100.0 * change.noise / us)
        }),
        word(change.verdict).to_owned(),
    ]
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Same => "same",
        Verdict::Unclear => "no time",
        Verdict::New => "new",
        Verdict::Gone => "gone",
    }
}

fn write_aligned(f: &mut fmt::Formatter<'_>, lines: &[[String; 9]]) -> fmt::Result {
    let header = [HEADER.map(str::to_owned)];
    let lines = header.iter().chain(lines);
    let mut widths = [0; 9];
    for line in lines.clone() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    for line in lines {
        let mut text = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            text += &match column {
                _ if column < WORDS => format!("{cell:<width$}  "),
                8 => cell.clone(),
                _ => format!("{cell:>width$}  "),
            };
        }
        writeln!(f, "{}", text.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Row;
    use crate::report::baseline::Comparison;

    fn row(op: &str, set: &str, us: f64) -> Row {
        Row {
            op: op.to_owned(),
            dtype: "bf16".to_owned(),
            set: set.to_owned(),
            shape: vec![16, 4096],
            us,
            us_min: 0.99 * us,
            us_max: 1.01 * us,
            device: "cpu".to_owned(),
            ..Row::default()
        }
    }

    #[test]
    fn rows_are_aligned_and_summed_up() {
        let before = [
            row("mm", "a", 100.0),
            row("mm", "long name", 1000.0),
            row("topk", "a", 5.0),
            row("old", "a", 1.0),
            row("old", "b", 1.0),
            row("zero", "a", 0.0),
        ];
        let after = [
            row("mm", "a", 50.0),
            row("mm", "long name", 2000.0),
            row("topk", "a", 5.0),
            row("zero", "a", 1.0),
            row("fresh", "a", 1.0),
        ];
        let expected = "\
op    dtype  set        shape    before us  after us   change  noise
mm    bf16   a          16x4096     100.00     50.00   -50.0%   1.5%  faster
mm    bf16   long name  16x4096    1000.00   2000.00  +100.0%   3.0%  slower
topk  bf16   a          16x4096       5.00      5.00    +0.0%   2.0%  same
zero  bf16   a          16x4096       0.00      1.00                  no time
1 faster, 1 slower, 1 within noise; time now over time before 1.000 (geometric mean); 1 without a time
1 only now: 1 fresh on cpu
2 only before: 2 old on cpu";
        assert_eq!(Comparison::of(&before, &after).to_string(), expected);
    }

    #[test]
    fn nothing_in_common_is_said() {
        let text = Comparison::of(&[row("mm", "a", 1.0)], &[]).to_string();
        assert_eq!(text, "nothing to compare\n1 only before: 1 mm on cpu");
        assert_eq!(Comparison::of(&[], &[]).to_string(), "nothing to compare");
    }
}
