//! Quotients of scales, rounded as IEEE 754 has them, without the division's way out for subnormals: that is a call, and
//! costs every kernel the registers that a call may use.
//!
//! [`over`] and [`under`] are of the largest code and a magnitude from 1e-12 on, so that no operand, quotient or remainder is
//! subnormal. One step of Newton's method on the quotient, `q + (a - q b) / b`, rounds it rightly (Markstein, "Computation
//! of elementary functions on the IBM RISC System/6000 processor", 1990); the tests show it for every mantissa there is.

use cuda_std::float::{fma, rcp_approx};

/// What keeps the reciprocal of a large magnitude normal.
const DOWN: f32 = 1.0 / (1u64 << 44) as f32;

/// `largest / amax`, and zero for an infinite `amax`.
#[inline(always)]
pub(in crate::quantize) fn over(largest: f32, amax: f32) -> f32 {
    let (a, b) = (largest * DOWN, amax * DOWN);
    let quotient = by_reciprocal(a, b, rcp_approx(b));
    if amax == f32::INFINITY { 0.0 } else { quotient }
}

/// `1 / x` of what is not negative; subnormals count as zero, and the reciprocal of zero is the largest finite number.
#[inline(always)]
pub(in crate::quantize) fn reciprocal(x: f32) -> f32 {
    refined(x, rcp_approx(x))
}

/// The reciprocal of `x` by one that is one unit in its last place off at most, or infinite, or zero.
#[inline(always)]
fn refined(x: f32, reciprocal: f32) -> f32 {
    // Infinite and zero ones multiply zero and infinity.
    if reciprocal == 0.0 || reciprocal == f32::INFINITY {
        return reciprocal.min(f32::MAX);
    }
    let error = |y: f32| fma(-x, y, 1.0);
    // One step leaves a few a unit off; after two one mantissa, of nothing but ones, ends at a tie which is none.
    let y = fma(reciprocal, error(reciprocal), reciprocal);
    fma(y, next_up(error(y)), y)
}

/// The next number above `x`, which is finite and not minus zero.
#[inline(always)]
fn next_up(x: f32) -> f32 {
    let bits = x.to_bits() as i32;
    f32::from_bits((bits + (bits >> 31 | 1)) as u32)
}

/// `a / b` by a reciprocal of `b` that is one unit in its last place off at most.
#[inline(always)]
fn by_reciprocal(a: f32, b: f32, reciprocal: f32) -> f32 {
    let reciprocal = fma(reciprocal, fma(-b, reciprocal, 1.0), reciprocal);
    corrected(a, b, reciprocal)
}

/// `amax / largest`, and infinity for an infinite `amax`.
#[inline(always)]
pub(in crate::quantize) fn under(amax: f32, largest: f32, reciprocal_of_largest: f32) -> f32 {
    let quotient = corrected(amax, largest, reciprocal_of_largest);
    if amax == f32::INFINITY {
        amax
    } else {
        quotient
    }
}

/// `a / b` by the reciprocal of `b`, rounded to nearest.
#[inline(always)]
fn corrected(a: f32, b: f32, reciprocal: f32) -> f32 {
    let quotient = a * reciprocal;
    fma(fma(-b, quotient, a), reciprocal, quotient)
}

#[cfg(test)]
mod tests {
    use super::{by_reciprocal, over, reciprocal, refined, under};

    /// Every mantissa, as numbers from 1 to 2.
    fn mantissas() -> impl Iterator<Item = f32> {
        (0..1u32 << 23).map(|bits| f32::from_bits(1f32.to_bits() | bits))
    }

    #[test]
    fn the_reciprocal_of_every_mantissa() {
        for x in mantissas() {
            let nearest = 1.0 / x;
            for reciprocal in [nearest.next_down(), nearest, nearest.next_up()] {
                assert_eq!(refined(x, reciprocal).to_bits(), nearest.to_bits(), "{x:e}");
            }
        }
    }

    #[test]
    fn reciprocals_of_the_ends_of_the_range() {
        for x in [0.0, f32::from_bits(1), f32::MIN_POSITIVE.next_down()] {
            assert_eq!(reciprocal(x), f32::MAX);
        }
        for x in [f32::MAX, f32::INFINITY] {
            assert_eq!(reciprocal(x), 0.0);
        }
        for x in [f32::MIN_POSITIVE, 1.0 / f32::MIN_POSITIVE] {
            assert_eq!(reciprocal(x), 1.0 / x);
        }
    }

    /// 448 and 57344 are 1.75 times a power of two, so one numerator stands for both.
    #[test]
    fn the_largest_over_every_mantissa() {
        for amax in mantissas() {
            let nearest = 1.0 / amax;
            for reciprocal in [nearest.next_down(), nearest, nearest.next_up()] {
                let quotient = by_reciprocal(448.0, amax, reciprocal);
                assert_eq!(quotient.to_bits(), (448.0 / amax).to_bits(), "{amax:e}");
            }
        }
    }

    #[test]
    fn every_mantissa_over_the_largest() {
        for amax in mantissas() {
            let quotient = under(amax, 448.0, 1.0 / 448.0);
            assert_eq!(quotient.to_bits(), (amax / 448.0).to_bits(), "{amax:e}");
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        for amax in [1e-12, 1.5e-12, f32::MAX, f32::INFINITY] {
            for largest in [448.0f32, 57344.0] {
                assert_eq!(over(largest, amax), largest / amax);
                assert_eq!(under(amax, largest, 1.0 / largest), amax / largest);
            }
        }
    }
}
