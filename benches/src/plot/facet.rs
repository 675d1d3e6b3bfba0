//! Small multiples: which series share a panel, and which panels share axes.
//!
//! Six lines are as many as can be told apart. The series of a picture are split by operation, element type and
//! model, by as few of them as make facets of six; a model with more series than that gets several facets.

use super::series::{Metric, Series, group_by};

/// The most series in a facet, and the number of colours.
pub(super) const MOST: usize = 6;

/// Series that share panels.
pub(super) struct Facet {
    /// What tells it from the other facets of its section; may be empty.
    pub title: String,
    /// The lines, each with its name; a single line may have none.
    pub lines: Vec<(String, Series)>,
}

/// Facets that share axes.
pub(super) struct Section {
    /// What its facets have in common and others have not; may be empty.
    pub title: String,
    /// What its facets show.
    pub metric: Metric,
    /// At least one.
    pub facets: Vec<Facet>,
}

/// What facets differ in.
#[derive(Clone, Copy, Default)]
struct Split {
    op: bool,
    dtype: bool,
    model: bool,
}

impl Split {
    /// From few facets to many.
    const ALL: [Self; 8] = [
        Self::by(false, false, false),
        Self::by(true, false, false),
        Self::by(false, true, false),
        Self::by(true, true, false),
        Self::by(false, false, true),
        Self::by(true, false, true),
        Self::by(false, true, true),
        Self::by(true, true, true),
    ];

    const fn by(op: bool, dtype: bool, model: bool) -> Self {
        Self { op, dtype, model }
    }

    fn groups(self, series: &[Series]) -> Vec<Vec<Series>> {
        group_by(series, |it| {
            let part = |is: bool, part: &str| is.then(|| part.to_owned());
            (
                it.metric,
                part(self.op, &it.op),
                part(self.dtype, &it.dtype),
                part(self.model, &it.model),
            )
        })
    }

    /// The first that makes facets of at most [`MOST`] series, or else the last.
    fn fitting(series: &[Series]) -> Self {
        let fits = |split: &Self| split.groups(series).iter().all(|group| group.len() <= MOST);
        Self::ALL.into_iter().find(fits).unwrap_or(Self::ALL[7])
    }

    /// Operation and element type, as far as facets differ in them.
    fn kind(self, of: &Series, varying: Self) -> String {
        let op = (self.op && varying.op).then_some(of.op.as_str());
        let dtype = (self.dtype && varying.dtype).then_some(of.dtype.as_str());
        words(&[op, dtype])
    }

    /// The series' name within its facet: what neither the facet's title nor the picture's says.
    fn name(self, of: &Series, varying: Self) -> String {
        let op = (!self.op && varying.op).then_some(of.op.as_str());
        let dtype = (!self.dtype && varying.dtype).then_some(of.dtype.as_str());
        let model = (!self.model && varying.model).then_some(of.model.as_str());
        words(&[op, model, Some(&of.label), dtype])
    }
}

/// The sections of a picture with these series.
pub(super) fn sections(series: &[Series]) -> Vec<Section> {
    let split = Split::fitting(series);
    let varying = varying(series);
    let mut sections: Vec<Section> = Vec::new();
    for group in split.groups(series) {
        let kind = split.kind(&group[0], varying);
        let by_model = split.model && varying.model;
        let (section, facet) = match by_model {
            true => (kind, group[0].model.clone()),
            false => (String::new(), kind),
        };
        let facets = facets(&facet, &group, |it| split.name(it, varying));
        let metric = group[0].metric;
        let same = |it: &&mut Section| it.title == section && it.metric == metric;
        match sections.iter_mut().find(same) {
            Some(section) => section.facets.extend(facets),
            None => sections.push(Section {
                title: section,
                metric,
                facets,
            }),
        }
    }
    sections
}

/// Facets of a group: several of about the same size if it is too large for one.
fn facets(title: &str, group: &[Series], name: impl Fn(&Series) -> String) -> Vec<Facet> {
    let parts = group.len().div_ceil(MOST);
    let chunks = group.chunks(group.len().div_ceil(parts)).enumerate();
    let facet = |(i, chunk): (usize, &[Series])| Facet {
        title: match parts {
            1 => title.to_owned(),
            _ => format!("{title} ({} of {parts})", i + 1).trim().to_owned(),
        },
        lines: chunk.iter().map(|it| (name(it), it.clone())).collect(),
    };
    chunks.map(facet).collect()
}

/// What the series differ in.
fn varying(series: &[Series]) -> Split {
    let differ = |part: fn(&Series) -> &str| series.iter().any(|it| part(it) != part(&series[0]));
    Split::by(
        differ(|it| &it.op),
        differ(|it| &it.dtype),
        differ(|it| &it.model),
    )
}

/// The parts there are, with a space between.
pub(super) fn words(parts: &[Option<&str>]) -> String {
    let parts = parts.iter().flatten().filter(|part| !part.is_empty());
    parts.copied().collect::<Vec<_>>().join(" ")
}
