//! Axes: the scales of a section, which all of its facets share, and their marks.

use super::canvas::{Canvas, GREY, GRID, Rect, Type};
use super::facet::Section;
use super::scale::{Scale, number, powers_of_two};
use super::series::{Metric, Points, Series};

const TICK: Type = Type::new(10.5, GREY);
/// Room for one mark on the x axis.
const TICK_WIDTH: f64 = 38.0;

/// One axis: its scale, and what its marks say.
pub(super) struct Axis {
    /// What it shows.
    pub caption: String,
    /// In the unit.
    scale: Scale,
    unit: &'static str,
    /// What values are multiplied by to be in the unit.
    factor: f64,
}

impl Axis {
    fn new(scale: Scale, caption: &str, unit: &'static str) -> Self {
        Self {
            scale,
            caption: caption.to_owned(),
            unit,
            factor: 1.0,
        }
    }

    /// M, in a panel of this width.
    pub(super) fn m(section: &Section, width: f64) -> Self {
        let (low, high) = range(points(section, |it| &it.values).map(|(m, _)| m));
        let first = low.log2().floor() as i32;
        let last = (high.log2().ceil() as i32).max(first + 1);
        let most = (width / TICK_WIDTH).max(2.0) as i32;
        let step = (last - first + 1 + most - 1) / most;
        let ends = (2f64.powi(first), 2f64.powi(last));
        Self::new(
            Scale::log(ends.0, ends.1, powers_of_two(first, last, step)),
            "M",
            "",
        )
    }

    /// The section's metric.
    pub(super) fn metric(section: &Section) -> Self {
        let (low, high) = range(points(section, |it| &it.values).map(|(_, value)| value));
        let from_zero = |caption, factor| Self {
            factor,
            ..Self::new(Scale::from_zero(factor * high), caption, "")
        };
        match section.metric {
            Metric::Roofline => Self {
                factor: 100.0,
                ..Self::new(
                    Scale::from_zero(100.0 * high.max(1.0)),
                    "share of roofline",
                    "%",
                )
            },
            Metric::Tflops if high < 1.0 => from_zero("GFLOP/s", 1e3),
            Metric::Tflops => from_zero("TFLOP/s", 1.0),
            Metric::Gbps => from_zero("GB/s", 1.0),
            Metric::Us => Self::new(round_log(low, high), "microseconds", ""),
        }
    }

    /// The ratio to the peer, with `margin` of the axis' length free of data at each end; `None` without a peer.
    pub(super) fn ratio(section: &Section, margin: f64) -> Option<Self> {
        let ratios = || points(section, |it| &it.ratios).map(|(_, ratio)| ratio);
        ratios().next()?;
        let (low, high) = range(ratios().chain([0.8, 1.25]));
        let more = (high / low).powf(margin / (1.0 - 2.0 * margin));
        let ticks = ratio_ticks(low, high);
        let ticks = ticks.into_iter().filter(|tick| (low..=high).contains(tick));
        let scale = Scale::log(low / more, high * more, ticks);
        let mut lines = section.facets.iter().flat_map(|facet| &facet.lines);
        let peer = lines
            .find_map(|(_, it)| it.peer.as_deref())
            .unwrap_or("the peer");
        let caption = format!("speed relative to {peer}");
        Some(Self::new(scale, &caption, "\u{d7}"))
    }

    /// The horizontal lines of a panel, and their numbers to the left of it if asked for.
    pub(super) fn draw_rows(&self, canvas: &mut Canvas, area: Rect, numbers: bool) {
        for &tick in &self.scale.ticks {
            let y = self.place_y(area, tick);
            canvas.line((area.x, y), (area.right(), y), GRID, 1.0);
            if numbers {
                let text = number(tick) + self.unit;
                canvas.text((area.x - 6.0, y + 3.7), TICK.anchored("end"), &text);
            }
        }
    }

    /// The vertical lines of a panel.
    pub(super) fn draw_columns(&self, canvas: &mut Canvas, area: Rect) {
        for &tick in &self.scale.ticks {
            let x = self.x(area, tick);
            canvas.line((x, area.y), (x, area.bottom()), GRID, 1.0);
        }
    }

    /// The numbers under a panel, and the axis' name before them if asked for.
    pub(super) fn draw_numbers(&self, canvas: &mut Canvas, area: Rect, name: bool) {
        let y = area.bottom() + 15.5;
        for &tick in &self.scale.ticks {
            let text = number(tick);
            canvas.text((self.x(area, tick), y), TICK.anchored("middle"), &text);
        }
        if name {
            let text = format!("{} =", self.caption);
            canvas.text((area.x - 6.0, y), TICK.anchored("end"), &text);
        }
    }

    /// The place of a value from left to right, with room for the dots at both ends.
    pub(super) fn x(&self, area: Rect, value: f64) -> f64 {
        const INSET: f64 = 9.0;
        area.x + INSET + self.scale.at(value) * (area.width - 2.0 * INSET)
    }

    /// The place of a value from the bottom up.
    pub(super) fn y(&self, area: Rect, value: f64) -> f64 {
        self.place_y(area, value * self.factor)
    }

    /// The same, of a value in the axis' unit.
    fn place_y(&self, area: Rect, value: f64) -> f64 {
        area.bottom() - self.scale.at(value) * area.height
    }
}

/// The points of all series of a section.
fn points<'a>(
    section: &'a Section,
    of: fn(&Series) -> &Points,
) -> impl Iterator<Item = (f64, f64)> + 'a {
    let lines = section.facets.iter().flat_map(|facet| &facet.lines);
    lines.flat_map(move |(_, series)| of(series)).copied()
}

/// The least and the greatest; at least one value is there.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    values.fold(ends, |(low, high), value| (low.min(value), high.max(value)))
}

/// A logarithmic scale between round values, with ticks at powers of ten, or at 1, 2 and 5 if those are few.
fn round_log(low: f64, high: f64) -> Scale {
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32 + 1;
    let digits: &[f64] = if high / low < 100.0 {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let powers = powers.map(|power| 10f64.powi(power));
    let round: Vec<_> = powers
        .flat_map(|power| digits.iter().map(move |it| it * power))
        .collect();
    let below = round.iter().rfind(|&&it| it <= low).copied().unwrap_or(low);
    let above = round
        .iter()
        .find(|&&it| it >= high && it > below)
        .copied()
        .unwrap_or(high);
    Scale::log(below, above, round)
}

/// Marks around 1, the closer the smaller the range is.
fn ratio_ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high / low;
    if span <= 2.4 {
        let step = if span <= 1.6 { 1 } else { 2 };
        return (4..=24 / step)
            .map(|tenth| f64::from(tenth * step) / 10.0)
            .collect();
    }
    if span <= 6.0 {
        return vec![0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0];
    }
    let step = (span.log2() / 5.0).ceil() as i32;
    powers_of_two(-30, 30, step).collect()
}
