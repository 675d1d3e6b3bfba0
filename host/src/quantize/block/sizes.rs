//! The sizes of what is quantised, of its codes and its scales, and their checks.

use formats::ScaleGrid;

use super::format::Format;
use super::options::BlockOptions;
use crate::error::{Error, Result};
use crate::op::Op;
use crate::shape::Shape;

/// Rows of all grids at most: blocks of a grid in x.
const MAX_ROWS: usize = i32::MAX as usize;

/// Elements of a row at most.
const MAX_COLUMNS: usize = i32::MAX as usize;

/// The sizes of matrices and of their grids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub matrices: usize,
    /// Rows of a matrix.
    pub rows: usize,
    /// Elements of a quantised row.
    pub columns: usize,
    pub grid: ScaleGrid,
}

impl Sizes {
    /// The sizes of `[.., columns]`, of which `gathers` elements become one; refuses what does not fit.
    pub(super) fn new(
        op: Op<'_>,
        (name, shape, gathers): (&'static str, &Shape, usize),
        format: &Format<'_>,
        options: &BlockOptions<'_>,
    ) -> Result<Self> {
        let (block, all_rows) = (format.block(), shape.rows());
        let rows = rows_of_each(op, all_rows, options.matrices)?;
        let sizes = Self::of(rows, shape.columns() / gathers, block, options);
        let whole = !shape.is_empty() && shape.columns().is_multiple_of(gathers * block);
        sizes.filter(|_| whole).ok_or_else(|| {
            let wide = if gathers == 2 { "2K" } else { "K" };
            let expected = "with padding, less than 2^31 rows and columns";
            let expected = format!("[.., {wide}], K a multiple of {block}; {expected}");
            Error::shape(op.name, name, expected, *shape)
        })
    }

    /// The sizes, unless something overflows.
    fn of(rows: usize, columns: usize, block: usize, options: &BlockOptions<'_>) -> Option<Self> {
        let grid = ScaleGrid::new(options.layout, rows, columns / block)?;
        grid.bytes().checked_mul(options.matrices)?;
        let padded = grid.padded_rows().checked_mul(options.matrices)?;
        let fits = padded <= MAX_ROWS && columns <= MAX_COLUMNS;
        fits.then_some(Self {
            matrices: options.matrices,
            rows,
            columns,
            grid,
        })
    }

    /// Rows of all matrices.
    pub(super) fn all_rows(&self) -> usize {
        self.matrices * self.rows
    }

    /// Bytes of all grids.
    pub(super) fn scale_bytes(&self) -> usize {
        self.matrices * self.grid.bytes()
    }

    /// Checks a tensor of scales: so many bytes, in one run.
    pub(super) fn check_scales(
        &self,
        op: Op<'_>,
        (shape, contiguous): (&Shape, bool),
    ) -> Result<()> {
        let bytes = self.scale_bytes();
        if shape.elements() == bytes && contiguous {
            return Ok(());
        }
        let expected = format!("{bytes} scales, contiguous");
        Err(Error::shape(op.name, "scales", expected, *shape))
    }
}

/// Rows of each of so many matrices.
fn rows_of_each(op: Op<'_>, all_rows: usize, matrices: usize) -> Result<usize> {
    if all_rows.is_multiple_of(matrices) {
        return Ok(all_rows.checked_div(matrices).unwrap_or(0));
    }
    let expected = format!("a divisor of the {all_rows} rows");
    let argument = "options.matrices";
    Err(Error::argument(op.name, argument, expected, matrices))
}
