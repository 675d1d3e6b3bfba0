//! C with an epilogue, four neighbours of four rows at a time.

use cuda_std::{cache, unroll};

use crate::element::Element;
use crate::gemm::epilogue::Epilogue;
use crate::gemm::factors::Alphas;
use crate::gemm::finish::{Finish, Pair};
use crate::gemm::stored::Stored;
use crate::pack::{MAX_LEN, Pack, Paired};

/// Values of a row that a thread has beside each other, and rows that it has some of.
pub(super) const FOUR: usize = 4;

/// C, and all that is done to sums on the way there.
#[derive(Clone, Copy)]
pub(super) struct Finished<O: Stored> {
    pub finish: Finish<O::Addend>,
    pub epilogue: Epilogue<O::Addend>,
    pub c: *mut O,
    /// Elements from one row of C to the next; its matrices lie below each other.
    pub ldc: u64,
}

impl<O: Stored> Finished<O> {
    /// Fetches the residual of some rows and columns of a matrix, constants both, into the L2 cache: each thread of a warpgroup
    /// some lines, of at most 1024.
    ///
    /// # Safety
    /// What is pointed to is readable.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn prefetch(
        &self,
        [matrix, row, column]: [u32; 3],
        [rows, columns]: [usize; 2],
        thread: u32,
    ) {
        let finish = &self.finish;
        if self.epilogue.residual.is_null() {
            return;
        }
        let epilogue = self.epilogue.of_matrix(matrix, finish.rows);
        let lines = columns.div_ceil(Self::LINE);
        unroll!(i < 8 => {
            if i * 128 < rows * lines {
                let line = thread + i as u32 * 128;
                let (row, column) = (
                    row + line / lines as u32,
                    column + line % lines as u32 * Self::LINE as u32,
                );
                if row < finish.rows && column < finish.columns {
                    // SAFETY: the residual has such an element.
                    unsafe { cache::prefetch_l2(epilogue.at(row, column)) };
                }
            }
        });
    }

    /// Elements of the residual in a line of the cache.
    const LINE: usize = 128 / size_of::<O::Addend>();

    /// What is known of four rows of a matrix before there are sums.
    ///
    /// # Safety
    /// What is pointed to is readable, and C has rows.
    #[inline(always)]
    pub unsafe fn rows(&self, matrix: u32, rows: [u32; FOUR]) -> Rows<O> {
        let finish = self.finish.of_matrix(matrix);
        let epilogue = self.epilogue.of_matrix(matrix, finish.rows);
        let [a, b, c, d] = rows;
        // SAFETY: the caller's contract.
        let (alphas, [[a, b], [c, d]], multiplier) = unsafe {
            (
                finish.alphas(),
                finish.scales_of_rows([[a, b], [c, d]]),
                epilogue.multiplier(),
            )
        };
        Rows {
            alphas,
            scales: [a, b, c, d],
            multiplier,
            // What C does not have has a neighbour's.
            residuals: rows.map(|row| epilogue.at(row.min(finish.rows - 1), 0)),
            c: rows.map(|row| {
                let row = u64::from(matrix) * u64::from(finish.rows) + u64::from(row);
                self.c.wrapping_add((row * self.ldc) as usize)
            }),
            exist: rows.map(|row| row < finish.rows),
        }
    }

    /// What is done to four neighbouring columns of a matrix, as it is in memory.
    ///
    /// # Safety
    /// What is pointed to is readable, and C has columns.
    #[inline(always)]
    pub unsafe fn columns(&self, matrix: u32, column: u32) -> Columns<O> {
        let finish = self.finish.of_matrix(matrix);
        let columns = [[column, column + 1], [column + 2, column + 3]];
        // SAFETY: the caller's contract.
        unsafe {
            Columns {
                column,
                scales: finish.scales_of_columns(columns),
                biases: finish.biases(columns),
            }
        }
    }

    /// The residuals of these rows and columns, as they are in memory; zeros if there are none.
    ///
    /// # Safety
    /// What is pointed to is readable. The residual's rows, and columns, are multiples of four elements.
    #[inline(always)]
    pub unsafe fn residuals(&self, rows: &Rows<O>, columns: &Columns<O>) -> Residuals<O> {
        if self.epilogue.residual.is_null() || columns.column >= self.finish.columns {
            return [Pack::pack(&[0.0; MAX_LEN]); FOUR];
        }
        // SAFETY: the caller's contract.
        let of = |row: *const O::Addend| unsafe {
            cache::load(row.wrapping_add(columns.column as usize).cast())
        };
        rows.residuals.map(of)
    }

    /// Stores these rows and columns, as far as C has them; `sums` by rows.
    ///
    /// # Safety
    /// C is writable where it is. Its rows, and columns, are multiples of four elements.
    #[inline(always)]
    pub unsafe fn store(
        &self,
        rows: &Rows<O>,
        columns: &Columns<O>,
        residuals: &Residuals<O>,
        sums: &[[f32; FOUR]; FOUR],
    ) {
        if columns.column >= self.finish.columns {
            return;
        }
        let mut values = *sums;
        let (factors, pairs) = (rows.factors(), columns.pairs());
        unroll!(i < FOUR => {
            let [low, high] = [0, 1].map(|pair: usize| {
                let of = |j: usize| sums[i][2 * pair + j] * factors[i];
                pairs[pair].finish([of(0), of(1)])
            });
            values[i] = [low[0], low[1], high[0], high[1]];
        });
        let values = self.epilogue.activate_rows(&values);
        unroll!(i < FOUR => {
            if rows.exist[i] {
                let residuals = residuals[i].unpack();
                let value = |j: usize| (values[i][j] + residuals[j]) * rows.multiplier;
                // SAFETY: the caller's contract.
                unsafe { O::store(rows.c[i].wrapping_add(columns.column as usize), [0, 1, 2, 3].map(value)) };
            }
        });
    }
}

/// Four rows of C, and what is done to them.
#[derive(Clone, Copy)]
pub(super) struct Rows<O: Stored> {
    alphas: Alphas,
    scales: [f32; FOUR],
    multiplier: f32,
    /// Where they begin.
    residuals: [*const O::Addend; FOUR],
    c: [*mut O; FOUR],
    /// Whether C has them.
    exist: [bool; FOUR],
}

impl<O: Stored> Rows<O> {
    /// Their factors, with those of all in them.
    #[inline(always)]
    fn factors(&self) -> [f32; FOUR] {
        let [a, b, c, d] = self.scales;
        let [[a, b], [c, d]] = [[a, b], [c, d]].map(|pair| self.alphas.of_rows(pair));
        [a, b, c, d]
    }
}

/// Four neighbouring columns of C, and what is done to them.
#[derive(Clone, Copy)]
pub(super) struct Columns<O: Stored> {
    column: u32,
    scales: [[f32; 2]; 2],
    biases: [[O::Addend; 2]; 2],
}

impl<O: Stored> Columns<O> {
    /// What to compute with.
    #[inline(always)]
    fn pairs(&self) -> [Pair; 2] {
        [0, 1].map(|i: usize| Pair {
            scales: self.scales[i],
            biases: self.biases[i].map(Element::to_f32),
        })
    }
}

/// Four neighbours of four rows of the residual.
pub(super) type Residuals<O> = [<<O as Stored>::Addend as Paired>::Four; FOUR];
