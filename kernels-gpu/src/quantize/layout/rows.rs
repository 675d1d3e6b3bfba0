//! Rows in another order, columns in blocks or out of them.
//!
//! ```text
//! out[matrix, r, k] = x[matrix, order.source(r), k]
//!
//! x, out   stacks of rows: matrices [M, K], or their blocks of columns [K / width, M, width]
//! block    (threads.x chunks of a row) x (threads.y rows); the grid covers all rows and all chunks
//! ```
//!
//! The kernels are named `permute_rows_v<bytes a thread moves at once>`. Memory-bound: each byte is read once and
//! written once.

use cuda_std::{kernel, thread};
use formats::{ColumnBlocks, RowOrder};

use super::chunk::Chunk;
use crate::divide::divide;
use crate::pack::{Words1, Words4};
use crate::rows::threads_of_row;

/// What is moved where; lengths and strides in chunks.
#[derive(Clone, Copy)]
struct Move {
    x: *const u8,
    out: *mut u8,
    /// Rows of all matrices.
    all_rows: u32,
    /// Rows of a matrix.
    rows: u32,
    /// Chunks of a row.
    columns: u32,
    /// Blocks of columns that `x` is in; 1 is none.
    x_blocks: u32,
    /// Blocks of columns that `out` is in.
    out_blocks: u32,
    /// From row to row of the stack.
    x_stride: u64,
    out_stride: u64,
    /// A [`RowOrder`]'s code.
    order: u32,
}

impl Move {
    /// How matrices in so many blocks are stored.
    #[inline(always)]
    fn stored(&self, blocks: u32) -> ColumnBlocks {
        let width = self.columns.checked_div(blocks).unwrap_or(0);
        ColumnBlocks {
            rows: self.rows as usize,
            blocks: blocks as usize,
            width: width as usize,
        }
    }

    /// Moves this thread's chunks.
    ///
    /// # Safety
    /// Every row and column has its place in `x` and `out`, both aligned to `C`, which do not overlap.
    #[inline(always)]
    unsafe fn run<C: Chunk>(self) {
        let order = RowOrder::from_code(self.order);
        let (x_blocks, out_blocks) = (self.stored(self.x_blocks), self.stored(self.out_blocks));
        let (x, out) = (self.x.cast::<C>(), self.out.cast::<C>());
        let mut all = thread::block_idx_x() * thread::block_dim_y() + thread::thread_idx_y();
        while all < self.all_rows {
            let (matrix, row) = divide(all, self.rows);
            let row = row as usize;
            let source = order.source(self.rows as usize, row);
            let matrix = matrix as usize;
            let (mut k, step) = threads_of_row();
            while k < self.columns {
                let (x_row, x_column) = x_blocks.place(matrix, source, k as usize);
                let (out_row, out_column) = out_blocks.place(matrix, row, k as usize);
                // SAFETY: the places of a row and a column of a matrix.
                unsafe {
                    let chunk = C::load(x.add(x_row * self.x_stride as usize + x_column));
                    *out.add(out_row * self.out_stride as usize + out_column) = chunk;
                }
                k += step;
            }
            all += thread::grid_dim_x() * thread::block_dim_y();
        }
    }
}

macro_rules! permute_rows {
    ($($name:ident: $chunk:ty;)*) => { $(
        /// Rows of all matrices from `x` to `out`, in another order and other blocks; see
        /// [`Move`](self::Move) for the arguments.
        ///
        /// # Safety
        /// The matrices are there, aligned to the chunk, `x` apart from `out`; `rows` is what the order takes,
        /// `columns` a multiple of both numbers of blocks, which are not 0. Twice the grid's rows fit a `u32`,
        /// and so do twice its chunks.
        #[allow(clippy::too_many_arguments, rustdoc::private_intra_doc_links)]
        #[kernel(launch_bounds(256, 8), dependent)]
        pub unsafe fn $name(
            x: *const u8,
            out: *mut u8,
            all_rows: u32,
            rows: u32,
            columns: u32,
            x_blocks: u32,
            out_blocks: u32,
            x_stride: u64,
            out_stride: u64,
            order: u32,
        ) {
            let it = Move {
                x, out, all_rows, rows, columns, x_blocks, out_blocks, x_stride, out_stride, order,
            };
            // SAFETY: the kernel's contract is the body's.
            unsafe { it.run::<$chunk>() }
        }
    )* };
}

permute_rows! {
    permute_rows_v16: Words4;
    permute_rows_v4: Words1;
    permute_rows_v1: u8;
}
