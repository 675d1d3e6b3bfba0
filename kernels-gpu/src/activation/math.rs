//! The formulas, in the instructions that they take.
//!
//! Every one is without a branch. Exponentials and quotients are the approximate instructions: `ex2.approx` within 2
//! ulp of `f32`, `div.full` within 2, `rcp.approx`, which a product takes less time with than `div.full`, within 1. What grows
//! beyond 2^126 in a denominator counts as infinite, so that results below about 2^-119 are zero. NaN stays NaN, but for [`squared_relu`].

use cuda_std::float;

/// log2(e).
const LOG2_E: f32 = core::f32::consts::LOG2_E;

/// `v * sigmoid(v)`; NaN at negative infinity, as the formula is.
#[inline(always)]
#[must_use]
pub fn silu(v: f32) -> f32 {
    silu_scaled(v, 1.0)
}

/// `v * sigmoid(alpha * v)`.
#[inline(always)]
#[must_use]
pub fn silu_scaled(v: f32, alpha: f32) -> f32 {
    v * float::rcp_approx(1.0 + float::exp_approx(-(alpha * v)))
}

/// `1 / (1 + exp(-v))`.
#[inline(always)]
#[must_use]
pub fn sigmoid(v: f32) -> f32 {
    float::rcp_approx(1.0 + float::exp_approx(-v))
}

/// `max(v, 0)^2`; 0 of NaN.
#[inline(always)]
#[must_use]
pub fn squared_relu(v: f32) -> f32 {
    let positive = v.max(0.0);
    positive * positive
}

/// `v` or `limit`, whichever is less.
#[inline(always)]
#[must_use]
pub fn at_most(v: f32, limit: f32) -> f32 {
    float::min_nan(v, limit)
}

/// `v`, but no further from 0 than `limit`.
#[inline(always)]
#[must_use]
pub fn clamp(v: f32, limit: f32) -> f32 {
    float::max_nan(float::min_nan(v, limit), -limit)
}

/// `v / 2 (1 + tanh(sqrt(2 / pi) (v + 0.044715 v^3)))`; NaN at negative infinity, as the formula is.
///
/// Half of one and a hyperbolic tangent is a sigmoid of twice the argument: that neither cancels where `v` is
/// negative nor has the 2^-11 of `tanh.approx`, and costs what [`silu`] does and three multiplications.
#[inline(always)]
#[must_use]
pub fn gelu_tanh(v: f32) -> f32 {
    /// `-2 sqrt(2 / pi) log2(e)`, and 0.044715 times it.
    const LINEAR: f32 = -2.302_208_2;
    const CUBIC: f32 = -0.102_943_24;
    let exponent = v * float::fma(v * v, CUBIC, LINEAR);
    v * float::rcp_approx(1.0 + float::ex2_approx(exponent))
}

/// `v / 2 (1 + erf(v / sqrt(2)))`, 0 at negative infinity: `v` times the normal distribution.
///
/// ```text
/// gelu(v) = max(v, 0) - t Q(t)       t = |v|, Q the upper tail of the normal distribution
/// Q(t)    = exp(-t^2 / 2) R(k)       k = 1 / (1 + 0.3 t), R a polynomial of degree 8
/// ```
///
/// One minus an error function would cancel where `v` is negative; this does not. `R` was fitted by Remez'
/// algorithm to `exp(t^2 / 2) Q(t)` from 0 to 14, with a relative error of 5.8e-8. From about 13 on the exponential
/// is less than `f32` has, and the product zero.
#[inline(always)]
#[must_use]
pub fn gelu(v: f32) -> f32 {
    /// Where the tail has long been zero; without the bound infinity times it were NaN.
    const END: f32 = 14.0;
    let t = float::min_nan(v.abs(), END);
    let k = float::rcp_approx(float::fma(t, 0.3, 1.0));
    let tail = polynomial(k, &TAIL) * float::ex2_approx(t * (t * (-0.5 * LOG2_E)));
    float::fma(-t, tail, v.max(0.0))
}

/// The coefficients of `R`, from the constant on.
const TAIL: [f32; 9] = [
    7.168_452_6e-6,
    0.119_487_695,
    0.121_920_28,
    0.094_683_796,
    0.142_534_84,
    -0.076_505_44,
    0.228_659_12,
    -0.169_165_63,
    0.038_378_187,
];

/// `bound * tanh(v / bound)`: nearly `v` where that is small, and never beyond the bound.
#[inline(always)]
#[must_use]
pub fn soft_clamp(v: f32, bound: f32) -> f32 {
    bound * tanh(float::div_full(v, bound))
}

/// The hyperbolic tangent within a few ulp: an odd polynomial for small arguments, an exponential for others.
#[inline(always)]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    /// Where one takes over from the other.
    const SMALL: f32 = 0.625;
    let (t, square) = (x.abs(), x * x);
    let near = float::fma(x * square, polynomial(square, &NEAR), x);
    let exponential = float::ex2_approx(t * (2.0 * LOG2_E));
    let far = float::fma(float::rcp_approx(1.0 + exponential), -2.0, 1.0);
    if t > SMALL { far.copysign(x) } else { near }
}

/// The coefficients of `(tanh(x) / x - 1) / x^2` in `x^2`, fitted by Remez' algorithm up to 0.43 with a relative
/// error of 1e-8 in `tanh`.
const NEAR: [f32; 5] = [
    -0.333_332_87,
    0.133_312_82,
    -0.053_712_66,
    0.020_523_451,
    -0.005_555_971,
];

/// A polynomial by Horner's scheme, the constant first.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut value = coefficients[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        value = float::fma(value, x, coefficients[i]);
    }
    value
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::{gelu, gelu_tanh, silu, tanh};

    /// Half the complementary error function of `t / sqrt(2)`, for `t` not negative: by its series of positive terms,
    /// or its continued fraction.
    fn upper_tail(t: f64) -> f64 {
        let density = (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        if t > 3.0 {
            let fraction = (1..200).rev().fold(t, |below, n| t + f64::from(n) / below);
            return density / fraction;
        }
        let (mut term, mut sum) = (t, t);
        for n in 1..100 {
            term *= t * t / f64::from(2 * n + 1);
            sum += term;
        }
        0.5 - density * sum
    }

    fn exact_gelu(v: f64) -> f64 {
        v.max(0.0) - v.abs() * upper_tail(v.abs())
    }

    fn exact_gelu_tanh(v: f64) -> f64 {
        let z = (2.0 / std::f64::consts::PI).sqrt() * (v + 0.044715 * v * v * v);
        v / (1.0 + (-2.0 * z).exp())
    }

    /// The error in ulp of `f32`, of what is not subnormal.
    fn ulps(got: f32, want: f64) -> f64 {
        let exponent = want.abs().log2().floor().max(-126.0);
        (f64::from(got) - want).abs() / (exponent - 23.0).exp2()
    }

    /// The largest error of `function` from `from` to `to`, in ulp.
    fn worst(function: fn(f32) -> f32, exact: fn(f64) -> f64, from: f32, to: f32) -> f64 {
        let steps = 200_000;
        let values = (0..=steps).map(|i| from + (to - from) * i as f32 / steps as f32);
        values.fold(0.0, |worst, v| {
            ulps(function(v), exact(f64::from(v))).max(worst)
        })
    }

    #[test]
    fn gelu_is_exact_to_a_few_ulp_and_in_its_tail_to_the_exponents_rounding() {
        for (from, to, most) in [
            (-1.0, 0.0, 8.0),
            (0.0, 20.0, 6.0),
            (-4.0, -1.0, 16.0),
            (-12.0, -4.0, 150.0),
        ] {
            let worst = worst(gelu, exact_gelu, from, to);
            assert!(worst <= most, "{worst} ulp from {from} to {to}");
        }
    }

    #[test]
    fn gelu_tanh_is_exact_to_a_few_ulp_and_in_its_tail_to_the_exponents_rounding() {
        for (from, to, most) in [(-1.0, 0.0, 5.0), (0.0, 20.0, 3.0), (-8.0, -1.0, 160.0)] {
            let worst = worst(gelu_tanh, exact_gelu_tanh, from, to);
            assert!(worst <= most, "{worst} ulp from {from} to {to}");
        }
    }

    #[test]
    fn tanh_is_exact_to_a_few_ulp() {
        let worst = worst(tanh, f64::tanh, -12.0, 12.0);
        assert!(worst <= 4.0, "{worst} ulp");
    }

    /// Far less than the half ulp that rounding the result to 16 bits costs.
    #[test]
    fn gelu_of_every_16_bit_value_is_off_by_a_fraction_of_its_ulp() {
        let inputs = (0..=u16::MAX).flat_map(|bits| {
            let (bf16, f16) = (bf16::from_bits(bits), f16::from_bits(bits));
            [(bf16.to_f32(), 7), (f16.to_f32(), 10)]
        });
        for (v, mantissa) in inputs.filter(|(v, _)| v.is_finite()) {
            for (got, want) in [
                (gelu(v), exact_gelu(v.into())),
                (gelu_tanh(v), exact_gelu_tanh(v.into())),
            ] {
                let ulp = (want.abs().log2().floor() - f64::from(mantissa)).exp2();
                let error = (f64::from(got) - want).abs();
                let flushed = want.abs() < 2f64.powi(-119);
                assert!(flushed || error <= ulp / 64.0, "{got} for {want} of {v}");
            }
        }
    }

    #[test]
    fn special_values() {
        assert!(silu(f32::NEG_INFINITY).is_nan() && gelu_tanh(f32::NEG_INFINITY).is_nan());
        assert_eq!(gelu(f32::NEG_INFINITY), 0.0);
        for function in [silu, gelu, gelu_tanh, tanh] {
            assert!(function(f32::NAN).is_nan());
            assert_eq!(function(0.0), 0.0);
        }
        for function in [silu, gelu, gelu_tanh] {
            assert_eq!(function(f32::INFINITY), f32::INFINITY);
            assert_eq!(function(f32::MAX), f32::MAX);
            assert_eq!(function(-f32::MAX), 0.0);
        }
        assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
    }
}
