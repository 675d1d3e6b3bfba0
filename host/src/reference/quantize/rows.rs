//! Which rows of a tensor exist.

/// Which rows exist.
#[derive(Clone, Copy, Debug)]
pub enum LiveRows<'a> {
    /// All of them.
    All,
    /// Those before `n_used` whose source is not negative.
    Mapped {
        /// The source of each row.
        map: &'a [i32],
        /// Rows in use.
        n_used: i32,
    },
    /// Of each matrix the first `counts[matrix]`.
    Counted {
        /// How many of each.
        counts: &'a [i32],
        /// Rows of a matrix.
        rows: usize,
    },
}

impl LiveRows<'_> {
    /// Whether `row` exists.
    #[must_use]
    pub fn exists(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            // Read as the kernels read it: without a sign.
            Self::Mapped { map, n_used } => row < *n_used as u32 as usize && map[row] >= 0,
            Self::Counted { counts, rows } => {
                i64::try_from(row % rows).is_ok_and(|place| place < i64::from(counts[row / rows]))
            }
        }
    }
}
