//! Rounding as the GPU does it, for the simulator: to 16-bit floats and TF32, in each mode, exactly.
//!
//! PTX ISA, "Rounding Modifiers". Every value goes through `f64`, in which quantum and quotient are exact.
//! A NaN becomes the canonical NaN of the format: all bits set but the sign.

use half::{bf16, f16};

/// Which of the two neighbours of an inexact value is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// `.rn`: the nearest, ties to even.
    Nearest,
    /// `.rna`: the nearest, ties away from zero.
    NearestAway,
    /// `.rz`: the one towards zero.
    Zero,
}

/// The finite values of a float format.
#[derive(Clone, Copy)]
struct Format {
    /// Stored bits of the mantissa.
    mantissa: i32,
    /// Exponent of the least normal value.
    min_exponent: i32,
    /// The greatest value.
    max: f64,
}

const F16: Format = Format {
    mantissa: 10,
    min_exponent: -14,
    max: 65504.0,
};

const BF16: Format = Format {
    mantissa: 7,
    min_exponent: -126,
    max: bf16::MAX.to_f64_const(),
};

const TF32: Format = Format {
    mantissa: 10,
    min_exponent: -126,
    max: f32::from_bits(0x7f7f_e000) as f64,
};

impl Format {
    /// The value of the format that `value`, which is not a NaN, rounds to. Infinities stay; an overflow
    /// becomes one, except towards zero.
    fn round(self, value: f64, rounding: Rounding) -> f64 {
        if value.is_infinite() || value == 0.0 {
            return value;
        }
        let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        let quantum = 2f64.powi(exponent.max(self.min_exponent) - self.mantissa);
        let quotient = value / quantum;
        let rounded = quantum
            * match rounding {
                Rounding::Nearest => quotient.round_ties_even(),
                Rounding::NearestAway => quotient.round(),
                Rounding::Zero => quotient.trunc(),
            };
        if rounded.abs() <= self.max {
            rounded
        } else if rounding == Rounding::Zero {
            self.max.copysign(value)
        } else {
            f64::INFINITY.copysign(value)
        }
    }
}

/// The bits of the f16 that `value` rounds to.
pub(crate) fn f16_bits(value: f64, rounding: Rounding) -> u16 {
    if value.is_nan() {
        return 0x7fff;
    }
    // Exact: the value is one of the format, and none is beyond `f32`.
    f16::from_f32(F16.round(value, rounding) as f32).to_bits()
}

/// The bits of the bf16 that `value` rounds to.
pub(crate) fn bf16_bits(value: f64, rounding: Rounding) -> u16 {
    if value.is_nan() {
        return 0x7fff;
    }
    ((BF16.round(value, rounding) as f32).to_bits() >> 16) as u16
}

/// The bits of the TF32 that `value` rounds to, in a word.
pub(crate) fn tf32_bits(value: f64, rounding: Rounding) -> u32 {
    if value.is_nan() {
        return 0x7fff_e000;
    }
    (TF32.round(value, rounding) as f32).to_bits()
}

/// A subnormal as zero of its sign: `.ftz`.
pub(crate) fn flush(value: f32) -> f32 {
    if value.is_subnormal() {
        0f32.copysign(value)
    } else {
        value
    }
}

/// The `f32` nearest to `value`, or the canonical NaN.
pub(crate) fn f32_nearest(value: f64) -> f32 {
    if value.is_nan() {
        f32::from_bits(0x7fff_ffff)
    } else {
        value as f32
    }
}

/// Negative values as +0, and NaN as it is: `.relu`.
pub(crate) fn relu(value: f64) -> f64 {
    if value <= 0.0 { 0.0 } else { value }
}

/// `a + b` as an `f64` whose last bit is set where the sum is not exact, so that rounding it further
/// rounds the true sum (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
pub(crate) fn add_to_odd(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if !sum.is_finite() {
        return sum;
    }
    // The error of the sum, exactly (Knuth's TwoSum).
    let b_part = sum - a;
    let error = (a - (sum - b_part)) + (b - b_part);
    if error == 0.0 || sum.to_bits() & 1 == 1 {
        sum
    } else if (error > 0.0) == (sum > 0.0) {
        f64::from_bits(sum.to_bits() + 1)
    } else {
        f64::from_bits(sum.to_bits() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rounding, add_to_odd, bf16_bits, f16_bits, tf32_bits};
    use half::{bf16, f16};

    /// Rounds by a search of all values of a format, given as `f64` in ascending order with their bits.
    fn search(table: &[(f64, u32)], value: f64, rounding: Rounding) -> u32 {
        let above = table.partition_point(|(v, _)| *v < value);
        let (high, low) = (table[above.min(table.len() - 1)], table[above.max(1) - 1]);
        if high.0 == value {
            return high.1;
        }
        let toward_zero = if value > 0.0 { low } else { high };
        let away = if value > 0.0 { high } else { low };
        let (near, far) = ((value - toward_zero.0).abs(), (away.0 - value).abs());
        let away_wins = match rounding {
            Rounding::Zero => false,
            Rounding::NearestAway => far <= near,
            Rounding::Nearest => far < near || far == near && toward_zero.1 & 1 == 1,
        };
        if away_wins { away.1 } else { toward_zero.1 }
    }

    /// All values of a 16-bit format. Infinity stands where the next value would, as IEEE 754 rounds.
    fn table(to_f64: impl Fn(u16) -> f64, infinity: u16, beyond: f64) -> Vec<(f64, u32)> {
        let finite = (0..=u16::MAX).filter(|bits| bits & 0x7fff < infinity && *bits != 0x8000);
        let mut table: Vec<_> = finite.map(|bits| (to_f64(bits), u32::from(bits))).collect();
        table.push((beyond, u32::from(infinity)));
        table.push((-beyond, u32::from(infinity | 0x8000)));
        table.sort_by(|a, b| a.0.total_cmp(&b.0));
        table
    }

    /// Values near each value of the table and halfway between neighbours.
    fn probes(table: &[(f64, u32)]) -> impl Iterator<Item = f64> + '_ {
        table.windows(2).flat_map(|pair| {
            let middle = (pair[0].0 + pair[1].0) / 2.0;
            let next = |v: f64, up: bool| if up { v.next_up() } else { v.next_down() };
            [
                pair[0].0,
                middle,
                next(middle, true),
                next(middle, false),
                next(pair[0].0, true),
            ]
        })
    }

    fn check(table: &[(f64, u32)], round: impl Fn(f64, Rounding) -> u32) {
        let edge = table[table.len() - 1].0;
        for value in probes(table).filter(|v| v.abs() < edge && *v != 0.0) {
            for rounding in [Rounding::Nearest, Rounding::NearestAway, Rounding::Zero] {
                let expected = search(table, value, rounding);
                // Zero has a sign, which the table has not.
                let expected = if expected == 0 && value < 0.0 {
                    0x8000
                } else {
                    expected
                };
                assert_eq!(round(value, rounding), expected, "{value:e} {rounding:?}");
            }
        }
    }

    #[test]
    fn f16_is_the_nearest_of_all() {
        let table = table(|bits| f16::from_bits(bits).to_f64(), 0x7c00, 65536.0);
        check(&table, |value, rounding| {
            u32::from(f16_bits(value, rounding))
        });
    }

    #[test]
    fn bf16_is_the_nearest_of_all() {
        let table = table(
            |bits| bf16::from_bits(bits).to_f64(),
            0x7f80,
            2f64.powi(128),
        );
        check(&table, |value, rounding| {
            u32::from(bf16_bits(value, rounding))
        });
    }

    #[test]
    fn tf32_is_bf16_with_more_bits() {
        let tie = f32::from_bits(0x3f80_1000);
        let bits = |rounding| tf32_bits(f64::from(tie), rounding);
        assert_eq!(bits(Rounding::Nearest), 0x3f80_0000);
        assert_eq!(bits(Rounding::NearestAway), 0x3f80_2000);
        assert_eq!(bits(Rounding::Zero), 0x3f80_0000);
        let odd = f64::from(f32::from_bits(0x3f80_3000));
        assert_eq!(tf32_bits(odd, Rounding::Nearest), 0x3f80_4000);
        assert_eq!(
            tf32_bits(f64::from(f32::MAX), Rounding::Nearest),
            0x7f80_0000
        );
        assert_eq!(tf32_bits(f64::from(f32::MAX), Rounding::Zero), 0x7f7f_e000);
        assert_eq!(
            tf32_bits(f64::from(f32::from_bits(0x0000_1001)), Rounding::Nearest),
            0x2000
        );
    }

    #[test]
    fn special_values() {
        for rounding in [Rounding::Nearest, Rounding::Zero] {
            assert_eq!(f16_bits(f64::NEG_INFINITY, rounding), 0xfc00);
            assert_eq!(bf16_bits(-f64::NAN, rounding), 0x7fff);
            assert_eq!(bf16_bits(-0.0, rounding), 0x8000);
            assert_eq!(f16_bits(-1e-30, rounding), 0x8000);
        }
        assert_eq!(f16_bits(65520.0, Rounding::Nearest), 0x7c00);
        assert_eq!(f16_bits(65520.0, Rounding::Zero), 0x7bff);
    }

    #[test]
    fn a_sum_to_odd_remembers_what_it_lost() {
        let lost = add_to_odd(1.0, 2f64.powi(-80));
        assert!(lost > 1.0 && lost.to_bits() & 1 == 1);
        let lost = add_to_odd(1.0, -(2f64.powi(-80)));
        assert!(lost < 1.0 && lost.to_bits() & 1 == 1);
        assert_eq!(add_to_odd(1.5, 0.25), 1.75);
    }
}
