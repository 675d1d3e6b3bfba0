//! Panels: one facet's lines on a pair of axes.

use super::axes::Axis;
use super::canvas::{Canvas, GREY, PAPER, RULE, Rect, SHADE, Type};
use super::facet::Facet;
use super::font;
use super::legend::Legend;
use super::series::{Points, Series};

/// Room at either end of the ratio's axis for a word.
pub(super) const WORD: f64 = 17.0;

const NOTE: Type = Type::new(10.5, GREY);

/// Where a panel is and what its axes are.
pub(super) struct Panel<'a> {
    pub area: Rect,
    pub x: &'a Axis,
    pub y: &'a Axis,
    /// Whether it is the first of its row, and has the y axis' numbers and caption.
    pub first: bool,
}

impl Panel<'_> {
    /// The share of the roofline, or throughput.
    pub(super) fn draw_metric(&self, canvas: &mut Canvas, facet: &Facet, legend: &Legend) {
        self.frame(canvas);
        let floor = self.area.bottom();
        canvas.line((self.area.x, floor), (self.area.right(), floor), RULE, 1.0);
        self.curves(canvas, facet, legend, |it| &it.values);
    }

    /// The ratio to the peer, with words for which side of 1 is which.
    pub(super) fn draw_ratio(&self, canvas: &mut Canvas, facet: &Facet, legend: &Legend) {
        let area = self.area;
        let equal = self.y.y(area, 1.0);
        let slower = Rect {
            y: equal,
            height: area.bottom() - equal,
            ..area
        };
        canvas.area(slower, SHADE);
        self.frame(canvas);
        canvas.line((area.x, equal), (area.right(), equal), RULE, 1.4);
        let left = area.x + 5.0;
        if facet.lines.iter().all(|(_, it)| it.ratios.is_empty()) {
            return word(canvas, (left, equal - 5.0), PAPER, "not compared");
        }
        let (top, bottom) = ((left, area.y + 11.0), (left, area.bottom() - 4.5));
        word(canvas, top, PAPER, "\u{2191} faster");
        word(canvas, bottom, SHADE, "\u{2193} slower");
        self.curves(canvas, facet, legend, |it| &it.ratios);
    }

    fn frame(&self, canvas: &mut Canvas) {
        self.x.draw_columns(canvas, self.area);
        self.y.draw_rows(canvas, self.area, self.first);
        if self.first {
            canvas.text((self.area.x, self.area.y - 7.0), NOTE, &self.y.caption);
        }
    }

    /// The lines, those of the first names on top.
    fn curves(
        &self,
        canvas: &mut Canvas,
        facet: &Facet,
        legend: &Legend,
        of: fn(&Series) -> &Points,
    ) {
        for (name, series) in facet.lines.iter().rev() {
            let place = |&(m, value)| (self.x.x(self.area, m), self.y.y(self.area, value));
            let places: Vec<_> = of(series).iter().map(place).collect();
            canvas.curve(&places, legend.colour(name));
        }
    }
}

/// A word in a panel, in a gap of the grid.
fn word(canvas: &mut Canvas, (x, y): (f64, f64), ground: &str, word: &str) {
    let width = font::width(word, NOTE.size);
    canvas.area(
        Rect {
            x: x - 2.0,
            y: y - 10.0,
            width: width + 4.0,
            height: 13.0,
        },
        ground,
    );
    canvas.text((x, y), NOTE, word);
}
