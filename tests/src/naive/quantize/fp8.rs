//! FP8 with scales, by search: the nearest of all codes, the least of all powers of two.

/// A format and whose elements share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fp8 {
    /// Two bits of mantissa rather than three.
    pub e5m2: bool,
    /// Scales are powers of two.
    pub power_of_two: bool,
    /// Rows that share a scale; `None` is all.
    pub rows: Option<usize>,
    /// Columns that do.
    pub columns: Option<usize>,
}

/// Rounded to `f32`. Of two `f32`, a product is exact before that, and a quotient as good as exact.
fn f32_of(value: f64) -> f64 {
    f64::from(value as f32)
}

impl Fp8 {
    /// The magnitudes of all finite codes, in their order.
    fn magnitudes(self) -> Vec<f64> {
        let (mantissa, bias, last) = if self.e5m2 {
            (2, 15, 0x7b)
        } else {
            (3, 7, 0x7e)
        };
        let one = |code: i32| {
            let (exponent, fraction) = (code >> mantissa, code & ((1 << mantissa) - 1));
            let fraction = f64::from(fraction) / f64::from(1 << mantissa);
            match exponent {
                0 => fraction * 2f64.powi(1 - bias),
                _ => (1.0 + fraction) * 2f64.powi(exponent - bias),
            }
        };
        (0..=last).map(one).collect()
    }

    /// The code nearest to a value, the even one of two.
    fn encode(magnitudes: &[f64], value: f64) -> u8 {
        if value.is_nan() {
            return 0x7f;
        }
        let distance = |code: usize| (magnitudes[code] - value.abs().min(1e6)).abs();
        let mut best = 0;
        for code in 1..magnitudes.len() {
            let closer = distance(code) < distance(best);
            if closer || distance(code) == distance(best) && code % 2 == 0 {
                best = code;
            }
        }
        best as u8 | u8::from(value.is_sign_negative()) << 7
    }

    /// The value of a code.
    fn decode(self, magnitudes: &[f64], code: u8) -> f64 {
        let magnitude = match code & 0x7f {
            0x7c if self.e5m2 => f64::INFINITY,
            code => magnitudes
                .get(usize::from(code))
                .copied()
                .unwrap_or(f64::NAN),
        };
        if code & 0x80 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }

    /// The scale of those whose largest magnitude this is, and what they are multiplied by.
    fn scale(self, largest: f64) -> (f64, f64) {
        let most = if self.e5m2 { 57344.0 } else { 448.0 };
        let amax = largest.max(f64::from(1e-12f32));
        let quotient = f32_of(amax / most);
        if !self.power_of_two {
            return (quotient, f32_of(most / amax));
        }
        let mut powers = (-126..128).map(|exponent| 2f64.powi(exponent));
        let power = powers.find(|&power| power >= quotient);
        let power = power.unwrap_or(f64::INFINITY);
        (power, 1.0 / power)
    }

    /// Who shares a scale with the element of a row and column.
    fn part(self, [row, column]: [usize; 2]) -> [usize; 2] {
        [
            self.rows.map_or(0, |rows| row / rows),
            self.columns.map_or(0, |columns| column / columns),
        ]
    }

    /// How many parts there are, down and across.
    #[must_use]
    pub fn parts(self, [rows, columns]: [usize; 2]) -> [usize; 2] {
        [
            self.rows.map_or(1, |shared| rows.div_ceil(shared)),
            self.columns.map_or(1, |shared| columns.div_ceil(shared)),
        ]
    }

    /// Quantises a matrix: its codes, and the scales of its parts, row by row. Rows that do not exist have no codes, and parts
    /// of nothing else zeros.
    #[must_use]
    pub fn quantize(
        self,
        x: &[f64],
        shape: [usize; 2],
        exists: impl Fn(usize) -> bool,
    ) -> (Vec<Option<u8>>, Vec<f64>) {
        let (magnitudes, [down, across]) = (self.magnitudes(), self.parts(shape));
        let elements = || {
            let rows = (0..shape[0]).flat_map(|row| (0..shape[1]).map(move |column| [row, column]));
            rows.zip(x)
        };
        let mut largest = vec![0.0f64; down * across];
        for (at, x) in elements().filter(|(at, x)| exists(at[0]) && !x.is_nan()) {
            let [row, column] = self.part(at);
            let largest = &mut largest[row * across + column];
            *largest = largest.max(x.abs());
        }
        let codes = elements().map(|(at, x)| {
            let [row, column] = self.part(at);
            let (_, multiplier) = self.scale(largest[row * across + column]);
            exists(at[0]).then(|| Self::encode(&magnitudes, f32_of(x * multiplier)))
        });
        let codes = codes.collect();
        let scales = largest.iter().enumerate().map(|(i, &largest)| {
            let alone = self.rows == Some(1) && !exists(i / across);
            if alone { 0.0 } else { self.scale(largest).0 }
        });
        (codes, scales.collect())
    }

    /// The codes of elements by a given scale.
    #[must_use]
    pub fn quantize_by(self, x: &[f64], scale: f64) -> Vec<u8> {
        let (magnitudes, multiplier) =
            (self.magnitudes(), f32_of(1.0 / scale).min(f32::MAX.into()));
        let code = |x: &f64| Self::encode(&magnitudes, f32_of(x * multiplier));
        x.iter().map(code).collect()
    }

    /// The values of a matrix of codes and the scales of its parts.
    #[must_use]
    pub fn dequantize(self, codes: &[u8], scales: &[f64], shape: [usize; 2]) -> Vec<f64> {
        let (magnitudes, [_, across]) = (self.magnitudes(), self.parts(shape));
        let value = |(i, &code): (usize, &u8)| {
            let [row, column] = self.part([i / shape[1], i % shape[1]]);
            f32_of(self.decode(&magnitudes, code) * scales[row * across + column])
        };
        codes.iter().enumerate().map(value).collect()
    }
}

/// The scales `[rows, columns]` of a matrix column by column, each padded with zeros to a multiple of four.
#[must_use]
pub fn mn_major(scales: &[f64], [rows, columns]: [usize; 2]) -> Vec<f64> {
    let mut out = Vec::new();
    for column in 0..columns {
        out.extend((0..rows).map(|row| scales[row * columns + column]));
        while out.len() % 4 != 0 {
            out.push(0.0);
        }
    }
    out
}
