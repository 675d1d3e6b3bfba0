//! Marks on paper: the few shapes that pictures are made of, and their colours.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Polyline, Rectangle, Text};

use super::font;

/// The paper; opaque, so that pictures are readable on dark pages too.
pub(super) const PAPER: &str = "#ffffff";
/// Titles and names.
pub(super) const INK: &str = "#1f2328";
/// Ticks, captions, notes.
pub(super) const GREY: &str = "#656d76";
/// Lines that matter, but are no data.
pub(super) const RULE: &str = "#8c959f";
/// Grid lines.
pub(super) const GRID: &str = "#e7eaee";
/// Areas set apart.
pub(super) const SHADE: &str = "#f6f7f9";

/// Colours of series: those of Okabe and Ito, which people with any kind of colour vision tell apart; the lighter
/// ones come last, and their yellow is left out.
pub(super) const SERIES: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

/// A rectangle, from its upper left corner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.height
    }
}

/// How text is set.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub bold: bool,
    pub colour: &'static str,
    /// SVG's word: `start`, `middle` or `end`.
    pub anchor: &'static str,
}

impl Type {
    pub(super) const fn new(size: f64, colour: &'static str) -> Self {
        Self {
            size,
            bold: false,
            colour,
            anchor: "start",
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn anchored(self, anchor: &'static str) -> Self {
        Self { anchor, ..self }
    }
}

/// What has been drawn so far.
pub(super) struct Canvas {
    marks: Group,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self {
            marks: Group::new().set("font-family", font::FAMILY),
        }
    }

    /// Text on the base line `y`.
    pub(super) fn text(&mut self, (x, y): (f64, f64), set: Type, text: &str) {
        // XML has no way to write control characters.
        let text: String = text.chars().filter(|it| !it.is_control()).collect();
        let mut mark = Text::new(text)
            .set("x", place(x))
            .set("y", place(y))
            .set("font-size", set.size)
            .set("fill", set.colour);
        if set.bold {
            mark = mark.set("font-weight", "bold");
        }
        if set.anchor != "start" {
            mark = mark.set("text-anchor", set.anchor);
        }
        self.add(mark);
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        let mark = Line::new()
            .set("x1", place(from.0))
            .set("y1", place(from.1))
            .set("x2", place(to.0))
            .set("y2", place(to.1))
            .set("stroke", colour)
            .set("stroke-width", width);
        self.add(mark);
    }

    /// An area without a border.
    pub(super) fn area(&mut self, area: Rect, colour: &str) {
        self.add(rectangle(area, colour));
    }

    /// A series: a line with a dot at each point.
    pub(super) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let places: Vec<_> = points
            .iter()
            .map(|&(x, y)| format!("{},{}", place(x), place(y)))
            .collect();
        let line = Polyline::new()
            .set("points", places.join(" "))
            .set("fill", "none")
            .set("stroke", colour)
            .set("stroke-width", 1.8)
            .set("stroke-linejoin", "round");
        self.add(line);
        for &point in points {
            self.dot(point, colour);
        }
    }

    /// A point of a series, set off from the lines that it lies on.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), colour: &str) {
        let dot = Circle::new()
            .set("cx", place(x))
            .set("cy", place(y))
            .set("r", 2.9)
            .set("fill", colour)
            .set("stroke", PAPER)
            .set("stroke-width", 0.8);
        self.add(dot);
    }

    /// The SVG file.
    pub(super) fn finish(self, width: f64, height: f64) -> String {
        let (width, height) = (width.ceil(), height.ceil());
        let paper = Rect {
            x: 0.0,
            y: 0.0,
            width,
            height,
        };
        let document = Document::new()
            .set("viewBox", (0.0, 0.0, width, height))
            .set("width", width)
            .set("height", height)
            .add(rectangle(paper, PAPER))
            .add(self.marks);
        format!("{document}\n")
    }

    fn add(&mut self, mark: impl Into<Box<dyn svg::Node>>) {
        svg::Node::append(&mut self.marks, mark);
    }
}

fn rectangle(area: Rect, colour: &str) -> Rectangle {
    Rectangle::new()
        .set("x", place(area.x))
        .set("y", place(area.y))
        .set("width", place(area.width))
        .set("height", place(area.height))
        .set("fill", colour)
}

/// A coordinate: a tenth of a unit is as fine as is seen.
fn place(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
