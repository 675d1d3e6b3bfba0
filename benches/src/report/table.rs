//! Rows on the terminal, as they come.

use super::Row;

/// The line above the rows.
#[must_use]
pub fn header() -> String {
    format!(
        "{:<19} {:<17} {:<26} {:<22} {:>10} {:>6} {:>8} {:>8} {:>6} {:>10} {:>6} {:>6}",
        "op",
        "dtype",
        "set",
        "shape",
        "us",
        "+-",
        "GB/s",
        "TFLOP/s",
        "roof",
        "peer us",
        "ratio",
        "MHz"
    )
}

/// One row.
#[must_use]
pub fn line(row: &Row) -> String {
    let shape = row.shape.iter().map(ToString::to_string);
    let shape = shape.collect::<Vec<_>>().join("x");
    let spread = 50.0 * (row.us_max - row.us_min) / row.us;
    let mut line = format!(
        "{:<19} {:<17} {:<26} {:<22} {:>10.2} {:>5.1}% {:>8} {:>8} {:>6} {:>10} {:>6} {:>6}",
        row.op,
        row.dtype,
        row.set,
        shape,
        row.us,
        spread,
        number(row.gbps, 1, ""),
        number(row.tflops, 1, ""),
        number(row.roofline.map(|share| 100.0 * share), 1, "%"),
        number(row.peer_us, 2, ""),
        number(row.ratio, 2, ""),
        row.clock.map_or(String::new(), |clock| clock.to_string()),
    );
    if let Some(sustained) = row.us_sustained {
        line += &format!("   sustained {sustained:.2} us");
        if let Some(peer) = row.peer_us_sustained {
            line += &format!(", peer {peer:.2}, ratio {:.2}", peer / sustained);
        }
    }
    line.trim_end().to_owned()
}

fn number(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or(String::new(), |value| format!("{value:.digits$}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::{header, line};
    use crate::report::Row;

    #[test]
    fn columns_line_up_and_missing_values_are_blank() {
        let row = Row {
            op: "mm".to_owned(),
            shape: vec![1, 2, 3],
            us: 10.0,
            us_min: 9.0,
            us_max: 11.0,
            tflops: Some(12.34),
            ratio: Some(1.5),
            ..Row::default()
        };
        let (header, line) = (header(), line(&row));
        let end = |text: &str, part: &str| text.find(part).expect(part) + part.len();
        assert_eq!(end(&header, "TFLOP/s"), end(&line, "12.3"));
        assert_eq!(end(&header, "ratio"), end(&line, "1.50"));
        assert!(line.contains("10.0%") && line.contains("1x2x3"));
    }
}
