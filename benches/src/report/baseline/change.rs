//! What became of one row.

use crate::report::Row;

/// The share of the earlier time that a move must exceed, however small the spreads.
const LEAST_MOVE: f64 = 0.01;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes less time.
    Faster,
    /// It takes more time.
    Slower,
    /// The difference is within noise.
    Same,
    /// One of its times is no time: zero, negative or not finite.
    Unclear,
    /// It is not among the earlier rows.
    New,
    /// It is among the earlier rows only.
    Gone,
}

/// A row and its earlier self.
///
/// The time of a row is its median; it could as well have been another within half the spread from its
/// shortest to its longest. So a move is real if the medians are further apart than the half spreads of both
/// together, and by more than 1 %, as clocks and temperatures differ from day to day by as much. All else is
/// noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The operation.
    pub op: String,
    /// The element type.
    pub dtype: String,
    /// The set of shapes, and the name of the shape there.
    pub set: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// Where it ran.
    pub device: String,
    /// Microseconds then; none of a new row.
    pub before: Option<f64>,
    /// Microseconds now; none of a row that is gone.
    pub after: Option<f64>,
    /// Microseconds that a move must exceed to be real; 0 where there is nothing to compare.
    pub noise: f64,
    /// What this means.
    pub verdict: Verdict,
}

impl Change {
    /// What became of a row; none of none.
    pub(super) fn of(before: Option<&Row>, after: Option<&Row>) -> Option<Self> {
        let row = after.or(before)?;
        let (noise, verdict) = match (before, after) {
            (Some(before), Some(after)) => judge(before, after),
            (None, _) => (0.0, Verdict::New),
            (_, None) => (0.0, Verdict::Gone),
        };
        Some(Self {
            op: row.op.clone(),
            dtype: row.dtype.clone(),
            set: row.set.clone(),
            shape: row.shape.clone(),
            device: row.device.clone(),
            before: before.map(|row| row.us),
            after: after.map(|row| row.us),
            noise,
            verdict,
        })
    }

    /// The time now over the time then, if both are times: below 1 is faster.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        use Verdict::{Faster, Same, Slower};
        match self.verdict {
            Faster | Slower | Same => Some(self.after? / self.before?),
            _ => None,
        }
    }

    /// By how many percent of the earlier time it moved, if both are times: negative is faster.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        self.ratio().map(|ratio| 100.0 * (ratio - 1.0))
    }
}

/// The noise of two measurements of the same, and what their difference means.
fn judge(before: &Row, after: &Row) -> (f64, Verdict) {
    let (Some(then), Some(now)) = (half_spread(before), half_spread(after)) else {
        return (0.0, Verdict::Unclear);
    };
    let noise = (then + now).max(LEAST_MOVE * before.us);
    let moved = after.us - before.us;
    let verdict = match moved {
        _ if moved.abs() <= noise => Verdict::Same,
        _ if moved < 0.0 => Verdict::Faster,
        _ => Verdict::Slower,
    };
    (noise, verdict)
}

/// Half of what is between the shortest and the longest time of a row, if its times are times.
fn half_spread(row: &Row) -> Option<f64> {
    let spread = row.us_max - row.us_min;
    let measured = row.us.is_finite() && row.us > 0.0 && spread.is_finite();
    measured.then_some(spread.abs() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::Change;
    use super::Verdict::{Faster, Gone, New, Same, Slower, Unclear};
    use crate::report::Row;

    fn row([us, us_min, us_max]: [f64; 3]) -> Row {
        Row {
            us,
            us_min,
            us_max,
            ..Row::default()
        }
    }

    fn change(before: [f64; 3], after: [f64; 3]) -> Change {
        Change::of(Some(&row(before)), Some(&row(after))).expect("rows")
    }

    #[test]
    fn a_move_is_real_beyond_both_half_spreads_and_one_percent() {
        for (before, after, verdict, percent) in [
            ([100.0, 99.0, 101.0], [97.0, 96.5, 97.5], Faster, -3.0),
            ([100.0, 99.0, 101.0], [103.0, 102.5, 103.5], Slower, 3.0),
            // 3 apart, and the half spreads are 2 and 1.
            ([100.0, 98.0, 102.0], [103.0, 102.0, 104.0], Same, 3.0),
            // Steady, but not even 1 % apart.
            ([100.0, 100.0, 100.0], [99.1, 99.1, 99.1], Same, -0.9),
            ([100.0, 100.0, 100.0], [98.9, 98.9, 98.9], Faster, -1.1),
        ] {
            let change = change(before, after);
            assert_eq!(change.verdict, verdict, "{change:?}");
            assert!((change.percent().expect("times") - percent).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_no_time_is_not_compared() {
        let good = [1.0; 3];
        for bad in [
            [0.0, 0.0, 0.0],
            [-1.0, 1.0, 1.0],
            [f64::NAN, 1.0, 1.0],
            [f64::INFINITY, 1.0, 1.0],
            [1.0, f64::NAN, 1.0],
            [1.0, 1.0, f64::INFINITY],
        ] {
            for change in [change(good, bad), change(bad, good)] {
                assert_eq!(change.verdict, Unclear, "{bad:?}");
                assert_eq!((change.ratio(), change.percent()), (None, None));
            }
        }
    }

    #[test]
    fn a_row_alone_is_new_or_gone() {
        let row = row([2.0; 3]);
        let new = Change::of(None, Some(&row)).expect("a row");
        assert_eq!((new.verdict, new.before, new.after), (New, None, Some(2.0)));
        let gone = Change::of(Some(&row), None).expect("a row");
        assert_eq!(
            (gone.verdict, gone.before, gone.after),
            (Gone, Some(2.0), None)
        );
        assert_eq!(gone.percent(), None);
        assert_eq!(Change::of(None, None), None);
    }
}
