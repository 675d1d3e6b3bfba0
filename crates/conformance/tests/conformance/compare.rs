//! Comparing outputs.

use conformance::Compare;

/// That two outputs agree, or how they do not.
pub fn words(compare: Compare, actual: &[u32], expected: &[u32]) -> Result<(), String> {
    match compare {
        Compare::Bits => bits(actual, expected),
        Compare::Ulps(limit) => floats(actual, expected, "ulp", limit, |a, b| {
            (a - b).abs() / ulp(b)
        }),
        Compare::UlpsOrAbsolute(ulps, absolute) => {
            floats(actual, expected, "ulp", ulps, |a, b| match (a - b).abs() {
                error if error <= absolute => 0.0,
                error => error / ulp(b),
            })
        }
        Compare::Absolute(limit) => {
            floats(actual, expected, "absolute", limit, |a, b| (a - b).abs())
        }
    }
}

/// That two outputs are equal, or where they are not.
pub fn bits(actual: &[u32], expected: &[u32]) -> Result<(), String> {
    let pairs = || actual.iter().zip(expected);
    let different = pairs().filter(|(a, b)| a != b).count();
    match pairs().position(|(a, b)| a != b) {
        None => Ok(()),
        Some(_) => Err(format!(
            "{different} of {} words differ{}",
            actual.len(),
            first_differences(actual, expected)
        )),
    }
}

/// Some words that differ.
fn first_differences(actual: &[u32], expected: &[u32]) -> String {
    let pairs = actual.iter().zip(expected).enumerate();
    let different = pairs.filter(|(_, (a, b))| a != b).take(8);
    different
        .map(|(at, (a, b))| format!("; word {at} is {a:#010x}, not {b:#010x}"))
        .collect()
}

fn floats(
    actual: &[u32],
    expected: &[u32],
    measure: &str,
    limit: f64,
    distance: impl Fn(f64, f64) -> f64,
) -> Result<(), String> {
    let mut worst = (0.0, 0);
    for (at, (a, b)) in actual.iter().zip(expected).enumerate() {
        let (a, b) = (f32::from_bits(*a), f32::from_bits(*b));
        if a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan() {
            continue;
        }
        let error = match a.is_finite() && b.is_finite() {
            true => distance(f64::from(a), f64::from(b)),
            false => f64::INFINITY,
        };
        if error > worst.0 {
            worst = (error, at);
        }
    }
    let (error, at) = worst;
    if error <= limit {
        return Ok(());
    }
    Err(format!(
        "the {measure} error is {error} at word {at}: {:e}, not {:e}; {limit} is allowed",
        f32::from_bits(actual[at]),
        f32::from_bits(expected[at])
    ))
}

/// The distance of the `f32` neighbours of `value`.
fn ulp(value: f64) -> f64 {
    let exponent = value.abs().max(f64::from(f32::MIN_POSITIVE)).log2().floor();
    (exponent - 23.0).exp2()
}
