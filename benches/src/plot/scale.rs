//! Scales: from values to places on an axis, with round ticks.

/// A range of values and its marks.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    log: bool,
    /// Marked values, in the range, ascending.
    pub ticks: Vec<f64>,
}

impl Scale {
    /// From 0 to a round value that is not below `high`, with at most six steps.
    pub(super) fn from_zero(high: f64) -> Self {
        let step = round_step(high / 6.0);
        let steps = (high / step - 1e-9).ceil().max(1.0);
        Self {
            low: 0.0,
            high: steps * step,
            log: false,
            ticks: (0..=steps as usize).map(|i| i as f64 * step).collect(),
        }
    }

    /// Logarithmic over the given range; only ticks in the range are kept.
    pub(super) fn log(low: f64, high: f64, ticks: impl IntoIterator<Item = f64>) -> Self {
        let inside = |tick: &f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(tick);
        Self {
            low,
            high,
            log: true,
            ticks: ticks.into_iter().filter(inside).collect(),
        }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (low, high, value) = match self.log {
            true => (self.low.log2(), self.high.log2(), value.log2()),
            false => (self.low, self.high, value),
        };
        (value - low) / (high - low)
    }
}

/// The least of 1, 2, 5, 10, 20, ... times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let fits = |round: &f64| *round >= step * (1.0 - 1e-9);
    round.into_iter().find(fits).unwrap_or(10.0 * power)
}

/// 2 to the powers from `low` to `high`, each `step`-th counted from 0, so that 1 is among them.
pub(super) fn powers_of_two(low: i32, high: i32, step: i32) -> impl Iterator<Item = f64> {
    (low..=high)
        .filter(move |power| power % step == 0)
        .map(|power| 2f64.powi(power))
}

/// A number without needless digits: `0.25`, `1`, `120`.
pub(super) fn number(value: f64) -> String {
    let digits = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, number, powers_of_two};

    #[test]
    fn ticks_are_round_and_reach_over_the_data() {
        assert_eq!(
            Scale::from_zero(100.0).ticks,
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
        assert_eq!(Scale::from_zero(103.0).ticks.last(), Some(&120.0));
        assert_eq!(Scale::from_zero(730.0).ticks.last(), Some(&800.0));
        assert_eq!(Scale::from_zero(0.013).ticks.len(), 4);
    }

    #[test]
    fn ends_are_at_0_and_1_and_a_log_scale_halves_at_the_root() {
        let scale = Scale::log(1.0, 256.0, powers_of_two(-2, 20, 4));
        assert_eq!(scale.ticks, [1.0, 16.0, 256.0]);
        assert_eq!(
            [1.0, 16.0, 256.0].map(|value| scale.at(value)),
            [0.0, 0.5, 1.0]
        );
        assert_eq!(Scale::from_zero(100.0).at(50.0), 0.5);
    }

    #[test]
    fn numbers_have_no_needless_digits() {
        let texts = [0.0, 0.25, 0.6000000000000001, 1.0, 1.5, 120.0, 65536.0].map(number);
        assert_eq!(texts, ["0", "0.25", "0.6", "1", "1.5", "120", "65536"]);
    }
}
