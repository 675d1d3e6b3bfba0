//! Matrices stored as blocks of columns.

/// Matrices `[M, K]`, one after the other, each stored as `blocks` blocks of `width` columns: a tensor
/// `[matrices, blocks, M, width]`. With one block they are plain matrices.
///
/// ```text
/// a matrix  M x K                     its blocks, each row-major
///           | 0   1   2 |  - - ->     | 0 |  then  | 1 |  then  | 2 |
/// ```
///
/// Both are seen as a stack of rows of `width` columns, so that rows may lie any distance apart.
///
/// ```
/// use formats::ColumnBlocks;
///
/// // Two matrices of 4 x 6, in blocks of 3 columns.
/// let blocks = ColumnBlocks { rows: 4, blocks: 2, width: 3 };
/// assert_eq!(blocks.place(1, 2, 4), ((1 * 2 + 1) * 4 + 2, 1));
/// assert_eq!(blocks.position(14, 1), (1, 2, 4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnBlocks {
    /// Rows of a matrix.
    pub rows: usize,
    /// Blocks that its columns are cut into.
    pub blocks: usize,
    /// Columns of a block.
    pub width: usize,
}

impl ColumnBlocks {
    /// The row of the stack, and the column in it, of `(row, column)` of a matrix.
    ///
    /// The width is not 0.
    #[inline(always)]
    #[must_use]
    pub const fn place(self, matrix: usize, row: usize, column: usize) -> (usize, usize) {
        let block = if self.blocks == 1 {
            0
        } else {
            column / super::at_least_one(self.width)
        };
        let first = (matrix * self.blocks + block) * self.rows;
        (first + row, column - block * self.width)
    }

    /// The matrix, row and column at a row of the stack and a column in it: the inverse of
    /// [`place`](Self::place).
    ///
    /// The matrices have rows and blocks.
    #[inline(always)]
    #[must_use]
    pub const fn position(self, stack_row: usize, column: usize) -> (usize, usize, usize) {
        let rows = super::at_least_one(self.rows);
        let blocks = super::at_least_one(self.blocks);
        let (block, row) = (stack_row / rows, stack_row % rows);
        let (matrix, block) = (block / blocks, block % blocks);
        (matrix, row, block * self.width + column)
    }
}
