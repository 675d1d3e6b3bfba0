//! FP8 with `f32` scales.

use rayon::prelude::*;

use super::rows::LiveRows;
use crate::element::Float;
use crate::quantize::{Fp8Code, ScaleRounding};
use crate::reference::{Rows, RowsMut};

/// What a magnitude is at least, so that its quotients are normal and finite.
const LEAST: f32 = 1e-12;

/// Which elements of a matrix share a scale, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleGrid {
    /// Rows that share one.
    pub shared_rows: usize,
    /// Columns that share one.
    pub shared_columns: usize,
    /// Scales from a matrix's to the next's.
    pub matrix_step: usize,
    /// Scales from those of rows to those of the next.
    pub row_step: usize,
    /// Scales from that of columns to that of the next.
    pub column_step: usize,
}

impl ScaleGrid {
    /// Where the scale of an element is.
    #[must_use]
    pub fn place(&self, matrix: usize, row: usize, column: usize) -> usize {
        let (row, column) = (row / self.shared_rows, column / self.shared_columns);
        matrix * self.matrix_step + row * self.row_step + column * self.column_step
    }

    /// The first row and column of each part of a matrix that shares a scale; of one without rows or columns too, if a
    /// part is as high or wide as it is.
    fn parts(&self, rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
        let starts = |length: usize, shared: usize| match shared {
            usize::MAX => (0..1).step_by(1),
            shared => (0..length).step_by(shared),
        };
        let columns = starts(columns, self.shared_columns);
        let rows = starts(rows, self.shared_rows);
        rows.flat_map(move |row| columns.clone().map(move |column| (row, column)))
    }
}

/// The scale, and what elements are multiplied by.
///
/// `amax / largest` and `largest / amax`, where `amax` is 1e-12 at least; or the first rounded up to a power of two, and its
/// reciprocal. Sources: vLLM and SGLang's dynamic quantisers; DeepGEMM, `per_token_cast_to_fp8`.
#[must_use]
pub fn scale<C: Fp8Code>(amax: f32, rounding: ScaleRounding) -> (f32, f32) {
    let amax = amax.max(LEAST);
    let quotient = amax / C::LARGEST;
    match rounding {
        ScaleRounding::Nearest => (quotient, C::LARGEST / amax),
        ScaleRounding::PowerOfTwo => {
            // Any bit of the mantissa carries into the exponent.
            let scale = f32::from_bits((quotient.to_bits() + 0x007f_ffff) & 0x7f80_0000);
            (scale, 1.0 / scale)
        }
    }
}

/// The largest magnitude; `max` passes over NaN.
fn magnitude(x: &[f32]) -> f32 {
    x.iter().fold(0.0, |amax, x| amax.max(x.abs()))
}

/// Matrices of elements, one below the other.
pub struct Matrices<'a, F> {
    /// How many.
    pub matrices: usize,
    /// Rows of each.
    pub rows: usize,
    /// Elements of a row.
    pub columns: usize,
    /// Which rows exist.
    pub live: LiveRows<'a>,
    /// Says the elements of a row.
    pub source: F,
}

impl<F: Fn(usize, &mut [f32]) + Sync> Matrices<'_, F> {
    /// Quantises the rows that exist by scales that it finds, and writes those; those that no such row has a part in
    /// become zero.
    pub fn quantize<C: Fp8Code>(
        &self,
        grid: &ScaleGrid,
        rounding: ScaleRounding,
        data: RowsMut<'_, C>,
        scales: &mut [f32],
    ) {
        let (rows, columns) = (self.rows, self.columns);
        let mut multipliers = vec![0.0; scales.len()];
        let amax = self.amax(grid, scales.len());
        scales.fill(0.0);
        for matrix in 0..self.matrices {
            for (row, column) in grid.parts(rows, columns) {
                // Where fewer than all exist, no two rows share a scale, or all do.
                if grid.shared_rows > 1 || self.live.exists(matrix * rows + row) {
                    let place = grid.place(matrix, row, column);
                    (scales[place], multipliers[place]) = scale::<C>(amax[place], rounding);
                }
            }
        }
        self.encode(data, |row, column| {
            multipliers[grid.place(row / rows, row % rows, column)]
        });
    }

    /// Quantises the rows that exist by a scale that is given.
    pub fn quantize_by<C: Fp8Code>(&self, scale: f32, data: RowsMut<'_, C>) {
        let multiplier = (1.0 / scale).min(f32::MAX);
        self.encode(data, |_, _| multiplier);
    }

    /// The largest magnitude of all rows that exist.
    pub fn largest(&self) -> f32 {
        let all = ScaleGrid {
            shared_rows: usize::MAX,
            shared_columns: usize::MAX,
            matrix_step: 0,
            row_step: 0,
            column_step: 0,
        };
        self.amax(&all, 1)[0]
    }

    /// The largest magnitudes of those that share a scale, in its place.
    fn amax(&self, grid: &ScaleGrid, scales: usize) -> Vec<f32> {
        let (rows, columns) = (self.rows, self.columns);
        let parts = (0..self.matrices * rows).into_par_iter().map_init(
            || vec![0.0; columns],
            |x, row| {
                if columns == 0 || !self.live.exists(row) {
                    return Vec::new();
                }
                (self.source)(row, x);
                let shared = grid.shared_columns.min(columns);
                x.chunks(shared).map(magnitude).collect()
            },
        );
        let mut amax = vec![0.0f32; scales];
        for (row, parts) in parts.collect::<Vec<_>>().into_iter().enumerate() {
            for (part, found) in parts.into_iter().enumerate() {
                let column = part * grid.shared_columns.min(columns);
                let place = grid.place(row / rows, row % rows, column);
                amax[place] = amax[place].max(found);
            }
        }
        amax
    }

    /// Writes the codes of the rows that exist.
    fn encode<C: Fp8Code>(
        &self,
        data: RowsMut<'_, C>,
        multiplier: impl Fn(usize, usize) -> f32 + Sync,
    ) {
        if self.columns == 0 {
            return;
        }
        data.par_rows(self.columns).enumerate().for_each_init(
            || vec![0.0; self.columns],
            |x, (row, data)| {
                if self.live.exists(row) {
                    (self.source)(row, x);
                    for (column, (data, x)) in data.iter_mut().zip(x).enumerate() {
                        *data = C::encode(*x * multiplier(row, column));
                    }
                }
            },
        );
    }
}

/// `value of the code * scale`, rounded to `T`, of matrices of so many rows.
pub fn dequantize<C: Fp8Code, T: Float>(
    data: Rows<'_, C>,
    scales: &[f32],
    grid: &ScaleGrid,
    out: RowsMut<'_, T>,
    (rows, columns): (usize, usize),
) {
    if columns == 0 {
        return;
    }
    out.par_rows(columns).enumerate().for_each(|(row, out)| {
        let codes = data.row(row, columns).iter();
        for (column, (out, code)) in out.iter_mut().zip(codes).enumerate() {
            let scale = scales[grid.place(row / rows, row % rows, column)];
            *out = T::from_f32(code.decode() * scale);
        }
    });
}

#[cfg(test)]
mod tests {
    use formats::{E4m3, E5m2};

    use super::scale;
    use crate::quantize::ScaleRounding::{Nearest, PowerOfTwo};

    #[test]
    fn scales_of_landmarks() {
        assert_eq!(scale::<E4m3>(448.0, Nearest), (1.0, 1.0));
        assert_eq!(scale::<E4m3>(896.0, PowerOfTwo), (2.0, 0.5));
        assert_eq!(scale::<E4m3>(897.0, PowerOfTwo), (4.0, 0.25));
        assert_eq!(scale::<E5m2>(57344.0, Nearest), (1.0, 1.0));
        assert_eq!(scale::<E4m3>(0.0, Nearest), (1e-12 / 448.0, 448.0 / 1e-12));
        for rounding in [Nearest, PowerOfTwo] {
            assert_eq!(scale::<E4m3>(f32::INFINITY, rounding), (f32::INFINITY, 0.0));
        }
    }
}
