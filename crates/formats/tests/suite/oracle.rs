//! The definitions, in exact `f64` arithmetic and without bit tricks.
//!
//! A small float is tabulated from sign, exponent and mantissa; rounding is a search of the table.

/// A format as its specification words it.
pub struct Definition {
    pub exponent_bits: u32,
    pub mantissa_bits: u32,
    pub bias: i32,
    /// Largest finite value; the codes above it are special.
    pub max: f64,
    pub has_infinity: bool,
    /// The code of a converted NaN.
    pub nan: u8,
}

pub const E4M3: Definition = Definition {
    exponent_bits: 4,
    mantissa_bits: 3,
    bias: 7,
    max: 448.0,
    has_infinity: false,
    nan: 0x7f,
};

pub const E5M2: Definition = Definition {
    exponent_bits: 5,
    mantissa_bits: 2,
    bias: 15,
    max: 57344.0,
    has_infinity: true,
    nan: 0x7f,
};

pub const E2M1: Definition = Definition {
    exponent_bits: 2,
    mantissa_bits: 1,
    bias: 1,
    max: 6.0,
    has_infinity: false,
    nan: 0x7,
};

impl Definition {
    /// The sign bit, which is also the number of codes of one sign.
    pub fn sign_bit(&self) -> u8 {
        1 << (self.exponent_bits + self.mantissa_bits)
    }

    /// The value of a code.
    pub fn value(&self, code: u8) -> f64 {
        let sign = if code & self.sign_bit() == 0 {
            1.0
        } else {
            -1.0
        };
        sign * self.magnitude(code & (self.sign_bit() - 1))
    }

    fn magnitude(&self, code: u8) -> f64 {
        let steps = 1 << self.mantissa_bits;
        let (exponent, mantissa) = (i32::from(code) / steps, i32::from(code) % steps);
        let fraction = f64::from(mantissa) / f64::from(steps);
        let value = match exponent {
            0 => fraction * 2f64.powi(1 - self.bias),
            _ => (1.0 + fraction) * 2f64.powi(exponent - self.bias),
        };
        match value {
            _ if value <= self.max => value,
            _ if self.has_infinity && mantissa == 0 => f64::INFINITY,
            _ => f64::NAN,
        }
    }

    /// The values of the finite codes without sign, in the order of the codes.
    pub fn magnitudes(&self) -> Vec<f64> {
        (0..self.sign_bit())
            .map(|code| self.magnitude(code))
            .take_while(|value| value.is_finite())
            .collect()
    }
}

/// Rounds by search: the nearest of all finite values, of two as near the one with the even code.
///
/// Distances to the two neighbours of an input are exact in `f64` or differ by many binades; the
/// others are never smaller.
pub struct Rounder {
    definition: Definition,
    magnitudes: Vec<f64>,
}

impl Rounder {
    pub fn new(definition: Definition) -> Self {
        let magnitudes = definition.magnitudes();
        Self {
            definition,
            magnitudes,
        }
    }

    /// The code that `value` rounds to.
    pub fn code(&self, value: f32) -> u8 {
        if value.is_nan() {
            return self.definition.nan;
        }
        let magnitude = f64::from(value).abs().min(self.definition.max);
        let key = |code: &u8| {
            let distance = (self.magnitudes[usize::from(*code)] - magnitude).abs();
            (distance, code % 2)
        };
        let nearest = (0..self.magnitudes.len() as u8)
            .min_by(|a, b| key(a).partial_cmp(&key(b)).expect("distances are numbers"))
            .expect("every format has values");
        match value.is_sign_negative() {
            true => nearest | self.definition.sign_bit(),
            false => nearest,
        }
    }
}

/// The code of an e8m0 scale: a search of its 255 powers of two, upwards or downwards.
pub fn e8m0_code(value: f32, up: bool) -> u8 {
    let magnitude = f64::from(value).abs();
    let power = |code: u8| 2f64.powi(i32::from(code) - 127);
    if value.is_nan() {
        255
    } else if up {
        (0..=254)
            .find(|&code| power(code) >= magnitude)
            .unwrap_or(254)
    } else {
        (0..=254)
            .rfind(|&code| power(code) <= magnitude)
            .unwrap_or(0)
    }
}
