//! The page: facets in rows, section under section.
//!
//! ```text
//! title
//! subtitle
//! legend, if one is enough for all facets
//!
//! section
//!        facet               facet               facet
//!        its legend          its legend          its legend
//!        caption
//!  100%  +--------------+    +--------------+    +--------------+
//!        |    metric    |    |              |    |              |
//!    0%  +--------------+    +--------------+    +--------------+
//!        caption
//!    1x  |    ratio     |    |              |    |              |
//!   M =   1  16  256         1  16  256          1  16  256
//! ```

use super::axes::Axis;
use super::canvas::{Canvas, GREY, INK, Rect, Type};
use super::facet::{Facet, Section};
use super::font;
use super::legend::Legend;
use super::panel::{Panel, WORD};

const TITLE: Type = Type::new(21.0, INK).bold();
const SUBTITLE: Type = Type::new(12.5, GREY);
const SECTION: Type = Type::new(15.0, INK).bold();
const FACET: Type = Type::new(12.5, INK).bold();
const NOTE: Type = Type::new(10.5, GREY);

/// Blank paper around everything.
const MARGIN: f64 = 30.0;
/// Left of the first facet, for the y axis' numbers.
const GUTTER: f64 = 44.0;
/// Between facets, and between a row of them and the next.
const GAP: f64 = 26.0;
/// Above a panel, for its caption.
const CAPTION: f64 = 22.0;
/// Under the lower panel, for M.
const NUMBERS: f64 = 20.0;

/// A page that is filled from the top.
pub(super) struct Page {
    canvas: Canvas,
    /// Facets in a row.
    columns: usize,
    /// The width and the height of a metric's panel.
    panel: (f64, f64),
    /// The legend of all facets, if one is enough.
    legend: Option<Legend>,
    /// Where the next thing goes.
    y: f64,
}

/// What the facets of a section have in common.
struct Axes {
    m: Axis,
    metric: Axis,
    ratio: Option<Axis>,
}

impl Page {
    /// An empty page, as wide as these sections need it.
    pub(super) fn new(sections: &[Section]) -> Self {
        let columns = columns(sections);
        let panel = match columns {
            1 => (720.0, 260.0),
            2 => (440.0, 190.0),
            3 => (340.0, 165.0),
            _ => (262.0, 150.0),
        };
        Self {
            canvas: Canvas::new(),
            columns,
            panel,
            legend: Legend::common(sections),
            y: MARGIN,
        }
    }

    /// The title, what is plotted, and the legend.
    pub(super) fn head(&mut self, title: &str, subtitle: &[String]) {
        self.canvas.text((MARGIN, self.y + 17.0), TITLE, title);
        self.y += 38.0;
        for line in subtitle {
            self.canvas.text((MARGIN, self.y), SUBTITLE, line);
            self.y += 17.0;
        }
        let width = self.width() - 2.0 * MARGIN;
        if let Some(legend) = &self.legend {
            legend.draw(&mut self.canvas, (MARGIN, self.y), width);
            self.y += legend.height(width);
        }
        self.y += 12.0;
    }

    /// A section: its title and its facets.
    pub(super) fn section(&mut self, section: &Section) {
        if !section.title.is_empty() {
            self.canvas
                .text((MARGIN, self.y + 16.0), SECTION, &section.title);
            self.y += 28.0;
        }
        let axes = Axes {
            m: Axis::m(section, self.panel.0),
            metric: Axis::metric(section),
            ratio: Axis::ratio(section, WORD / self.ratio_height()),
        };
        for row in section.facets.chunks(self.columns) {
            self.row(row, &axes);
        }
    }

    /// The SVG, with a note of what was measured at the bottom.
    pub(super) fn finish(mut self, commit: Option<&str>) -> String {
        if let Some(commit) = commit {
            let commit: String = commit.chars().take(12).collect();
            self.canvas
                .text((MARGIN, self.y), NOTE, &format!("commit {commit}"));
            self.y += GAP / 2.0;
        }
        let (width, height) = (self.width(), self.y + MARGIN - GAP / 2.0);
        self.canvas.finish(width, height)
    }

    fn width(&self) -> f64 {
        let columns = self.columns as f64;
        2.0 * MARGIN + GUTTER + columns * self.panel.0 + (columns - 1.0) * GAP
    }

    fn ratio_height(&self) -> f64 {
        0.5 * self.panel.1 + 2.0 * WORD
    }

    /// Facets side by side.
    fn row(&mut self, facets: &[Facet], axes: &Axes) {
        let own = self.legend.is_none();
        let legends: Vec<_> = facets.iter().map(Legend::of).collect();
        let heights = legends
            .iter()
            .filter(|_| own)
            .map(|it| it.height(self.panel.0));
        let legend_height = heights.fold(0.0, f64::max);
        let titled = facets.iter().any(|facet| !facet.title.is_empty());
        let title_height = if titled { 20.0 } else { 0.0 };
        let top = self.y;
        for (i, facet) in facets.iter().enumerate() {
            let x = MARGIN + GUTTER + i as f64 * (self.panel.0 + GAP);
            let title = font::fit(&facet.title, FACET.size, self.panel.0);
            self.canvas.text((x, top + 12.0), FACET, &title);
            if own {
                legends[i].draw(&mut self.canvas, (x, top + title_height), self.panel.0);
            }
            self.y = top + title_height + legend_height;
            let legend = self.legend.clone().unwrap_or_else(|| legends[i].clone());
            self.panels(facet, axes, &legend, (x, i == 0));
        }
        self.y += GAP;
    }

    /// A facet's panels, one under the other.
    fn panels(&mut self, facet: &Facet, axes: &Axes, legend: &Legend, (x, first): (f64, bool)) {
        let mut area = self.area(x, self.panel.1);
        let panel = |area, y| Panel {
            area,
            x: &axes.m,
            y,
            first,
        };
        panel(area, &axes.metric).draw_metric(&mut self.canvas, facet, legend);
        if let Some(ratio) = &axes.ratio {
            area = self.area(x, self.ratio_height());
            panel(area, ratio).draw_ratio(&mut self.canvas, facet, legend);
        }
        axes.m.draw_numbers(&mut self.canvas, area, first);
        self.y += NUMBERS;
    }

    /// Takes room for a panel and its caption.
    fn area(&mut self, x: f64, height: f64) -> Rect {
        let y = self.y + CAPTION;
        self.y = y + height;
        Rect {
            x,
            y,
            width: self.panel.0,
            height,
        }
    }
}

/// As many facets in a row as leave few places empty: up to four.
fn columns(sections: &[Section]) -> usize {
    let most = sections
        .iter()
        .map(|section| section.facets.len())
        .max()
        .unwrap_or(1);
    let empty = |columns: &usize| most.div_ceil(*columns) * columns - most;
    match most {
        0..=4 => most.max(1),
        _ => [4, 3].into_iter().min_by_key(empty).unwrap_or(4),
    }
}
