//! Legends: names with their colours, in as many lines as the width asks for.

use super::canvas::{Canvas, GREY, INK, SERIES, Type};
use super::facet::{Facet, MOST, Section};
use super::font;

/// The height of a line.
pub(super) const LINE: f64 = 17.0;

const NAME: Type = Type::new(11.5, INK);
/// The width of a line with a dot, and the space after it.
const KEY: f64 = 25.0;
/// Between items.
const GAP: f64 = 16.0;

/// Names; the i-th has the i-th colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Legend {
    names: Vec<String>,
}

impl Legend {
    /// One for all facets, if there are colours enough.
    pub(super) fn common(sections: &[Section]) -> Option<Self> {
        let mut names: Vec<String> = Vec::new();
        let facets = sections.iter().flat_map(|section| &section.facets);
        for (name, _) in facets.flat_map(|facet| &facet.lines) {
            if !name.is_empty() && !names.contains(name) {
                names.push(name.clone());
            }
        }
        (names.len() <= MOST).then_some(Self { names })
    }

    /// One for a facet.
    pub(super) fn of(facet: &Facet) -> Self {
        let names = facet.lines.iter().map(|(name, _)| name);
        Self {
            names: names.filter(|name| !name.is_empty()).cloned().collect(),
        }
    }

    /// The colour of the series of this name; grey of one without a name, the first if none has one.
    pub(super) fn colour(&self, name: &str) -> &'static str {
        if self.names.is_empty() {
            return SERIES[0];
        }
        let found = self.names.iter().position(|other| other == name);
        found.and_then(|i| SERIES.get(i)).unwrap_or(&GREY)
    }

    /// Its height in this width.
    pub(super) fn height(&self, width: f64) -> f64 {
        self.places(width).last().map_or(0.0, |&(_, y)| y + LINE)
    }

    /// Draws it from this upper left corner on.
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, top): (f64, f64), width: f64) {
        for (name, (x, y)) in self.names.iter().zip(self.places(width)) {
            let (x, middle) = (left + x, top + y + LINE / 2.0);
            canvas.curve(
                &[(x + 3.0, middle), (x + KEY - 9.0, middle)],
                self.colour(name),
            );
            let name = font::fit(name, NAME.size, width - KEY);
            canvas.text((x + KEY, middle + 4.0), NAME, &name);
        }
    }

    /// Where the items are.
    fn places(&self, width: f64) -> Vec<(f64, f64)> {
        let (mut x, mut y) = (0.0, 0.0);
        let place = |name: &String| {
            let item = KEY + font::width(name, NAME.size);
            if x > 0.0 && x + item > width {
                (x, y) = (0.0, y + LINE);
            }
            let place = (x, y);
            x += item + GAP;
            place
        };
        self.names.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE, Legend};

    #[test]
    fn names_flow_into_as_many_lines_as_needed() {
        let names = ["qkv", "o", "gate_up", "down"].map(str::to_owned).to_vec();
        let legend = Legend { names };
        assert_eq!(legend.height(1000.0), LINE);
        assert_eq!(legend.height(1.0), 4.0 * LINE);
        assert_eq!(Legend::default().height(100.0), 0.0);
    }
}
