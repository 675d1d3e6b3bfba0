//! Block-scaled formats: MXFP8, MXFP4, NVFP4.

use formats::{E2m1, E4m3, E8m0, ScaleGrid};
use rayon::prelude::*;

use crate::element::Float;
use crate::reference::{Rows, RowsMut};

/// A block-scaled format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockFormat {
    /// 32 e4m3 by an e8m0.
    Mxfp8,
    /// 32 e2m1 by an e8m0.
    Mxfp4,
    /// 16 e2m1 by an e4m3, and rows by an `f32`.
    Nvfp4 {
        /// Which product the scale is: see [`BlockFormat::scale`].
        exact: bool,
    },
}

/// `1 / x` of what is not negative, rounded; subnormals count as zero, and the reciprocal of zero is the largest finite
/// number.
fn reciprocal(x: f32) -> f32 {
    let reciprocal = 1.0 / x;
    if x < f32::MIN_POSITIVE {
        f32::MAX
    } else if reciprocal < f32::MIN_POSITIVE {
        0.0
    } else {
        reciprocal
    }
}

impl BlockFormat {
    /// Elements of a block.
    #[must_use]
    pub fn block(self) -> usize {
        match self {
            Self::Mxfp8 | Self::Mxfp4 => 32,
            Self::Nvfp4 { .. } => 16,
        }
    }

    /// Elements in a byte.
    #[must_use]
    pub fn per_byte(self) -> usize {
        match self {
            Self::Mxfp8 => 1,
            Self::Mxfp4 | Self::Nvfp4 { .. } => 2,
        }
    }

    /// The code of a block's scale, and what its elements are multiplied by; `amax` is their largest magnitude.
    ///
    /// | format | scale | multiplier |
    /// |---|---|---|
    /// | MXFP8 | `E`: `amax / 448` rounded up to a power of two, 2^-126 at least | `1 / E`, 0 for a zero |
    /// | MXFP4 | `E`: `amax / 6` rounded up to an e8m0 | `1 / E` |
    /// | NVFP4 | `S = e4m3(g * (amax * (1/6)))`, exact: `e4m3(amax * (g * (1/6)))` | `1 / (S * (1 / g))`, see below |
    ///
    /// In NVFP4's multiplier subnormals count as zero where they are divided by, and the reciprocal of zero is the largest
    /// finite number.
    ///
    /// Sources: Megatron-LM, `mxfp8_quantize`; the OCP MX specification; FlashInfer, `nvfp4_quantize`.
    #[must_use]
    pub fn scale(self, amax: f32, global: f32) -> (u8, f32) {
        match self {
            Self::Mxfp8 => {
                let power = ((amax / 448.0).to_bits() + 0x007f_ffff) & 0x7f80_0000;
                let multiplier = match power {
                    0 => 0.0,
                    _ => 1.0 / f32::from_bits(power),
                };
                ((power >> 23) as u8, multiplier)
            }
            Self::Mxfp4 => {
                let scale = e8m0_above(f64::from(amax) / 6.0);
                (scale.to_bits(), scale.recip().to_f32())
            }
            Self::Nvfp4 { exact } => {
                let sixth = 1.0f32 / 6.0;
                let scale = E4m3::from_f32(if exact {
                    amax * (global * sixth)
                } else {
                    global * (amax * sixth)
                });
                let multiplier = reciprocal(scale.to_f32() * reciprocal(global));
                (scale.to_bits(), multiplier)
            }
        }
    }

    /// What a scale multiplies the values of codes by.
    #[must_use]
    pub fn unscale(self, code: u8, global: f32) -> f32 {
        match self {
            Self::Mxfp8 | Self::Mxfp4 => E8m0::from_bits(code).to_f32(),
            Self::Nvfp4 { .. } => E4m3::from_bits(code).to_f32() / global,
        }
    }

    /// Quantises a row into its codes; calls `scale(block, code)` for each block.
    fn quantize_row(
        self,
        x: &[f32],
        global: f32,
        data: &mut [u8],
        mut scale: impl FnMut(usize, u8),
    ) {
        let bytes = self.block() / self.per_byte();
        let blocks = x.chunks(self.block()).zip(data.chunks_mut(bytes));
        for (i, (x, data)) in blocks.enumerate() {
            // `max` passes over NaN.
            let amax = x.iter().fold(0.0f32, |amax, x| amax.max(x.abs()));
            let (code, multiplier) = self.scale(amax, global);
            scale(i, code);
            for (byte, x) in data.iter_mut().zip(x.chunks(self.per_byte())) {
                *byte = self.encode(x, multiplier);
            }
        }
    }

    /// The byte of one or two elements.
    fn encode(self, x: &[f32], multiplier: f32) -> u8 {
        match self {
            Self::Mxfp8 => E4m3::from_f32(x[0] * multiplier).to_bits(),
            Self::Mxfp4 | Self::Nvfp4 { .. } => {
                let [low, high] = [x[0], x[1]].map(|x| E2m1::from_f32(x * multiplier).to_bits());
                low | high << 4
            }
        }
    }

    /// The value of element `i` of a row of codes.
    fn decode(self, data: &[u8], i: usize) -> f32 {
        match self {
            Self::Mxfp8 => E4m3::from_bits(data[i]).to_f32(),
            Self::Mxfp4 | Self::Nvfp4 { .. } => {
                E2m1::from_bits(data[i / 2] >> (4 * (i % 2))).to_f32()
            }
        }
    }
}

/// The least e8m0 that is not below `value`, which is not negative; the largest if all are.
fn e8m0_above(value: f64) -> E8m0 {
    // Rounds up to a power of two; a quotient of an `f32` by 6 is one in `f64` exactly if it is one.
    let exponent = ((value.to_bits() + ((1 << 52) - 1)) >> 52) as i64 - 1023;
    E8m0::from_bits((exponent + 127).clamp(0, 254) as u8)
}

/// Matrices of blocks, and where their scales are.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// The format.
    pub format: BlockFormat,
    /// The grid of a matrix's scales; the matrices' follow each other.
    pub grid: ScaleGrid,
    /// Elements of a row.
    pub columns: usize,
    /// The scales of equally many rows each; empty if the format has none.
    pub global: &'a [f32],
    /// Rows of all matrices.
    pub rows: usize,
}

impl Blocks<'_> {
    /// Quantises the rows that `source(row, elements)` says the elements of, and returns whether it exists. The data of
    /// a row that does not is left alone; its scales, and all padding, become zero.
    pub fn quantize(
        &self,
        source: impl Fn(usize, &mut [f32]) -> bool + Sync,
        data: RowsMut<'_, u8>,
        scales: &mut [u8],
    ) {
        let (format, blocks) = (self.format, self.grid.columns());
        if self.columns == 0 {
            return;
        }
        let mut linear = vec![0; self.rows * blocks];
        let rows = data.par_rows(self.columns / format.per_byte());
        let rows = rows.zip(linear.par_chunks_mut(blocks)).enumerate();
        rows.for_each_init(
            || vec![0.0; self.columns],
            |x, (row, (data, scales))| {
                if source(row, x) {
                    format.quantize_row(x, self.global(row), data, |i, code| scales[i] = code);
                }
            },
        );
        self.lay_out(&linear, scales);
    }

    /// Puts scales into their grids; padding becomes zero.
    fn lay_out(&self, linear: &[u8], scales: &mut [u8]) {
        let (rows, blocks) = (self.grid.rows(), self.grid.columns());
        let grids = scales.par_chunks_mut(self.grid.bytes().max(1));
        grids.enumerate().for_each(|(matrix, scales)| {
            scales
                .par_iter_mut()
                .enumerate()
                .for_each(|(offset, scale)| {
                    let position = self.grid.position(offset);
                    *scale = position.map_or(0, |(row, column)| {
                        linear[(matrix * rows + row) * blocks + column]
                    });
                });
        });
    }

    /// `value of the code * scale`, rounded to `T`.
    pub fn dequantize<T: Float>(&self, data: Rows<'_, u8>, scales: &[u8], out: RowsMut<'_, T>) {
        if self.columns == 0 {
            return;
        }
        let (format, columns) = (self.format, self.columns);
        out.par_rows(columns).enumerate().for_each(|(row, out)| {
            let data = data.row(row, columns / format.per_byte());
            let (matrix, place) = (row / self.grid.rows(), row % self.grid.rows());
            for (i, out) in out.iter_mut().enumerate() {
                let column = i / format.block();
                let offset = self
                    .grid
                    .layout()
                    .offset(self.grid.columns(), place, column);
                let code = scales[matrix * self.grid.bytes() + offset];
                let scale = format.unscale(code, self.global(row));
                *out = T::from_f32(format.decode(data, i) * scale);
            }
        });
    }

    /// The scale of a row.
    fn global(&self, row: usize) -> f32 {
        match self.global {
            [] => 1.0,
            global => global[row / (self.rows / global.len())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BlockFormat::{Mxfp4, Mxfp8, Nvfp4};

    #[test]
    fn scales_of_landmarks() {
        assert_eq!(Mxfp8.scale(448.0, 1.0), (127, 1.0));
        assert_eq!(Mxfp8.scale(449.0, 1.0), (128, 0.5));
        assert_eq!(Mxfp8.scale(0.0, 1.0), (0, 0.0));
        assert_eq!(Mxfp8.scale(f32::INFINITY, 1.0), (255, 0.0));
        assert_eq!(Mxfp4.scale(6.0, 1.0), (127, 1.0));
        assert_eq!(Mxfp4.scale(6.0f32.next_up(), 1.0), (128, 0.5));
        assert_eq!(Mxfp4.scale(0.0, 1.0).0, 0);
        assert_eq!(Mxfp4.scale(f32::INFINITY, 1.0).0, 254);
        for exact in [false, true] {
            assert_eq!(Nvfp4 { exact }.scale(6.0, 1.0), (0x38, 1.0));
            assert_eq!(Nvfp4 { exact }.scale(0.0, 1.0), (0, f32::MAX));
            assert_eq!(Nvfp4 { exact }.scale(1e-30, 1.0), (0, f32::MAX));
        }
    }
}
