//! The sum of products that a tensor core works out, to the bit.
//!
//! Measured on an H200; the shape of the model is that of Khattak and Mikaitis, *Accurate Models of NVIDIA
//! Tensor Cores* (2025). A dot product of all elements along K and the addend `c` is one sum:
//!
//! 1. Products are exact. The exponent of a product is the sum of its factors' exponents; its significand,
//!    which lies in `[1, 4)`, is not normalised.
//! 2. All terms are aligned to the largest exponent among them, or to -133 if all are smaller, and cut,
//!    towards zero, to `fraction_bits` bits behind the point.
//! 3. They are added without error.
//! 4. The sum is normalised and cut, towards zero, to the result's fraction. A result that is zero is
//!    `+0`. Results may be subnormal.
//!
//! | instruction | `fraction_bits` | the result's |
//! |---|---|---|
//! | `mma.sync`, `wgmma` of f16, bf16, tf32 | 25 | 23 |
//! | `wgmma` of e4m3, e5m2 | 13 | 13 |
//!
//! `mma.sync` of 8-bit types is something else: two products as of f16, first of the elements whose index
//! along K is 0 or 1 modulo 4, then of the others; only then `c` is added, rounded to nearest.
//!
//! Where a term is infinite or NaN, the sum is what IEEE 754 says; every NaN is `0x7fff_ffff`.

use crate::matrix::element::{Element, Term, ZERO_EXPONENT};

/// The least exponent that terms are aligned to.
const FLOOR: i32 = -133;

/// The NaN that tensor cores yield.
const NAN: u32 = 0x7fff_ffff;

/// How many bits a sum keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Precision {
    /// Behind the point of the largest term.
    fraction_bits: u32,
    /// Of the result's fraction.
    result_bits: u32,
}

impl Precision {
    /// Sums of products of 16-bit and TF32 elements.
    pub(crate) const FULL: Self = Self {
        fraction_bits: 25,
        result_bits: 23,
    };
    /// `wgmma` of 8-bit elements.
    pub(crate) const REDUCED: Self = Self {
        fraction_bits: 13,
        result_bits: 13,
    };
}

/// An operand, decoded once: rows of `k` elements.
pub(crate) struct Operand {
    element: Element,
    k: usize,
    bits: Vec<u32>,
    terms: Vec<Term>,
    /// For each row, whether all elements are numbers.
    finite: Vec<bool>,
}

impl Operand {
    /// An operand of rows of `k` elements, given by their bits.
    pub(crate) fn new(element: Element, k: usize, bits: Vec<u32>) -> Self {
        const NOTHING: Term = Term {
            significand: 0,
            exponent: ZERO_EXPONENT,
        };
        let decoded: Vec<Option<Term>> = bits.iter().map(|bits| element.term(*bits)).collect();
        Self {
            element,
            k,
            bits,
            finite: (decoded.chunks(k))
                .map(|row| row.iter().all(Option::is_some))
                .collect(),
            terms: (decoded.iter())
                .map(|term| term.unwrap_or(NOTHING))
                .collect(),
        }
    }

    /// The same, negated.
    pub(crate) fn negate(self) -> Self {
        let sign = 1 << (self.element.bits - 1);
        let bits = self.bits.iter().map(|bits| bits ^ sign).collect();
        Self::new(self.element, self.k, bits)
    }

    /// The elements along K for which `keep` holds.
    pub(crate) fn select(&self, keep: impl Fn(usize) -> bool) -> Self {
        let elements = self.bits.iter().enumerate();
        let kept = elements.filter(|(at, _)| keep(at % self.k));
        let bits: Vec<u32> = kept.map(|(_, bits)| *bits).collect();
        let rows = self.finite.len();
        Self::new(self.element, bits.len() / rows, bits)
    }

    fn row(&self, row: usize) -> &[Term] {
        &self.terms[row * self.k..][..self.k]
    }

    fn values(&self, row: usize) -> impl Iterator<Item = f64> {
        let bits = &self.bits[row * self.k..][..self.k];
        bits.iter().map(|bits| self.element.value(*bits))
    }
}

/// Row `row` of `a` times row `column` of `b`, plus `c`.
pub(crate) fn dot(
    precision: Precision,
    (a, row): (&Operand, usize),
    (b, column): (&Operand, usize),
    c: f32,
) -> f32 {
    let c_term = Element::F32.term(c.to_bits());
    let Some(c_term) = c_term.filter(|_| a.finite[row] && b.finite[column]) else {
        return exceptional((a, row), (b, column), c);
    };
    let (a_row, b_row) = (a.row(row), b.row(column));
    let exponents = a_row
        .iter()
        .zip(b_row)
        .map(|(a, b)| a.exponent + b.exponent);
    let largest = exponents.fold(c_term.exponent.max(FLOOR), i32::max);
    let product_bits = a.element.fraction_bits + b.element.fraction_bits;
    let up = precision.fraction_bits - product_bits;
    let mut sum = align_addend(precision, c_term, largest);
    for (a, b) in a_row.iter().zip(b_row) {
        let product = i64::from(a.significand) * i64::from(b.significand);
        sum += cut(product << up, largest - a.exponent - b.exponent);
    }
    f32::from_bits(normalise(precision, sum, largest))
}

/// A value without its lowest `bits` bits, towards zero.
fn cut(value: i64, bits: i32) -> i64 {
    let magnitude = value.unsigned_abs() >> bits.min(63);
    if value < 0 {
        -(magnitude as i64)
    } else {
        magnitude as i64
    }
}

fn align_addend(precision: Precision, term: Term, largest: i32) -> i64 {
    let significand = i64::from(term.significand) << precision.fraction_bits;
    let down = Element::F32.fraction_bits as i32 + largest - term.exponent;
    cut(significand, down)
}

/// The bits of `sum * 2^(exponent - fraction_bits)`, cut to the result's fraction.
fn normalise(precision: Precision, sum: i64, exponent: i32) -> u32 {
    const FRACTION: i32 = 23;
    const SMALLEST: i32 = -126;
    if sum == 0 {
        return 0;
    }
    let magnitude = sum.unsigned_abs();
    let top = 63 - magnitude.leading_zeros() as i32;
    let exponent = exponent - precision.fraction_bits as i32 + top;
    // Bits of the magnitude below the result's last place.
    let drop = top - FRACTION + (SMALLEST - exponent).max(0);
    let significand = match drop {
        0.. => magnitude >> drop.min(63),
        _ => magnitude << -drop,
    } as u32;
    let significand = significand & (u32::MAX << (FRACTION as u32 - precision.result_bits));
    let bits = match exponent {
        128.. => f32::INFINITY.to_bits(),
        SMALLEST.. => significand + (((exponent - SMALLEST) as u32) << FRACTION),
        _ => significand,
    };
    match bits {
        0 => 0,
        _ => bits | u32::from(sum < 0) << 31,
    }
}

/// A sum with an infinity or NaN in it.
fn exceptional((a, row): (&Operand, usize), (b, column): (&Operand, usize), c: f32) -> f32 {
    let products = a.values(row).zip(b.values(column)).map(|(a, b)| a * b);
    let sum: f64 = products.sum::<f64>() + f64::from(c);
    if sum.is_nan() {
        f32::from_bits(NAN)
    } else {
        sum as f32
    }
}

/// [`dot`] as `mma.sync` works it out for 8-bit elements, given the two halves of each operand.
pub(crate) fn dot_of_bytes(
    a: [&Operand; 2],
    b: [&Operand; 2],
    (row, column): (usize, usize),
    c: f32,
) -> f32 {
    let full = Precision::FULL;
    let first = dot(full, (a[0], row), (b[0], column), 0.0);
    let sum = dot(full, (a[1], row), (b[1], column), first) + c;
    if sum.is_nan() {
        f32::from_bits(NAN)
    } else {
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::{Operand, Precision, dot};
    use crate::matrix::element::Element;

    fn f16_row(values: &[f32]) -> Operand {
        let bits = |value: &f32| u32::from(half::f16::from_f32(*value).to_bits());
        Operand::new(
            Element::F16,
            values.len(),
            values.iter().map(bits).collect(),
        )
    }

    fn f16_dot(a: &[f32], b: &[f32], c: f32) -> f32 {
        dot(Precision::FULL, (&f16_row(a), 0), (&f16_row(b), 0), c)
    }

    #[test]
    fn small_sums_are_exact() {
        assert_eq!(f16_dot(&[1.0, 2.0, -3.0], &[4.0, 0.5, 2.0], 0.25), -0.75);
    }

    #[test]
    fn terms_are_cut_25_bits_below_the_largest() {
        let tiny = 2f32.powi(-13);
        // 2^-26 is lost next to 1, one by one, though four of them would count.
        assert_eq!(f16_dot(&[tiny; 4], &[tiny; 4], 1.0), 1.0);
        // 2^-24 is kept: two of them are the result's last place.
        let small = 2f32.powi(-12);
        assert_eq!(f16_dot(&[small; 2], &[small; 2], 1.0), 1.0 + 2f32.powi(-23));
        assert_eq!(f16_dot(&[small; 1], &[small; 1], 1.0), 1.0);
    }

    #[test]
    fn results_are_cut_towards_zero() {
        assert_eq!(
            f16_dot(&[2f32.powi(-12); 1], &[-2f32.powi(-12); 1], -1.0),
            -1.0
        );
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(f16_dot(&[0.0], &[1.0], -0.0).to_bits(), 0);
        assert_eq!(f16_dot(&[1.0, -1.0], &[1.0, 1.0], 0.0).to_bits(), 0);
    }

    #[test]
    fn tiny_terms_are_cut_at_a_floor() {
        let row = |values: [f32; 2]| {
            let bits = values.map(|value| value.to_bits() >> 16);
            Operand::new(Element::BF16, 2, bits.to_vec())
        };
        let sum = |a: [f32; 2], b: [f32; 2]| {
            let (a, b) = (row(a), row(b));
            dot(Precision::FULL, (&a, 0), (&b, 0), 0.0).to_bits()
        };
        // 2^-158 is the last place that is kept; 2^-159 is lost, however small its neighbours.
        let half = |power: i32| 2f32.powi(power / 2);
        assert_eq!(sum([half(-148), 0.0], [half(-148) * 0.5, 0.0]), 1);
        let (kept, lost) = (2f32.powi(-79), 2f32.powi(-80));
        let one = [half(-150), kept];
        assert_eq!(sum([one[0], -kept], [one[0] * 2.0, kept]), 0);
        assert_eq!(sum([one[0], -lost], [one[0] * 2.0, lost]), 1);
    }

    #[test]
    fn nan_has_one_pattern() {
        let inf = f32::INFINITY;
        assert_eq!(f16_dot(&[inf], &[0.0], 0.0).to_bits(), 0x7fff_ffff);
        assert_eq!(f16_dot(&[inf], &[-1.0], 0.0), -inf);
    }
}
