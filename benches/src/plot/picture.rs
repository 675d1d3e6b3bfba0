//! A picture: one family of operations on one device.

use super::facet::{Section, sections, words};
use super::page::Page;
use super::series::{Metric, Series, group_by};
use crate::report::Row;

/// What a picture shows.
pub(super) struct Picture {
    family: String,
    device: String,
    /// Whether the device is part of the file's name.
    of_several: bool,
    commit: Option<String>,
    series: Vec<Series>,
}

impl Picture {
    /// The pictures of these rows.
    pub(super) fn all(rows: &[Row]) -> Vec<Self> {
        let rows: Vec<&Row> = rows.iter().collect();
        let of_several = group_by(&rows, |row| &row.device).len() > 1;
        let groups = group_by(&rows, |row| (&row.family, &row.device));
        let pictures = groups.iter().map(|rows| Self::new(rows, of_several));
        pictures
            .filter(|picture| !picture.series.is_empty())
            .collect()
    }

    fn new(rows: &[&Row], of_several: bool) -> Self {
        let one_commit = rows.iter().all(|row| row.commit == rows[0].commit);
        let commit = Some(rows[0].commit.clone()).filter(|it| one_commit && !it.is_empty());
        Self {
            family: rows[0].family.clone(),
            device: rows[0].device.clone(),
            of_several,
            commit,
            series: Series::all(rows),
        }
    }

    /// The name of its files, but for the extension.
    pub(super) fn file_stem(&self) -> String {
        let device = self.of_several.then_some(self.device.as_str());
        let safe = |it: char| {
            if it.is_alphanumeric() || it == '_' {
                it
            } else {
                '-'
            }
        };
        let stem: String = words(&[Some(&self.family), device])
            .chars()
            .map(safe)
            .collect();
        let parts = stem.split('-').filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("-")
    }

    /// Draws it, as SVG.
    pub(super) fn draw(&self) -> String {
        let sections = sections(&self.series);
        let mut page = Page::new(&sections);
        page.head(&self.title(), &self.subtitle(&sections));
        for section in &sections {
            page.section(section);
        }
        page.finish(self.commit.as_deref())
    }

    /// The family and the device.
    fn title(&self) -> String {
        let gpu = self
            .device
            .strip_prefix("cuda:")
            .and_then(|it| it.split_once('('));
        let name = gpu.map_or(self.device.as_str(), |(_, name)| name.trim_end_matches(')'));
        format!("{} on {name}", self.family)
    }

    /// What is plotted, in a line or two.
    fn subtitle(&self, sections: &[Section]) -> Vec<String> {
        let shares = sections
            .iter()
            .any(|section| section.metric == Metric::Roofline);
        let what = match shares {
            true => "100% is all that memory or matrix units allow",
            false => "from the median of the times",
        };
        let what = format!("over M, the rows or tokens; {what}");
        let line = match self.common().as_str() {
            "" => what,
            common => format!("{common} {what}"),
        };
        let compared = self.series.iter().find(|it| !it.ratios.is_empty());
        let peer = compared.map(|it| it.peer.as_deref().unwrap_or("the peer"));
        let ratio = peer.map(|peer| format!("speed relative to {peer}: its time over ours"));
        std::iter::once(line).chain(ratio).collect()
    }

    /// Operation, element type and model, as far as all series have them in common and the title has them not.
    fn common(&self) -> String {
        let first = &self.series[0];
        let same = |part: fn(&Series) -> &str| self.series.iter().all(|it| part(it) == part(first));
        let op = Some(first.op.as_str()).filter(|op| same(|it| &it.op) && *op != self.family);
        let dtype = Some(first.dtype.as_str()).filter(|_| same(|it| &it.dtype));
        let model = Some(first.model.as_str()).filter(|_| same(|it| &it.model));
        words(&[op, dtype, model])
    }
}
