//! A slab: a part of a tile in shared memory, on its way to C.
//!
//! ```text
//! slab     a warp's 16 rows of 128 bytes, swizzled by 128 bytes: 64 columns of a 16-bit type, 32 of f32;
//!          of tiles that have fewer, 16 columns, as they come
//! thread   registers 4j .. 4j + 4 of an accumulator: rows r and r + 8, columns 8j + 2q and the next
//!          (r = 16 warp + lane / 4, q = lane % 4)
//! ```

use cuda_std::cvt::{f32x2_to_bf16x2, f32x2_to_f16x2};
use cuda_std::shared::Shared;
use cuda_std::stmatrix::stmatrix_x4;
use cuda_std::unroll;
use cuda_std::wgmma::Accumulator;
use half::{bf16, f16};

use super::columns::ByColumn;
use super::order::{Order, Plain};
use super::tile::ROW_BYTES;
use crate::element::Element;

/// A warp's part of a slab.
#[derive(Clone, Copy)]
pub(super) struct Slab {
    /// The first of the warp's rows.
    pub at: Shared<u8>,
    pub row_bytes: u32,
}

impl Slab {
    /// Where a row's unit of 16 bytes is.
    #[inline(always)]
    #[track_caller]
    pub fn unit(self, row: u32, unit: u32) -> Shared<u8> {
        let swizzled = match self.row_bytes {
            ROW_BYTES => unit ^ (row % 8),
            _ => unit,
        };
        self.at.add(row * self.row_bytes + swizzled * 16)
    }

    /// Columns of C in it.
    #[inline(always)]
    pub const fn columns<O>(self) -> u32 {
        self.row_bytes / size_of::<O>() as u32
    }
}

/// A type that C is made of.
pub(super) trait Output: Element {
    /// Columns of a slab.
    const COLUMNS: u32 = ROW_BYTES / size_of::<Self>() as u32;

    /// Writes two neighbouring chunks of 8 columns, of which the thread has `values`: for each chunk the pair of
    /// row `r`, then that of row `r + 8`.
    ///
    /// # Safety
    /// All lanes of the warp execute this; `slab` is the warp's, and nobody else uses it.
    unsafe fn write(slab: Slab, lane: u32, chunk: u32, values: [[f32; 2]; 4]);
}

macro_rules! sixteen_bits {
    ($($type:ty: $pack:ident;)*) => { $(
        impl Output for $type {
            #[inline(always)]
            #[track_caller]
            unsafe fn write(slab: Slab, lane: u32, chunk: u32, values: [[f32; 2]; 4]) {
                // SAFETY: the caller's contract.
                unsafe { write_words(slab, lane, chunk, values.map(|[low, high]| $pack(low, high))) };
            }
        }
    )* };
}

sixteen_bits! {
    bf16: f32x2_to_bf16x2;
    f16: f32x2_to_f16x2;
}

/// [`Output::write`] of words of two columns.
///
/// # Safety
/// As there.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn write_words(slab: Slab, lane: u32, chunk: u32, words: [u32; 4]) {
    // SAFETY: the caller's contract.
    unsafe { stmatrix_x4(slab.unit(lane % 16, chunk + lane / 16), words) };
}

impl Output for f32 {
    #[inline(always)]
    #[track_caller]
    unsafe fn write(slab: Slab, lane: u32, chunk: u32, values: [[f32; 2]; 4]) {
        let quad = lane % 4;
        unroll!(i < 4 => {
            let row = lane / 4 + 8 * (i as u32 % 2);
            let unit = slab.unit(row, 2 * (chunk + i as u32 / 2) + quad / 2);
            let place = unit.byte_add::<u64>(quad % 2 * 8);
            let [low, high] = values[i];
            let pair = u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32;
            // SAFETY: the caller's contract; each lane has its own 8 bytes.
            unsafe { place.write(pair) };
        });
    }
}

/// How values go to slabs.
pub(super) trait Fill<O>: Order {
    /// Whether words of two columns go there as they are.
    const BY_WORDS: bool;

    /// Fills a slab with an accumulator's chunks from `first` on.
    ///
    /// # Safety
    /// All lanes of the warp execute this; `slab` is the warp's, and nobody else uses it.
    unsafe fn fill<const R: usize, C: ByColumn>(
        slab: Slab,
        lane: u32,
        first: usize,
        d: &Accumulator<R>,
        rows: [f32; 2],
        columns: &C,
    );
}

impl<O: Output> Fill<O> for Plain {
    const BY_WORDS: bool = true;

    #[inline(always)]
    #[track_caller]
    unsafe fn fill<const R: usize, C: ByColumn>(
        slab: Slab,
        lane: u32,
        first: usize,
        d: &Accumulator<R>,
        rows: [f32; 2],
        columns: &C,
    ) {
        unroll!(two < 4 => {
            if two * 16 < slab.columns::<O>() as usize {
                // SAFETY: the caller's contract.
                unsafe {
                    let values = values(d, first + 2 * two, rows, columns);
                    O::write(slab, lane, 2 * two as u32, values);
                }
            }
        });
    }
}

/// The values of chunks `first` and the next, 8 columns each.
///
/// # Safety
/// All lanes of the warp execute this.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn values<const R: usize, C: ByColumn>(
    d: &Accumulator<R>,
    first: usize,
    rows: [f32; 2],
    columns: &C,
) -> [[f32; 2]; 4] {
    let mut values = [[0.0; 2]; 4];
    unroll!(chunk < 2 => {
        let j = first + chunk;
        let sums = |half: usize| {
            let i = 4 * j + 2 * half;
            [d.get(i) * rows[half], d.get(i + 1) * rows[half]]
        };
        // SAFETY: the caller's contract.
        let [upper, lower] = unsafe { columns.finish(j, [sums(0), sums(1)]) };
        values[2 * chunk] = upper;
        values[2 * chunk + 1] = lower;
    });
    values
}
