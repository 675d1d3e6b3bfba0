//! Block scales from rows into tiles and back.
//!
//! ```text
//! tiles[matrix, layout.offset(r, kv)] = rows[matrix, order.source(r), kv]     padding: zero
//!
//! block    (threads.x chunks of a row) x (threads.y rows, as they follow each other in a tile)
//! ```
//!
//! A row's chunk of 16 bytes is 4 pieces of 4 columns, each in a tile of its own (for scales of one byte).
//! Rows are taken in the order of the tile, so that a warp's pieces fill whole sectors there, and neighbouring
//! threads read neighbouring chunks, so that they do here.
//!
//! The kernels are named `scales_(into|out_of)_tiles_v<bytes a thread moves at once>`.

use cuda_std::{kernel, thread};
use formats::{RowOrder, ScaleLayout};

use super::chunk::Chunk;
use crate::divide::divide;
use crate::pack::{Words1, Words4};
use crate::rows::threads_of_row;

/// Columns of a tile, and of a piece.
const TILE_COLUMNS: usize = 4;

/// Matrices of scales, row by row and tile by tile.
#[derive(Clone, Copy)]
struct Scales {
    /// Rows of all matrices, padding included.
    all_rows: u32,
    /// Rows of a matrix, padding included.
    padded_rows: u32,
    /// Rows of a matrix.
    rows: u32,
    /// Scales in a row.
    columns: u32,
    /// Bytes of a scale: 1, 2 or 4.
    bytes: u32,
    /// Bytes from row to row.
    stride: u64,
    /// A [`ScaleLayout`]'s number.
    layout: u32,
    /// A [`RowOrder`]'s code.
    order: u32,
}

impl Scales {
    /// Where the piece at byte `k` of a row is in its matrix's tiles.
    #[inline(always)]
    fn tile_offset(&self, row: usize, k: usize) -> usize {
        let shift = self.bytes / 2; // log2 of 1, 2 and 4
        let (column, within) = (k >> shift, k & (self.bytes as usize - 1));
        let layout = ScaleLayout::from_number(self.layout);
        (layout.offset(self.columns as usize, row, column) << shift) + within
    }

    /// Scales in a row of tiles.
    #[inline(always)]
    fn padded_columns(&self) -> usize {
        let tile = ScaleLayout::from_number(self.layout).tile_columns();
        (self.columns as usize).div_ceil(tile) * tile
    }

    /// Calls `moves(place in rows, matrix's tiles, row, k)` for each chunk of this thread, which is at byte `k` of
    /// the row of the tiles. The first two are in bytes; the place of padding is none.
    #[inline(always)]
    fn for_each<C: Chunk>(self, mut moves: impl FnMut(Option<usize>, usize, usize, usize)) {
        let layout = ScaleLayout::from_number(self.layout);
        let order = RowOrder::from_code(self.order);
        let (rows, bytes) = (self.rows as usize, self.bytes as usize);
        let (row_bytes, padded_bytes) =
            (self.columns as usize * bytes, self.padded_columns() * bytes);
        let mut all = thread::block_idx_x() * thread::block_dim_y() + thread::thread_idx_y();
        while all < self.all_rows {
            let (matrix, place) = divide(all, self.padded_rows);
            let (row, _) = layout.position(TILE_COLUMNS, place as usize * TILE_COLUMNS);
            let matrix = matrix as usize;
            let tiles = matrix * self.padded_rows as usize * padded_bytes;
            let source = (matrix * rows + order.source(rows, row)) * self.stride as usize;
            let (first, step) = threads_of_row();
            let mut k = first as usize * size_of::<C>();
            while k < padded_bytes {
                let there = row < rows && k < row_bytes;
                moves(there.then_some(source + k), tiles, row, k);
                k += step as usize * size_of::<C>();
            }
            all += thread::grid_dim_x() * thread::block_dim_y();
        }
    }

    /// From rows into tiles, whose padding becomes zero.
    ///
    /// # Safety
    /// The scales of all matrices are there, aligned to `C` and to its pieces, and `x` and `out` do not overlap.
    #[inline(always)]
    unsafe fn into_tiles<C: Chunk>(self, x: *const u8, out: *mut u8) {
        self.for_each::<C>(|source, tiles, row, k| {
            let mut chunk = C::ZERO;
            if let Some(source) = source {
                // SAFETY: inside a row.
                chunk = unsafe { C::load(x.add(source).cast()) };
            }
            let mut i = 0;
            while i < C::PIECES {
                let offset = self.tile_offset(row, k + i * size_of::<C::Piece>());
                // SAFETY: inside the matrix's tiles.
                unsafe { *out.add(tiles + offset).cast() = chunk.piece(i) };
                i += 1;
            }
        });
    }

    /// From tiles into rows.
    ///
    /// # Safety
    /// As [`into_tiles`](Self::into_tiles).
    #[inline(always)]
    unsafe fn out_of_tiles<C: Chunk>(self, x: *const u8, out: *mut u8) {
        self.for_each::<C>(|target, tiles, row, k| {
            let Some(target) = target else {
                return;
            };
            let mut chunk = C::ZERO;
            let mut i = 0;
            while i < C::PIECES {
                let offset = self.tile_offset(row, k + i * size_of::<C::Piece>());
                // SAFETY: inside the matrix's tiles.
                chunk.set_piece(i, unsafe { *x.add(tiles + offset).cast() });
                i += 1;
            }
            // SAFETY: inside a row.
            unsafe { *out.add(target).cast::<C>() = chunk };
        });
    }
}

macro_rules! scales {
    ($($name:ident: $body:ident, $chunk:ty, $what:literal;)*) => { $(
        #[doc = $what]
        ///
        /// See [`Scales`](self::Scales) for the arguments.
        ///
        /// # Safety
        /// The scales are there, `x` apart from `out`, in rows aligned to the chunk and in tiles aligned to 4
        /// bytes, or to 1 if that is the chunk; `rows` is what the order takes; `bytes` is 1, 2 or 4. Twice the
        /// grid's rows fit a `u32`, and so do twice its chunks.
        #[allow(clippy::too_many_arguments, rustdoc::private_intra_doc_links)]
        #[kernel(launch_bounds(256, 6), dependent)]
        pub unsafe fn $name(
            x: *const u8,
            out: *mut u8,
            all_rows: u32,
            padded_rows: u32,
            rows: u32,
            columns: u32,
            bytes: u32,
            stride: u64,
            layout: u32,
            order: u32,
        ) {
            let it = Scales { all_rows, padded_rows, rows, columns, bytes, stride, layout, order };
            // SAFETY: the kernel's contract is the body's.
            unsafe { it.$body::<$chunk>(x, out) }
        }
    )* };
}

scales! {
    scales_into_tiles_v16: into_tiles, Words4, "Scales from rows into tiles, 16 bytes at once.";
    scales_into_tiles_v4: into_tiles, Words1, "Scales from rows into tiles, 4 bytes at once.";
    scales_into_tiles_v1: into_tiles, u8, "Scales from rows into tiles, byte by byte.";
    scales_out_of_tiles_v16: out_of_tiles, Words4, "Scales from tiles into rows, 16 bytes at once.";
    scales_out_of_tiles_v4: out_of_tiles, Words1, "Scales from tiles into rows, 4 bytes at once.";
    scales_out_of_tiles_v1: out_of_tiles, u8, "Scales from tiles into rows, byte by byte.";
}
