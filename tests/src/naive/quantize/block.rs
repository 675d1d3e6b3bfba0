//! Block-scaled formats, by search: the nearest of all codes, the least of all scales.

use gatewarp::formats::ScaleLayout;

/// A block-scaled format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockFormat {
    /// Blocks of 32 e4m3 by a power of two.
    Mxfp8,
    /// Blocks of 32 e2m1 by a power of two.
    Mxfp4,
    /// Blocks of 16 e2m1 by an e4m3.
    Nvfp4,
    /// The same, with the other product.
    Nvfp4Exact,
}

/// The magnitudes of all codes of 4 exponent and 3 mantissa bits, up to 448.
fn e4m3_magnitudes() -> Vec<f64> {
    let one = |code: i32| match code >> 3 {
        0 => f64::from(code) / 512.0,
        exponent => (1.0 + f64::from(code & 7) / 8.0) * 2f64.powi(exponent - 7),
    };
    (0..=0x7e).map(one).collect()
}

/// The magnitudes of all codes of 2 exponent bits and 1 of mantissa.
const E2M1_MAGNITUDES: [f64; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// The code of the magnitude nearest to that of `value`, the even one of two; the largest for what is larger.
fn nearest(magnitudes: &[f64], value: f64) -> u8 {
    let distance = |code: usize| (magnitudes[code] - value.abs().min(1e9)).abs();
    let mut best = 0;
    for code in 1..magnitudes.len() {
        let closer = distance(code) < distance(best);
        if closer || distance(code) == distance(best) && code % 2 == 0 {
            best = code;
        }
    }
    best as u8
}

/// An e4m3: `0x7f` for NaN.
fn e4m3(magnitudes: &[f64], value: f64) -> u8 {
    match value.is_nan() {
        true => 0x7f,
        false => nearest(magnitudes, value) | u8::from(value.is_sign_negative()) << 7,
    }
}

/// An e2m1: 6 for NaN.
fn e2m1(value: f64) -> u8 {
    match value.is_nan() {
        true => 7,
        false => nearest(&E2M1_MAGNITUDES, value) | u8::from(value.is_sign_negative()) << 3,
    }
}

/// The value of an e4m3.
fn e4m3_value(magnitudes: &[f64], code: u8) -> f64 {
    let magnitude = magnitudes.get(usize::from(code & 0x7f)).copied();
    let sign = if code & 0x80 == 0 { 1.0 } else { -1.0 };
    magnitude.map_or(f64::NAN, |magnitude| sign * magnitude)
}

/// Rounded to `f32`. Of two `f32`, a product is exact before that, and a quotient as good as exact.
fn f32_of(value: f64) -> f64 {
    f64::from(value as f32)
}

/// `1 / x` rounded to `f32`; subnormals count as zero, whose reciprocal is the largest number.
fn reciprocal(x: f64) -> f64 {
    let least = f64::from(f32::MIN_POSITIVE);
    match 1.0 / x {
        _ if x < least => f64::from(f32::MAX),
        reciprocal if f32_of(reciprocal) < least => 0.0,
        reciprocal => f32_of(reciprocal),
    }
}

impl BlockFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mxfp8, Self::Mxfp4, Self::Nvfp4, Self::Nvfp4Exact];

    /// Elements of a block.
    #[must_use]
    pub fn block(self) -> usize {
        match self {
            Self::Mxfp8 | Self::Mxfp4 => 32,
            Self::Nvfp4 | Self::Nvfp4Exact => 16,
        }
    }

    /// Elements in a byte.
    #[must_use]
    pub fn per_byte(self) -> usize {
        match self {
            Self::Mxfp8 => 1,
            _ => 2,
        }
    }

    /// The code of a block's scale, and what its elements are multiplied by.
    fn scale(self, amax: f64, global: f64) -> (u8, f64) {
        let powers = |largest: f64, least: i32, most: i32| {
            let fits = |code: &i32| amax <= largest * 2f64.powi(code - 127);
            (least..most).find(fits).unwrap_or(most)
        };
        match self {
            Self::Mxfp8 if amax.is_infinite() => (255, 0.0),
            Self::Mxfp8 if amax <= 224.0 * 2f64.powi(-149) => (0, 0.0),
            Self::Mxfp8 => {
                let code = powers(448.0, 1, 254);
                (code as u8, 2f64.powi(127 - code))
            }
            Self::Mxfp4 => {
                let code = powers(6.0, 0, 254);
                (code as u8, 2f64.powi(127 - code))
            }
            Self::Nvfp4 | Self::Nvfp4Exact => {
                let (magnitudes, sixth) = (e4m3_magnitudes(), f32_of(1.0 / 6.0));
                let scaled = match self {
                    Self::Nvfp4 => f32_of(global * f32_of(amax * sixth)),
                    _ => f32_of(amax * f32_of(global * sixth)),
                };
                let code = e4m3(&magnitudes, scaled);
                let product = f32_of(e4m3_value(&magnitudes, code) * reciprocal(global));
                (code, reciprocal(product))
            }
        }
    }

    /// The codes of a row, and of its scales.
    #[must_use]
    pub fn quantize_row(self, x: &[f64], global: f64) -> (Vec<u8>, Vec<u8>) {
        let magnitudes = e4m3_magnitudes();
        let (mut data, mut scales) = (Vec::new(), Vec::new());
        for block in x.chunks(self.block()) {
            let finite = block.iter().filter(|x| !x.is_nan());
            let amax = finite.map(|x| x.abs()).fold(0.0, f64::max);
            let (code, multiplier) = self.scale(amax, global);
            scales.push(code);
            let scaled: Vec<f64> = block.iter().map(|x| f32_of(x * multiplier)).collect();
            match self {
                Self::Mxfp8 => data.extend(scaled.iter().map(|&x| e4m3(&magnitudes, x))),
                _ => data.extend(scaled.chunks(2).map(|x| e2m1(x[0]) | e2m1(x[1]) << 4)),
            }
        }
        (data, scales)
    }

    /// The values of a row of codes and scales.
    #[must_use]
    pub fn dequantize_row(self, data: &[u8], scales: &[u8], global: f64) -> Vec<f64> {
        let magnitudes = e4m3_magnitudes();
        let value = |i: usize| match self {
            Self::Mxfp8 => e4m3_value(&magnitudes, data[i]),
            _ => {
                let code = data[i / 2] >> (4 * (i % 2));
                let magnitude = E2M1_MAGNITUDES[usize::from(code & 7)];
                if code & 8 == 0 { magnitude } else { -magnitude }
            }
        };
        let scale = |code: u8| match self {
            Self::Mxfp8 | Self::Mxfp4 if code == 255 => f64::NAN,
            Self::Mxfp8 | Self::Mxfp4 => 2f64.powi(i32::from(code) - 127),
            _ => f32_of(e4m3_value(&magnitudes, code) / global),
        };
        (0..data.len() * self.per_byte())
            .map(|i| f32_of(value(i) * scale(scales[i / self.block()])))
            .collect()
    }
}

/// The scales `[rows, columns]` of a matrix in the order of a layout, padded with zeros: every place of the buffer in
/// turn, as the dimensions of the layout count them.
#[must_use]
pub fn lay_out(layout: ScaleLayout, scales: &[u8], rows: usize, columns: usize) -> Vec<u8> {
    // Rows of a tile as `groups` of `lines`, its columns, and whether a line holds all groups.
    let (groups, lines, width) = match layout {
        ScaleLayout::Swizzled128x4 => (4, 32, 4),
        ScaleLayout::Swizzled8x4 => (1, 8, 4),
        ScaleLayout::Linear => (1, 1, 1),
    };
    let mut out = Vec::new();
    for tile_row in 0..rows.div_ceil(groups * lines) {
        for tile_column in 0..columns.div_ceil(width) {
            for line in 0..lines {
                for place in 0..groups * width {
                    let row = (tile_row * groups + place / width) * lines + line;
                    let column = tile_column * width + place % width;
                    let there = row < rows && column < columns;
                    out.push(if there {
                        scales[row * columns + column]
                    } else {
                        0
                    });
                }
            }
        }
    }
    out
}
