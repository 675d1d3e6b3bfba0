//! Chunks: the bytes that a thread moves at once, and the pieces that they come in where four bytes at most
//! lie together.

use cuda_std::cache::load_nc_no_allocate;

use crate::pack::{Words1, Words4};

/// 16, 4 or 1 bytes, aligned to their size.
pub trait Chunk: Copy + 'static {
    /// What lies together in a tile of scales: a word, or a byte.
    type Piece: Copy;
    /// Pieces of a chunk.
    const PIECES: usize;
    /// Zeros.
    const ZERO: Self;

    /// The piece `i`, one of [`PIECES`](Self::PIECES).
    fn piece(&self, i: usize) -> Self::Piece;

    /// Puts a piece in its place.
    fn set_piece(&mut self, i: usize, piece: Self::Piece);

    /// Loads what is read once.
    ///
    /// # Safety
    /// `from` is a readable, aligned address of global memory that nothing writes while the kernel runs.
    unsafe fn load(from: *const Self) -> Self;
}

macro_rules! words {
    ($($name:ident: $count:literal;)*) => { $(
        impl Chunk for $name {
            type Piece = u32;
            const PIECES: usize = $count;
            const ZERO: Self = Self([0; $count]);

            #[inline(always)]
            fn piece(&self, i: usize) -> u32 {
                self.0[i]
            }

            #[inline(always)]
            fn set_piece(&mut self, i: usize, piece: u32) {
                self.0[i] = piece;
            }

            #[inline(always)]
            unsafe fn load(from: *const Self) -> Self {
                // SAFETY: the caller's contract.
                unsafe { load_nc_no_allocate(from) }
            }
        }
    )* };
}

words! {
    Words4: 4;
    Words1: 1;
}

impl Chunk for u8 {
    type Piece = u8;
    const PIECES: usize = 1;
    const ZERO: Self = 0;

    #[inline(always)]
    fn piece(&self, _i: usize) -> u8 {
        *self
    }

    #[inline(always)]
    fn set_piece(&mut self, _i: usize, piece: u8) {
        *self = piece;
    }

    #[inline(always)]
    unsafe fn load(from: *const Self) -> Self {
        // SAFETY: the caller's contract.
        unsafe { *from }
    }
}
