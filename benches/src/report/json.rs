//! Rows in a file: a JSON array, one row a line, so that versions of it compare well.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Row;

/// Writes all rows, in place of what the file held.
///
/// # Errors
/// The file's name, if it cannot be written.
pub fn write(rows: &[Row], file: &Path) -> Result<()> {
    let lines = rows.iter().map(serde_json::to_string);
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// The file's name, if it cannot be read or holds anything else.
pub fn read(file: &Path) -> Result<Vec<Row>> {
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let rows = serde_json::from_str(&text);
    rows.with_context(|| format!("{} holds no results", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::report::Row;

    #[test]
    fn rows_come_back_one_a_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("rows.json");
        let rows = [1.0, 2.5].map(|us| Row {
            us,
            peer: Some("cublaslt".to_owned()),
            ..Row::default()
        });
        write(&rows, &file).expect("written");
        assert_eq!(read(&file).expect("read"), rows);
        let text = std::fs::read_to_string(&file).expect("text");
        assert_eq!(text.lines().count(), 4);
        std::fs::write(&file, "{}").expect("written");
        let error = read(&file).expect_err("no rows").to_string();
        assert!(error.contains("rows.json"), "{error}");
    }
}
