//! Series: the rows of one operation, element type and set of shapes, over M.

use std::collections::BTreeMap;

use crate::report::Row;

/// What is drawn over M; of several, the first that a series has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Metric {
    /// Share of the roofline, 1 being all of it.
    Roofline,
    /// 10^12 floating-point operations a second.
    Tflops,
    /// 10^9 bytes a second.
    Gbps,
    /// Microseconds.
    Us,
}

impl Metric {
    const ALL: [Self; 4] = [Self::Roofline, Self::Tflops, Self::Gbps, Self::Us];

    fn of(self, row: &Row) -> Option<f64> {
        let value = match self {
            Self::Roofline => row.roofline,
            Self::Tflops => row.tflops,
            Self::Gbps => row.gbps,
            Self::Us => Some(row.us),
        };
        value.filter(|&value| drawable(value))
    }
}

/// Points of a line: M and the value there, by M.
pub(super) type Points = Vec<(f64, f64)>;

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// The operation.
    pub op: String,
    /// The element type.
    pub dtype: String,
    /// The model, or whatever the set of shapes is named for.
    pub model: String,
    /// The name within the model's set; may be empty.
    pub label: String,
    /// What `values` are.
    pub metric: Metric,
    /// The metric over M.
    pub values: Points,
    /// The peer's time over ours, over M.
    pub ratios: Points,
    /// Who the peer is.
    pub peer: Option<String>,
}

impl Series {
    /// The series of these rows, in the rows' order.
    pub(super) fn all(rows: &[&Row]) -> Vec<Self> {
        let alike = group_by(rows, |row| (&row.op, &row.dtype, &row.set));
        let series = alike.iter().flat_map(|rows| of_one_set(rows)).collect();
        join_single_points(series)
    }

    fn new(rows: &[&Row], label: String) -> Option<Self> {
        let has = |metric: &Metric| rows.iter().any(|row| metric.of(row).is_some());
        let metric = Metric::ALL.into_iter().find(has)?;
        let first = rows.first()?;
        Some(Self {
            op: first.op.clone(),
            dtype: first.dtype.clone(),
            model: split(&first.set).0.to_owned(),
            label,
            metric,
            values: points(rows, |row| metric.of(row)),
            ratios: points(rows, |row| row.ratio.filter(|&ratio| drawable(ratio))),
            peer: rows.iter().find_map(|row| row.peer.clone()),
        })
    }
}

/// Groups items by a key, both in the order in which they come first.
pub(super) fn group_by<T: Clone, K: PartialEq>(items: &[T], key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let key = key(item);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, group)) => group.push(item.clone()),
            None => groups.push((key, vec![item.clone()])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// One series, unless shapes of the set have M in common: then one for each shape but for M, named for it too.
fn of_one_set(rows: &[&Row]) -> Vec<Series> {
    let label = split(&rows[0].set).1;
    let shapes = group_by(rows, |row| &row.shape);
    let ms = group_by(rows, |row| row.shape.first());
    if shapes.len() == ms.len() {
        return Series::new(rows, label.to_owned()).into_iter().collect();
    }
    let tails = group_by(rows, |row| row.shape.get(1..));
    let named = tails.iter().filter_map(|rows| {
        let tail: Vec<_> = rows[0]
            .shape
            .iter()
            .skip(1)
            .map(ToString::to_string)
            .collect();
        Series::new(
            rows,
            format!("{label} {}", tail.join("x")).trim().to_owned(),
        )
    });
    named.collect()
}

/// Shapes that come at one M each, as squares do, are one line together.
fn join_single_points(series: Vec<Series>) -> Vec<Series> {
    let alike = group_by(&series, |it| {
        (it.op.clone(), it.dtype.clone(), it.model.clone(), it.metric)
    });
    alike.into_iter().flat_map(join).collect()
}

fn join(group: Vec<Series>) -> Vec<Series> {
    let single = group.iter().all(|it| it.values.len() == 1);
    let ms = group_by(&group, |it| it.values.first().map(|&(m, _)| m.to_bits()));
    if group.len() < 2 || !single || ms.len() != group.len() {
        return group;
    }
    let sorted = |points: fn(&Series) -> &Points| {
        let mut all: Points = group.iter().flat_map(points).copied().collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    };
    vec![Series {
        label: String::new(),
        values: sorted(|it| &it.values),
        ratios: sorted(|it| &it.ratios),
        peer: group.iter().find_map(|it| it.peer.clone()),
        ..group[0].clone()
    }]
}

/// The points of the rows that have M and a value; of several rows at one M, the last.
fn points(rows: &[&Row], value: impl Fn(&Row) -> Option<f64>) -> Points {
    let point = |row: &&Row| {
        let m = row.shape.first().copied().filter(|&m| m > 0)?;
        Some((m, value(row)?))
    };
    let by_m: BTreeMap<usize, f64> = rows.iter().filter_map(point).collect();
    by_m.into_iter()
        .map(|(m, value)| (m as f64, value))
        .collect()
}

fn drawable(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// A set's name as the model and the rest.
fn split(set: &str) -> (&str, &str) {
    set.split_once(' ').unwrap_or((set, ""))
}
