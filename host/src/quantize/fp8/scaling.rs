//! Which elements share a scale, and where it is.

use super::options::ScaleMajor;
use super::sizes::Sizes;
use crate::error::Result;
use crate::reference::quantize::fp8::ScaleGrid;
use crate::shape::Shape;

/// Elements of a group, and rows and columns of a tile.
pub(super) const GROUP: usize = 128;

/// MN-major scales are padded to so many rows.
const PADDED_TO: usize = 4;

/// Which elements of matrices `[.., M, K]` share a scale, and the shape of the scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fp8Scaling {
    /// All, of all matrices: `[1]`.
    Tensor,
    /// Those of a row: `[.., M]`.
    Rows,
    /// Those of a column of a matrix: `[.., K]`.
    Columns,
    /// 128 consecutive ones of a row, fewer at its end: `[.., M, K/128]` or `[.., K/128, M]`, quotients rounded up, and in the
    /// second M to a multiple of 4.
    Groups1x128(ScaleMajor),
    /// 128 of each of 128 rows, fewer at the edges: `[.., M/128, K/128]`, quotients rounded up.
    Tiles128x128,
}

impl Fp8Scaling {
    /// The shape of the scales of `x`.
    pub(super) fn shape(self, x: &Shape, sizes: &Sizes) -> Result<Shape> {
        let leading = &x[..x.len().saturating_sub(2)];
        let groups = sizes.columns.div_ceil(GROUP);
        let with = |last: &[usize]| Shape::new(&[leading, last].concat());
        match self {
            Self::Tensor => Shape::new(&[1]),
            Self::Rows => Shape::new(&x[..x.len().saturating_sub(1)]),
            Self::Columns => with(&[sizes.columns]),
            Self::Groups1x128(ScaleMajor::K) if x.len() < 2 => with(&[groups]),
            Self::Groups1x128(ScaleMajor::K) => with(&[sizes.rows, groups]),
            Self::Groups1x128(ScaleMajor::Mn) => with(&[groups, padded(sizes.rows)]),
            Self::Tiles128x128 => with(&[sizes.rows.div_ceil(GROUP), groups]),
        }
    }

    /// Where scales are.
    pub(super) fn grid(self, sizes: &Sizes) -> ScaleGrid {
        let all = usize::MAX;
        let groups = sizes.columns.div_ceil(GROUP);
        let (shared_rows, shared_columns, [matrix_step, row_step, column_step]) = match self {
            Self::Tensor => (all, all, [0, 0, 0]),
            Self::Rows => (1, all, [sizes.rows, 1, 0]),
            Self::Columns => (all, 1, [sizes.columns, 0, 1]),
            Self::Groups1x128(ScaleMajor::K) => (1, GROUP, [sizes.rows * groups, groups, 1]),
            Self::Groups1x128(ScaleMajor::Mn) => {
                let rows = padded(sizes.rows);
                (1, GROUP, [groups * rows, 1, rows])
            }
            Self::Tiles128x128 => {
                let tiles = sizes.rows.div_ceil(GROUP) * groups;
                (GROUP, GROUP, [tiles, groups, 1])
            }
        };
        ScaleGrid {
            shared_rows,
            shared_columns,
            matrix_step,
            row_step,
            column_step,
        }
    }

    /// Rows of a grid that a kernel goes through, padding included.
    pub(super) fn grid_rows(self, sizes: &Sizes) -> usize {
        match self {
            Self::Groups1x128(ScaleMajor::Mn) => padded(sizes.rows),
            _ => sizes.rows,
        }
    }
}

fn padded(rows: usize) -> usize {
    rows.next_multiple_of(PADDED_TO)
}
