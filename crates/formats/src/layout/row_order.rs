//! The orders in which kernels want the rows of a weight matrix.

/// A permutation of the rows of a matrix: row `r` of the result is row [`source`](Self::source)`(r)` of
/// what is permuted.
///
/// Two steps, either of which may be missing. First the halves of a gated layer are taken in turn, so that a
/// gate and what it gates end up side by side; then the rows of each group of 16 or 32 are shuffled as the
/// epilogue of a transposed product holds them in its registers: eight at a time, `n / 8` apart.
///
/// ```text
/// halves in turn    0  M/2  1  M/2+1  2  M/2+2 ...
/// shuffled, of 16   0 2 4 6 8 10 12 14 | 1 3 5 7 9 11 13 15
/// shuffled, of 32   0 4 8 .. 28 | 1 5 9 .. 29 | 2 6 .. 30 | 3 7 .. 31
/// ```
///
/// These are the orders of FlashInfer's `reorder_rows_for_gated_act_gemm` and `shuffle_matrix_a`.
///
/// ```
/// use formats::RowOrder;
///
/// let order = RowOrder::SHUFFLE_16;
/// assert_eq!(order.source(32, 17), 18);
/// assert_eq!(order.inverse().source(32, 18), 17);
/// assert_eq!(RowOrder::HALVES_IN_TURN.source(10, 3), 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowOrder {
    halves: bool,
    /// The group is `8 << shuffle` rows; of 8 the shuffle is none.
    shuffle: u32,
    inverse: bool,
}

/// Bits of a code that hold the shuffle.
const SHUFFLE_MASK: u32 = 3;
/// The bit of a code that takes halves in turn.
const HALVES_BIT: u32 = 1 << 2;
/// The bit of a code that inverts.
const INVERSE_BIT: u32 = 1 << 3;

impl RowOrder {
    /// Rows stay where they are.
    pub const IDENTITY: Self = Self::shuffle(0);
    /// `out[2i] = x[i]`, `out[2i + 1] = x[M/2 + i]`.
    pub const HALVES_IN_TURN: Self = Self::IDENTITY.of_halves_in_turn();
    /// In each group of 16, `out[n] = x[n % 8 * 2 + n / 8]`.
    pub const SHUFFLE_16: Self = Self::shuffle(1);
    /// In each group of 32, `out[n] = x[n % 8 * 4 + n / 8]`.
    pub const SHUFFLE_32: Self = Self::shuffle(2);

    const fn shuffle(shuffle: u32) -> Self {
        Self {
            halves: false,
            shuffle,
            inverse: false,
        }
    }

    /// The shuffle for an epilogue of so many rows: of 32 if they are a multiple of 128, else of 16.
    #[must_use]
    pub const fn for_epilogue_tile(rows: usize) -> Self {
        if rows.is_multiple_of(128) {
            Self::SHUFFLE_32
        } else {
            Self::SHUFFLE_16
        }
    }

    /// This order of rows whose halves were taken in turn before: what the first weights of a gated layer
    /// need. Of an order that is not an inverse.
    #[must_use]
    pub const fn of_halves_in_turn(self) -> Self {
        Self {
            halves: true,
            ..self
        }
    }

    /// The order that undoes this one.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self {
            inverse: !self.inverse,
            ..self
        }
    }

    /// What the number of rows must be a multiple of.
    #[must_use]
    pub const fn row_multiple(self) -> usize {
        match (self.shuffle, self.halves) {
            (0, false) => 1,
            (0, true) => 2,
            (shuffle, _) => 8 << shuffle,
        }
    }

    /// Where row `row` of the result comes from, in a matrix of `rows`.
    #[inline(always)]
    #[must_use]
    pub const fn source(self, rows: usize, row: usize) -> usize {
        let half = rows / 2;
        if self.inverse {
            let row = match self.halves {
                false => row,
                true if row < half => 2 * row,
                true => 2 * (row - half) + 1,
            };
            transpose(row, self.shuffle, 3)
        } else {
            let row = transpose(row, 3, self.shuffle);
            match self.halves {
                false => row,
                true => (row & 1) * half + row / 2,
            }
        }
    }

    /// A number that says which order this is, for a kernel's argument.
    #[inline(always)]
    #[must_use]
    pub const fn to_code(self) -> u32 {
        let halves = if self.halves { HALVES_BIT } else { 0 };
        let inverse = if self.inverse { INVERSE_BIT } else { 0 };
        self.shuffle | halves | inverse
    }

    /// The order of a [code](Self::to_code).
    #[inline(always)]
    #[must_use]
    pub const fn from_code(code: u32) -> Self {
        Self {
            halves: code & HALVES_BIT != 0,
            shuffle: code & SHUFFLE_MASK,
            inverse: code & INVERSE_BIT != 0,
        }
    }
}

/// The row's place in its group, as a row and a column of a matrix of `2^low` columns and `2^high` rows, with
/// row and column exchanged.
#[inline(always)]
const fn transpose(row: usize, low: u32, high: u32) -> usize {
    let place = row & ((1 << (low + high)) - 1);
    let (line, column) = (place >> low, place & ((1 << low) - 1));
    row - place + (column << high) + line
}
