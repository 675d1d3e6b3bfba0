//! A sweep: case after case, a row each; what fails is one line, and the rest goes on.

use std::path::Path;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::case::Spec;
use crate::measure::Meter;
use crate::report::{Row, json, table};

/// What the bar shows.
const BAR: &str = "{bar:30} {pos}/{len}, {eta} left  {msg}";

/// What came of a sweep.
pub struct Swept {
    /// A row a case that was measured.
    pub rows: Vec<Row>,
    /// Cases that were not.
    pub failures: usize,
}

/// Measures all cases. Rows are printed, and written to `file`, as they come.
///
/// # Errors
/// If the file cannot be written.
pub fn run(meter: &Meter<'_>, specs: &[Spec], file: Option<&Path>) -> Result<Swept> {
    let style = ProgressStyle::with_template(BAR)?;
    let bar = ProgressBar::new(specs.len() as u64).with_style(style);
    let mut swept = Swept {
        rows: Vec::new(),
        failures: 0,
    };
    let mut op = "";
    for spec in specs {
        if op != spec.op {
            op = spec.op;
            bar.suspend(|| println!("{}", table::header()));
        }
        bar.set_message(name(spec));
        match meter.measure(spec) {
            Ok(row) => {
                bar.suspend(|| println!("{}", table::line(&row)));
                swept.rows.push(row);
                file.map_or(Ok(()), |file| json::write(&swept.rows, file))?;
            }
            Err(error) => {
                swept.failures += 1;
                let reason = one_line(&format!("{error:#}"));
                bar.suspend(|| eprintln!("error: {}: {reason}", name(spec)));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(swept)
}

/// A case's name for people.
fn name(spec: &Spec) -> String {
    let shape = spec.shape.iter().map(ToString::to_string);
    let shape = shape.collect::<Vec<_>>().join("x");
    format!("{} {} {} {shape}", spec.op, spec.dtype, spec.set)
}

fn one_line(text: &str) -> String {
    text.split('\n')
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn reasons_are_one_line() {
        assert_eq!(one_line("a:\n  b\n  c"), "a:; b; c");
    }
}
