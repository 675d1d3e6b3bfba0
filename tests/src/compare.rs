//! Comparisons. Each says what differs, where, in values and hex; none passes an output of zeros, a
//! shifted one, or one with a wrong element in it (see the tests below).

use crate::values::{Pattern, Value};

/// How an output differs from what it should be.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(pub String);

/// A comparison's result.
pub type Comparison = Result<(), Mismatch>;

/// Differences that a message lists at most.
const LISTED: usize = 4;

/// All bits are equal.
///
/// # Errors
/// A [`Mismatch`] if they are not.
pub fn bits<T: Pattern>(what: &str, got: &[T], want: &[T]) -> Comparison {
    same_length(what, got.len(), want.len())?;
    report(what, got.len(), |i| {
        (got[i].bits() != want[i].bits()).then(|| format!("{} for {}", show(got[i]), show(want[i])))
    })
}

/// How far a value may be off: by so many places on the format's number line, or by an absolute amount.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Values of the format in between, and one.
    pub ulps: u32,
    /// The absolute amount.
    pub absolute: f64,
}

impl Bound {
    /// Equal values: any NaN for a NaN, any zero for a zero.
    pub const EQUAL: Self = Self::ulps(0);

    /// So many units in the last place.
    #[must_use]
    pub const fn ulps(ulps: u32) -> Self {
        Self {
            ulps,
            absolute: 0.0,
        }
    }

    /// Whether `got` is within the bound of `want`. NaN is within that of NaN only.
    #[must_use]
    pub fn holds<T: Value>(self, got: T, want: f64) -> bool {
        let (found, rounded) = (got.to_f64(), T::from_f64(want));
        if found.is_nan() || want.is_nan() {
            return found.is_nan() && want.is_nan();
        }
        let places = (got.place() - rounded.place()).unsigned_abs();
        places <= u64::from(self.ulps) || (found - want).abs() <= self.absolute
    }
}

/// Each value is within its own bound, `bound(i)`.
///
/// # Errors
/// A [`Mismatch`] if one is not.
pub fn close<T: Value>(
    what: &str,
    got: &[T],
    want: &[f64],
    bound: impl Fn(usize) -> Bound,
) -> Comparison {
    same_length(what, got.len(), want.len())?;
    report(what, got.len(), |i| {
        let allowed = bound(i);
        (!allowed.holds(got[i], want[i])).then(|| {
            format!(
                "{} for {} ({allowed:?})",
                show(got[i]),
                show_want::<T>(want[i])
            )
        })
    })
}

/// How far a matrix of sums of products may be off.
#[derive(Clone, Copy, Debug)]
pub struct Similarity {
    /// `1 - 2 <x, y> / (<x, x> + <y, y>)` at most, over all elements.
    pub distance: f64,
    /// The error of an element at most, relative to the scale of its row.
    pub relative: f64,
}

impl Similarity {
    /// What `roundings` roundings to `T` leave, one after the other, and sums in `f32`.
    #[must_use]
    pub fn rounded<T: Value>(roundings: u32) -> Self {
        let epsilon = T::EPSILON.max(1e-5) * f64::from(roundings);
        Self {
            distance: epsilon * epsilon / 8.0,
            relative: 1.05 * epsilon,
        }
    }
}

/// A matrix of sums of products, rows of `columns`, is similar to what it should be.
///
/// # Errors
/// A [`Mismatch`] if it is not, or holds anything but finite values.
pub fn similar<T: Value>(
    what: &str,
    got: &[T],
    want: &[f64],
    columns: usize,
    allowed: Similarity,
) -> Comparison {
    same_length(what, got.len(), want.len())?;
    let columns = columns.max(1);
    let scales = scales(want, columns);
    report(what, got.len(), |i| {
        let scale = scales[i / columns];
        let error = (got[i].to_f64() - want[i]).abs();
        // Written so that a NaN is a difference.
        let within = error <= allowed.relative * scale;
        let (found, wanted) = (show(got[i]), show_want::<T>(want[i]));
        (!within).then(|| format!("{found} for {wanted}, the row's scale {scale:e}"))
    })?;
    let distance = distance(got, want);
    if distance <= allowed.distance {
        return Ok(());
    }
    let bound = allowed.distance;
    Err(Mismatch(format!(
        "{what}: distance {distance:e}, and {bound:e} is allowed"
    )))
}

/// What errors in each row are relative to: its largest element, or the root mean square of all, since a
/// sum that cancels keeps the rounding errors of its terms. A row of zeros has no scale and no errors.
fn scales(want: &[f64], columns: usize) -> Vec<f64> {
    let squares: f64 = want.iter().map(|value| value * value).sum();
    let typical = (squares / want.len().max(1) as f64).sqrt();
    let largest = |row: &[f64]| row.iter().fold(0.0, |max, value| value.abs().max(max));
    let rows = want.chunks(columns).map(largest);
    rows.map(|largest| {
        if largest > 0.0 {
            typical.max(largest)
        } else {
            0.0
        }
    })
    .collect()
}

/// `1 - 2 <x, y> / (<x, x> + <y, y>)`: 0 if equal, 1 if one is zero or they are orthogonal.
#[must_use]
pub fn distance<T: Value>(x: &[T], y: &[f64]) -> f64 {
    let (mut both, mut squares) = (0.0, 0.0);
    for (x, &y) in x.iter().map(|x| x.to_f64()).zip(y) {
        both += x * y;
        squares += x * x + y * y;
    }
    if squares == 0.0 {
        0.0
    } else {
        1.0 - 2.0 * both / squares
    }
}

/// The elements as `f64`, exactly.
#[must_use]
pub fn widen<T: Value>(elements: &[T]) -> Vec<f64> {
    elements.iter().map(|element| element.to_f64()).collect()
}

fn same_length(what: &str, got: usize, want: usize) -> Comparison {
    if got == want {
        return Ok(());
    }
    Err(Mismatch(format!("{what}: {got} elements for {want}")))
}

/// Fails with the first few differences, if there are any.
fn report(what: &str, count: usize, difference: impl Fn(usize) -> Option<String>) -> Comparison {
    let differences: Vec<_> = (0..count)
        .filter_map(|i| difference(i).map(|text| format!("\n  [{i}] {text}")))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    let listed: String = differences[..differences.len().min(LISTED)].concat();
    let wrong = differences.len();
    Err(Mismatch(format!(
        "{what}: {wrong} of {count} elements differ:{listed}"
    )))
}

fn show<T: Pattern>(value: T) -> String {
    let digits = 2 * size_of::<T>();
    format!("{value:?} (0x{:0digits$x})", value.bits())
}

fn show_want<T: Value>(want: f64) -> String {
    format!("{want:e}, which is {}", show(T::from_f64(want)))
}

#[cfg(test)]
mod tests {
    use gatewarp::bf16;

    use super::{Bound, Comparison, Similarity, bits, close, similar, widen};
    use crate::values::Values;

    const COLUMNS: usize = 16;

    fn right() -> Vec<bf16> {
        Values::Ordinary.draw(20 * COLUMNS, 7)
    }

    /// Outputs that every comparison must reject, and one that it must pass.
    fn put_to_the_test(comparison: impl Fn(&[bf16], &[bf16]) -> Comparison) {
        let right = right();
        comparison(&right, &right).expect("equal outputs");
        let mut shifted = right.clone();
        shifted.rotate_left(1);
        let mut one_wrong = right.clone();
        one_wrong[133] = right[134];
        let mut one_nan = right.clone();
        one_nan[5] = bf16::NAN;
        let wrong = [
            ("zeros", vec![bf16::from_f32(0.0); right.len()]),
            ("shifted", shifted),
            ("one wrong", one_wrong),
            ("one NaN", one_nan),
            ("short", right[1..].to_vec()),
        ];
        for (name, output) in wrong {
            comparison(&output, &right).expect_err(name);
        }
    }

    #[test]
    fn bits_rejects_wrong_outputs() {
        put_to_the_test(|got, want| bits("out", got, want));
    }

    #[test]
    fn close_rejects_wrong_outputs() {
        put_to_the_test(|got, want| close("out", got, &widen(want), |_| Bound::ulps(2)));
    }

    #[test]
    fn similar_rejects_wrong_outputs() {
        let allowed = Similarity::rounded::<bf16>(3);
        put_to_the_test(|got, want| similar("out", got, &widen(want), COLUMNS, allowed));
    }

    #[test]
    fn similar_rejects_an_error_that_is_everywhere_and_small() {
        let (right, allowed) = (right(), Similarity::rounded::<bf16>(1));
        let scaled: Vec<_> = right
            .iter()
            .map(|value| bf16::from_f64(value.to_f64() * 0.99))
            .collect();
        similar("out", &scaled, &widen(&right), COLUMNS, allowed).expect_err("1 % too small");
    }

    #[test]
    fn similar_rejects_anything_in_a_row_of_zeros() {
        let mut want = widen(&right());
        want[..COLUMNS].fill(0.0);
        let mut got: Vec<_> = want.iter().map(|&value| bf16::from_f64(value)).collect();
        let allowed = Similarity::rounded::<bf16>(1);
        similar("out", &got, &want, COLUMNS, allowed).expect("equal outputs");
        got[3] = bf16::from_f32(1e-6);
        similar("out", &got, &want, COLUMNS, allowed).expect_err("not zero");
    }

    #[test]
    fn messages_hold_values_and_hex() {
        let error = bits("out", &[1.5f32, 2.0], &[1.5f32, 3.0]).expect_err("differs");
        let text = error.to_string();
        for part in ["1 of 2", "[1]", "2.0 (0x40000000)", "3.0 (0x40400000)"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn bounds_tell_special_values_apart() {
        let holds = |got: f32, want| Bound::ulps(1).holds(got, want);
        assert!(holds(f32::NAN, f64::NAN) && holds(-0.0, 0.0) && holds(f32::MAX, f64::INFINITY));
        assert!(!holds(f32::NAN, 0.0) && !holds(0.0, f64::NAN));
        assert!(!holds(f32::INFINITY, f64::NEG_INFINITY) && !holds(1.0, f64::INFINITY));
    }
}
