//! Back to numbers: `fp8_dequantize_<dtype>`.
//!
//! | argument | |
//! |---|---|
//! | `scales`, `matrix_step`, `row_step`, `column_step` | as [`fp8`](crate::quantize::fp8) has them |
//! | `row_shift` | rows that share a scale: 2 to this power, 31 is all of a matrix |
//! | `octet_shift` | octets that share a scale, likewise |
//! | `flags` | with [`PER_COLUMN`](crate::quantize::fp8::PER_COLUMN), each column has a scale of its own instead |

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::element::Element;
use crate::octet::{OCTET, Octet, store};
use crate::pack::Words4;
use crate::quantize::fp8::code::Format;
use crate::quantize::fp8::data::read_first;
use crate::quantize::fp8::grid::{Grid, divide};
use crate::quantize::fp8::{PER_COLUMN, WIDE};
use crate::rows::RowSet;

/// Rows of codes and of what they stand for.
#[derive(Clone, Copy)]
struct Back<T> {
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

macro_rules! dequantizers {
    ($($name:ident: $type:ty;)*) => { $(
        /// Writes what codes and scales stand for; the arguments are those of this file.
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned if the flags say so.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512))]
        pub unsafe fn $name(
            data: *const u8, data_stride: u64, scales: *const f32, matrix_step: u64, row_step: u32, column_step: u32,
            row_shift: u32, octet_shift: u32, out: *mut $type, out_stride: u64,
            matrices: u32, rows: u32, columns: u32, flags: u32,
        ) {
            let back = Back { data, data_stride, out, out_stride, columns, flags };
            let grid = Grid { scales: scales.cast_mut(), matrix_step, row_step, column_step, rows };
            let shared = Shared { grid, row_shift, octet_shift };
            // SAFETY: the kernel's contract is the body's, which does not write the scales.
            unsafe { dequantize(back, shared, matrices) }
        }
    )* };
}

dequantizers! {
    fp8_dequantize_bf16: bf16;
    fp8_dequantize_f16: f16;
    fp8_dequantize_f32: f32;
}

/// Writes `value of the code * scale`, rounded to `f32` and to `T`.
///
/// # Safety
/// All of it is there.
#[inline(always)]
unsafe fn dequantize<T: Element>(back: Back<T>, shared: Shared, matrices: u32) {
    let step = thread::block_dim_x() * thread::grid_dim_y();
    let format = Format::of(back.flags);
    let mut row = RowSet::first();
    while row < matrices * shared.grid.rows {
        let (matrix, place) = divide(row, shared.grid.rows);
        let mut i = thread::block_idx_y() * thread::block_dim_x() + thread::thread_idx_x();
        while i * (OCTET as u32) < back.columns {
            // SAFETY: inside the row.
            unsafe {
                let mut octet = format.decode(back.codes(row, i));
                let scales = shared.scales((matrix, place, i), &back);
                let mut j = 0;
                while j < OCTET {
                    octet[j] *= scales[j];
                    j += 1;
                }
                back.write(row, i, &octet);
            }
            i += step;
        }
        row += RowSet::step();
    }
}

impl Shared {
    /// The scales of the elements of an octet.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn scales<T>(&self, (matrix, row, i): (u32, u32, u32), back: &Back<T>) -> Octet {
        let row = row >> self.row_shift;
        if back.flags & PER_COLUMN == 0 {
            // SAFETY: the octet's.
            return [unsafe { *self.grid.at(matrix, row, i >> self.octet_shift) }; OCTET];
        }
        let mut scales = [0.0; OCTET];
        let mut j = 0;
        while j < OCTET {
            let column = i * OCTET as u32 + j as u32;
            if column < back.columns {
                // SAFETY: the element's.
                scales[j] = unsafe { *self.grid.at(matrix, row, column) };
            }
            j += 1;
        }
        scales
    }
}

impl<T: Element> Back<T> {
    /// The codes of an octet; zeros past the end.
    ///
    /// # Safety
    /// There is such an octet.
    #[inline(always)]
    unsafe fn codes(&self, row: u32, i: u32) -> u64 {
        let column = i * OCTET as u32;
        let offset = u64::from(row) * self.data_stride + u64::from(column);
        let from = self.data.wrapping_add(offset as usize);
        // SAFETY: inside the row.
        unsafe {
            if self.flags & WIDE != 0 {
                *from.cast::<u64>()
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
        if self.flags & WIDE != 0 {
            // SAFETY: inside the row, and aligned.
            return unsafe { store::<T, Words4>(to, octet) };
        }
        let mut j = 0;
        while j < OCTET {
            if column + (j as u32) < self.columns {
                // SAFETY: inside the row.
                unsafe { *to.add(j) = T::from_f32(octet[j]) };
            }
            j += 1;
        }
    }
}
