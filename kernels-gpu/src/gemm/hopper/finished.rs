//! C with an epilogue, four neighbours of four rows at a time.

use cuda_std::{cache, unroll};

use crate::gemm::epilogue::Epilogue;
use crate::gemm::finish::Finish;
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

    /// Stores, of a matrix, four neighbouring columns of four rows, as far as C has them; `sums` by rows.
    ///
    /// # Safety
    /// C is writable where it is, and what is pointed to readable. Rows of C and of the residual, and `column`, are
    /// multiples of four elements; C has rows.
    #[inline(always)]
    pub unsafe fn store(
        &self,
        matrix: u32,
        rows: [u32; FOUR],
        column: u32,
        sums: [[f32; FOUR]; FOUR],
    ) {
        let finish = self.finish.of_matrix(matrix);
        if column >= finish.columns {
            return;
        }
        let epilogue = self.epilogue.of_matrix(matrix, finish.rows);
        // All loads come before what needs them, and stay as they are until then. What C does not have has a neighbour's.
        // SAFETY: the caller's contract.
        unsafe {
            let residuals = rows.map(|row| residuals(&epilogue, row.min(finish.rows - 1), column));
            let multiplier = epilogue.multiplier();
            let [a, b, c, d] = rows;
            let [[a, b], [c, d]] = finish.factors_of_rows([[a, b], [c, d]]);
            let factors = [a, b, c, d];
            let pairs = finish.pairs([[column, column + 1], [column + 2, column + 3]]);
            unroll!(i < FOUR => {
                let [low, high] = [0, 1].map(|pair: usize| {
                    let of = |j: usize| sums[i][2 * pair + j] * factors[i];
                    pairs[pair].finish([of(0), of(1)])
                });
                let values = epilogue.activate([low[0], low[1], high[0], high[1]]);
                if rows[i] < finish.rows {
                    let row = u64::from(matrix) * u64::from(finish.rows) + u64::from(rows[i]);
                    let to = self.c.add((row * self.ldc + u64::from(column)) as usize);
                    let residuals = residuals[i].unpack();
                    let value = |j: usize| (values[j] + residuals[j]) * multiplier;
                    O::store(to, [0, 1, 2, 3].map(value));
                }
            });
        }
    }
}

/// Four neighbours of the residual, or zeros, as they are in memory.
///
/// # Safety
/// There are such, aligned to all four, or the pointer is null.
#[inline(always)]
unsafe fn residuals<D: Paired>(epilogue: &Epilogue<D>, row: u32, column: u32) -> D::Four {
    if epilogue.residual.is_null() {
        return D::Four::pack(&[0.0; MAX_LEN]);
    }
    // SAFETY: the caller's contract.
    unsafe { cache::load(epilogue.at(row, column).cast()) }
}
