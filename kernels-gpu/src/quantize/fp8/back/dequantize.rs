//! Back to numbers: `fp8_dequantize_<dtype>`.
//!
//! Block `(r, c)` has chunk c of row r.
//!
//! | argument | |
//! |---|---|
//! | `scales`, `matrix_step`, `row_step`, `column_step` | as [`fp8`](crate::quantize::fp8) has them |
//! | `row_shift` | rows that share a scale: 2 to this power, 31 is all of a matrix |
//! | `octet_shift` | octets that share a scale, likewise |
//! | `flags` | with [`PER_COLUMN`](crate::quantize::fp8::PER_COLUMN), each column has a scale of its own instead |

use cuda_std::{cache, kernel, thread, unroll};
use half::{bf16, f16};

use crate::divide::divide;
use crate::element::Element;
use crate::octet::{OCTET, Octet, store, store_first};
use crate::pack::Words2;
use crate::quantize::fp8::PER_COLUMN;
use crate::quantize::fp8::grid::Grid;
use crate::quantize::fp8_code::{Fp8Format, read_first};
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::threads_of_row;

/// Rows of codes and of what they stand for.
#[derive(Clone, Copy)]
struct Back<T, const WIDE: bool> {
    data: *const u8,
    data_stride: u64,
    out: *mut T,
    out_stride: u64,
    columns: u32,
    flags: u32,
}

/// Which scale is whose.
#[derive(Clone, Copy)]
struct Shared {
    grid: Grid,
    row_shift: u32,
    octet_shift: u32,
}

/// Octets that a thread has under way: their codes are few bytes.
pub const TOGETHER: usize = 4;

macro_rules! dequantizers {
    ($($name:ident: $type:ty, $wide:ident, $blocks:literal;)*) => { $(
        /// Writes what codes and scales stand for; the arguments are those of this file.
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512, $blocks), dependent)]
        pub unsafe fn $name(
            data: *const u8, data_stride: u64, scales: *const f32, matrix_step: u64, row_step: u32, column_step: u32,
            row_shift: u32, octet_shift: u32, out: *mut $type, out_stride: u64,
            rows: u32, columns: u32, flags: u32,
        ) {
            let back = Back::<_, $wide> { data, data_stride, out, out_stride, columns, flags };
            let grid = Grid { scales: scales.cast_mut(), matrix_step, row_step, column_step, rows };
            let shared = Shared { grid, row_shift, octet_shift };
            // SAFETY: the kernel's contract is the body's, which does not write the scales.
            unsafe { dequantize(back, shared) }
        }
    )* };
}

dequantizers! {
    fp8_dequantize_bf16: bf16, WIDE, 2;
    fp8_dequantize_bf16_narrow: bf16, NARROW, 1;
    fp8_dequantize_f16: f16, WIDE, 2;
    fp8_dequantize_f16_narrow: f16, NARROW, 1;
    fp8_dequantize_f32: f32, WIDE, 2;
    fp8_dequantize_f32_narrow: f32, NARROW, 1;
}

/// Writes `value of the code * scale`, rounded to `f32` and to `T`.
///
/// # Safety
/// All of it is there.
#[inline(always)]
unsafe fn dequantize<T: Element, const WIDE: bool>(back: Back<T, WIDE>, shared: Shared) {
    let format = Fp8Format::of(back.flags);
    let row = thread::block_idx_x();
    let (matrix, place) = divide(row, shared.grid.rows);
    let (mut i, step) = threads_of_row();
    let count = back.columns.div_ceil(OCTET as u32);
    while i < count {
        // Past the end of a row its last octet is read, for nothing.
        let places = [i, i + step, i + 2 * step, i + 3 * step].map(|i| i.min(count - 1));
        // SAFETY: inside the row.
        let codes = unsafe { places.map(|i| back.codes(row, i)) };
        // SAFETY: inside the row.
        let scales = unsafe { places.map(|i| shared.scale((matrix, place, i), &back)) };
        unroll!(one < TOGETHER => {
            let mut octet = format.decode(codes[one]);
            if i + (one as u32) * step < count {
                // SAFETY: inside the row.
                unsafe {
                    shared.multiply(&mut octet, scales[one], (matrix, place, places[one]), &back);
                    back.write(row, places[one], &octet);
                }
            }
        });
        i += TOGETHER as u32 * step;
    }
}

impl Shared {
    /// The scale of an octet, if it has one; else 1.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn scale<T, const WIDE: bool>(
        &self,
        (matrix, row, i): (u32, u32, u32),
        back: &Back<T, WIDE>,
    ) -> f32 {
        if back.flags & PER_COLUMN != 0 {
            return 1.0;
        }
        let scale = self
            .grid
            .at(matrix, row >> self.row_shift, i >> self.octet_shift);
        // SAFETY: the octet's.
        unsafe { *scale }
    }

    /// Multiplies an octet by its scale, or each element by its column's.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn multiply<T, const WIDE: bool>(
        &self,
        octet: &mut Octet,
        scale: f32,
        (matrix, row, i): (u32, u32, u32),
        back: &Back<T, WIDE>,
    ) {
        let mut j = 0;
        while j < OCTET {
            let column = i * OCTET as u32 + j as u32;
            let scale = if back.flags & PER_COLUMN == 0 {
                scale
            } else if column < back.columns {
                // SAFETY: the element's.
                unsafe { *self.grid.at(matrix, row >> self.row_shift, column) }
            } else {
                0.0
            };
            octet[j] *= scale;
            j += 1;
        }
    }
}

impl<T: Element, const WIDE: bool> Back<T, WIDE> {
    /// The codes of an octet; zeros past the end.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn codes(&self, row: u32, i: u32) -> [u32; 2] {
        let column = i * OCTET as u32;
        let offset = u64::from(row) * self.data_stride + u64::from(column);
        let from = self.data.wrapping_add(offset as usize);
        // SAFETY: inside the row, and aligned if it is wide.
        unsafe {
            if WIDE {
                cache::load::<Words2>(from.cast()).0
            } else {
                read_first(from, self.columns - column)
            }
        }
    }

    /// Writes an octet, as far as the row goes.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn write(&self, row: u32, i: u32, octet: &Octet) {
        let column = i * OCTET as u32;
        let offset = u64::from(row) * self.out_stride + u64::from(column);
        let to = self.out.wrapping_add(offset as usize);
        // SAFETY: inside the row, and aligned if it is wide.
        unsafe {
            if WIDE {
                store(to, octet);
            } else {
                store_first(to, octet, self.columns - column);
            }
        }
    }
}
