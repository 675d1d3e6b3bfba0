//! The approximate math instructions, by their PTX names. Errors are those of the PTX ISA, section
//! "Floating Point Instructions".
//!
//! `.ftz` instructions take subnormals as zeros of their sign, and give zeros instead of subnormals. The
//! simulator gives the exact result, rounded to nearest; a NaN is `0x7fffffff`. Executed by any thread.

#[cfg(not(target_arch = "nvptx64"))]
use crate::rounding::{add_to_odd, f32_nearest, flush};

macro_rules! unary {
    ($($name:ident, $ptx:literal, $flush:expr, |$x:ident| $host:expr, $doc:literal;)*) => { $(
        #[doc = concat!($doc, " (`", $ptx, "`).")]
        #[inline(always)]
        #[must_use]
        pub fn $name(x: f32) -> f32 {
            on! {
                gpu => compute!(reg32 f32 = concat!($ptx, " {0}, {1};"), reg32 x),
                sim => {
                    let flush: fn(f32) -> f32 = $flush;
                    let $x = f64::from(flush(x));
                    flush(f32_nearest($host))
                },
            }
        }
    )* };
}

unary! {
    ex2_approx, "ex2.approx.ftz.f32", flush, |x| x.exp2(), "2 to the power of `x`, within 2 ulp";
    rcp_approx, "rcp.approx.ftz.f32", flush, |x| x.recip(), "1 / `x`, within 1 ulp";
    rsqrt_approx, "rsqrt.approx.ftz.f32", flush, |x| x.sqrt().recip(),
        "1 / the square root of `x`, relative error 2^-22.9";
    sqrt_approx, "sqrt.approx.ftz.f32", flush, |x| x.sqrt(),
        "The square root of `x`, relative error 2^-23";
    lg2_approx, "lg2.approx.ftz.f32", flush, |x| x.log2(),
        "The base-2 logarithm of `x`, absolute error 2^-22 from 0.5 to 2, elsewhere relative error 2^-22.6";
    sin_approx, "sin.approx.ftz.f32", flush, |x| x.sin(),
        "The sine of `x`, absolute error 2^-20.5 from -2 pi to 2 pi";
    cos_approx, "cos.approx.ftz.f32", flush, |x| x.cos(),
        "The cosine of `x`, absolute error 2^-20.5 from -2 pi to 2 pi";
    tanh_approx, "tanh.approx.f32", |x| x, |x| x.tanh(),
        "The hyperbolic tangent of `x`, relative error 2^-11; keeps subnormals; sm_75";
}

/// `a / b` within 2 ulp (`div.full.ftz.f32`).
#[inline(always)]
#[must_use]
pub fn div_full(a: f32, b: f32) -> f32 {
    on! {
        gpu => compute!(reg32 f32 = "div.full.ftz.f32 {0}, {1}, {2};", reg32 a, reg32 b),
        // A quotient of two `f32` in `f64` rounds to `f32` as the exact one does.
        sim => flush(f32_nearest(f64::from(flush(a)) / f64::from(flush(b)))),
    }
}

/// `a * b + c`, rounded once, to nearest even (`fma.rn.f32`).
#[inline(always)]
#[must_use]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    on! {
        gpu => compute!(reg32 f32 = "fma.rn.f32 {0}, {1}, {2}, {3};", reg32 a, reg32 b, reg32 c),
        // The product of two `f32` is exact in `f64`.
        sim => f32_nearest(add_to_odd(f64::from(a) * f64::from(b), f64::from(c))),
    }
}

/// The smaller of `a` and `b`; NaN if either is (`min.NaN.f32`, sm_80).
#[inline(always)]
#[must_use]
pub fn min_nan(a: f32, b: f32) -> f32 {
    on! {
        gpu => compute!(reg32 f32 = "min.NaN.f32 {0}, {1}, {2};", reg32 a, reg32 b),
        sim => if a.is_nan() || b.is_nan() { NAN } else { a.min(b) },
    }
}

/// The larger of `a` and `b`; NaN if either is (`max.NaN.f32`, sm_80).
#[inline(always)]
#[must_use]
pub fn max_nan(a: f32, b: f32) -> f32 {
    on! {
        gpu => compute!(reg32 f32 = "max.NaN.f32 {0}, {1}, {2};", reg32 a, reg32 b),
        sim => if a.is_nan() || b.is_nan() { NAN } else { a.max(b) },
    }
}

/// The NaN that instructions give.
#[cfg(not(target_arch = "nvptx64"))]
const NAN: f32 = f32::from_bits(0x7fff_ffff);

/// e to the power of `x`, by [`ex2_approx`].
#[inline(always)]
#[must_use]
pub fn exp_approx(x: f32) -> f32 {
    ex2_approx(x * core::f32::consts::LOG2_E)
}

#[cfg(test)]
mod tests {
    use super::{
        div_full, ex2_approx, fma, lg2_approx, max_nan, min_nan, rcp_approx, rsqrt_approx,
        sqrt_approx, tanh_approx,
    };

    const SUBNORMAL: f32 = f32::from_bits(1);

    #[test]
    fn subnormals_are_zeros() {
        assert_eq!(ex2_approx(-140.0).to_bits(), 0);
        assert_eq!(rcp_approx(-SUBNORMAL), f32::NEG_INFINITY);
        assert_eq!(rcp_approx(-f32::MAX).to_bits(), 0x8000_0000);
        assert_eq!(lg2_approx(-SUBNORMAL), f32::NEG_INFINITY);
        assert_eq!(rsqrt_approx(-SUBNORMAL), f32::NEG_INFINITY);
        assert_eq!(sqrt_approx(-SUBNORMAL).to_bits(), 0x8000_0000);
        assert_eq!(div_full(SUBNORMAL, SUBNORMAL).to_bits(), 0x7fff_ffff);
        assert_eq!(div_full(-f32::MIN_POSITIVE, 2.0).to_bits(), 0x8000_0000);
    }

    #[test]
    fn tanh_keeps_subnormals() {
        assert_eq!(tanh_approx(SUBNORMAL), SUBNORMAL);
    }

    #[test]
    fn special_values() {
        assert_eq!(lg2_approx(-1.0).to_bits(), 0x7fff_ffff);
        assert_eq!(ex2_approx(f32::NEG_INFINITY), 0.0);
        assert_eq!(div_full(1.0, 0.0), f32::INFINITY);
        assert_eq!(tanh_approx(-f32::INFINITY), -1.0);
    }

    #[test]
    fn minimum_and_maximum_keep_nan() {
        assert_eq!((min_nan(1.0, -2.0), max_nan(1.0, -2.0)), (-2.0, 1.0));
        for (a, b) in [(f32::NAN, 1.0), (1.0, -f32::NAN)] {
            assert_eq!(min_nan(a, b).to_bits(), 0x7fff_ffff);
            assert_eq!(max_nan(a, b).to_bits(), 0x7fff_ffff);
        }
        assert_eq!(min_nan(f32::NEG_INFINITY, f32::MAX), f32::NEG_INFINITY);
    }

    #[test]
    fn fma_rounds_once() {
        let e = f32::EPSILON;
        assert_eq!(fma(1.0 + e, 1.0 - e, -1.0), -e * e);
        // Rounding the f64 sum again would tie to even here.
        let (half_ulp, less) = (2f32.powi(-24), 2f32.powi(-80));
        assert_eq!(fma(1.0 + e, 1.0, half_ulp), 1.0 + 2.0 * e);
        assert_eq!(fma(half_ulp, 1.0 - less, 1.0), 1.0);
        for (a, b, c) in [
            (0.1f32, 0.7, -0.07),
            (3e38, 3.0, -f32::MAX),
            (1e-40, 0.5, 1e-45),
        ] {
            assert_eq!(fma(a, b, c), a.mul_add(b, c));
        }
    }
}
