//! The element types that tensor cores multiply.

/// A floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// Bits in memory.
    pub(crate) bits: u32,
    exponent_bits: u32,
    pub(crate) fraction_bits: u32,
    /// Whether the largest exponent holds numbers, but for one NaN, instead of infinities and NaNs.
    finite: bool,
}

/// A finite number, exactly: `significand * 2^(exponent - fraction bits)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) significand: i32,
    pub(crate) exponent: i32,
}

/// The exponent of zero: below that of any number, and of any product of numbers.
pub(crate) const ZERO_EXPONENT: i32 = -100_000;

impl Element {
    pub(crate) const F16: Self = Self::ieee(16, 5, 10);
    pub(crate) const BF16: Self = Self::ieee(16, 8, 7);
    /// Of the 32 bits in memory the lowest 13 are not looked at.
    pub(crate) const TF32: Self = Self::ieee(32, 8, 10);
    pub(crate) const E5M2: Self = Self::ieee(8, 5, 2);
    pub(crate) const E4M3: Self = Self {
        finite: true,
        ..Self::ieee(8, 4, 3)
    };
    /// What products are added to.
    pub(crate) const F32: Self = Self::ieee(32, 8, 23);

    const fn ieee(bits: u32, exponent_bits: u32, fraction_bits: u32) -> Self {
        Self {
            bits,
            exponent_bits,
            fraction_bits,
            finite: false,
        }
    }

    /// The number with these bits, if it is one.
    pub(crate) fn term(self, bits: u32) -> Option<Term> {
        let (exponent, fraction, negative) = self.fields(bits);
        let largest = (1 << self.exponent_bits) - 1;
        let all_ones = fraction == (1 << self.fraction_bits) - 1;
        if exponent == largest && (!self.finite || all_ones) {
            return None;
        }
        let bias = largest >> 1;
        let (significand, exponent) = match (exponent, fraction) {
            (0, 0) => (0, ZERO_EXPONENT),
            (0, fraction) => (fraction, 1 - bias),
            _ => (fraction | 1 << self.fraction_bits, exponent - bias),
        };
        let significand = if negative { -significand } else { significand };
        Some(Term {
            significand,
            exponent,
        })
    }

    /// The value of bits that may be an infinity or NaN.
    pub(crate) fn value(self, bits: u32) -> f64 {
        let (_, fraction, negative) = self.fields(bits);
        let magnitude = match self.term(bits) {
            Some(term) => {
                let scale = term.exponent.max(-2000) - self.fraction_bits as i32;
                return f64::from(term.significand) * f64::from(scale).exp2();
            }
            None if fraction == 0 => f64::INFINITY,
            None => f64::NAN,
        };
        if negative { -magnitude } else { magnitude }
    }

    fn fields(self, bits: u32) -> (i32, i32, bool) {
        let width = 1 + self.exponent_bits + self.fraction_bits;
        let bits = bits >> (self.bits - width);
        let exponent = bits >> self.fraction_bits & ((1 << self.exponent_bits) - 1);
        let fraction = bits & ((1 << self.fraction_bits) - 1);
        (
            exponent as i32,
            fraction as i32,
            bits >> (width - 1) & 1 == 1,
        )
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::Element;

    /// Equal, or both NaN.
    fn same(a: f64, b: f64) -> bool {
        a == b || a.is_nan() && b.is_nan()
    }

    #[test]
    fn values_of_16_bit_types() {
        for bits in 0..=u16::MAX {
            let expected = f64::from(f16::from_bits(bits).to_f32());
            assert!(same(Element::F16.value(bits.into()), expected), "{bits:#x}");
            let expected = f64::from(bf16::from_bits(bits).to_f32());
            assert!(
                same(Element::BF16.value(bits.into()), expected),
                "{bits:#x}"
            );
        }
    }

    #[test]
    fn values_of_8_bit_types() {
        let e5m2 = |bits: u32| f64::from(f16::from_bits((bits << 8) as u16).to_f32());
        assert!((0..256).all(|bits| same(Element::E5M2.value(bits), e5m2(bits))));
        let e4m3 = |bits| Element::E4M3.value(bits);
        assert_eq!(
            [e4m3(0x7e), e4m3(0x01), e4m3(0xb8)],
            [448.0, 2f64.powi(-9), -1.0]
        );
        assert!(e4m3(0x7f).is_nan() && e4m3(0xff).is_nan());
    }

    #[test]
    fn tf32_ignores_its_low_bits() {
        let bits = 1.5f32.to_bits();
        assert_eq!(Element::TF32.value(bits | 0x1fff), 1.5);
    }
}
