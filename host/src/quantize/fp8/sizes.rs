//! The sizes of what is quantised.

use super::scaling::GROUP;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::shape::Shape;

/// The most rows, columns and tiles, padding included.
const MOST: usize = i32::MAX as usize;

/// Matrices, one below the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub matrices: usize,
    /// Rows of a matrix.
    pub rows: usize,
    /// Elements of a quantised row.
    pub columns: usize,
}

impl Sizes {
    /// The sizes of `[.., columns]`, of which `gathers` elements become one.
    pub(super) fn new(
        op: Op<'_>,
        (name, shape, gathers): (&'static str, &Shape, usize),
    ) -> Result<Self> {
        let (leading, rows) = match shape[..] {
            [.., rows, _] => (&shape[..shape.len() - 2], rows),
            _ => (&shape[..0], 1),
        };
        let sizes = Self {
            matrices: leading.iter().product(),
            rows,
            columns: shape.columns() / gathers,
        };
        let whole = !shape.is_empty() && shape.columns().is_multiple_of(gathers);
        if whole && sizes.fits() {
            return Ok(sizes);
        }
        let wide = if gathers == 2 { "2K" } else { "K" };
        let expected = format!("[.., {wide}], with padding less than 2^31 rows, columns and tiles");
        Err(Error::shape(op.name, name, expected, *shape))
    }

    /// Whether rows, columns, and groups or tiles of all matrices can be counted.
    fn fits(&self) -> bool {
        let padded = self.rows.checked_next_multiple_of(GROUP);
        let rows = padded.and_then(|rows| rows.checked_mul(self.matrices));
        let tiles = self.matrices.checked_mul(self.rows.div_ceil(GROUP));
        let tiles = tiles.and_then(|tiles| tiles.checked_mul(self.columns.div_ceil(GROUP / 8)));
        let groups = self.columns.div_ceil(GROUP).checked_mul(self.rows);
        rows.is_some_and(|_| self.all_rows() + 3 * self.matrices <= MOST)
            && tiles.is_some_and(|tiles| tiles <= MOST)
            && groups.is_some()
            && self.columns <= MOST
    }

    /// Rows of all matrices.
    pub(super) fn all_rows(&self) -> usize {
        self.matrices * self.rows
    }

    /// All rows as one matrix.
    pub(super) fn flat(&self) -> Self {
        Self {
            matrices: 1,
            rows: self.all_rows(),
            ..*self
        }
    }
}
