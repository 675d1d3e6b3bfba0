//! An activation into NVFP4: `silu_and_mul_nvfp4_quantize_<dtype>`, and any of the table, `activation_nvfp4_quantize_<dtype>`.
//!
//! Each value is rounded to its type before it is quantised, as if it had been stored.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::activation::table::{Parametrised, Table};
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Nvfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::{EVERY, EXACT};
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::RowSet;

macro_rules! nvfp4_activated {
    ($activation:ty; $($name:ident: $type:ty, $wide:ident, $blocks:literal;)*) => { $(
        /// Quantises an activation of rows; the arguments are those of [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, whose blocks are whole warps, and aligned as a wide kernel wants
        /// it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512, $blocks), dependent)]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            number: u32, first: f32, second: f32, third: f32,
            data: *mut u8, data_stride: u64, scales: *mut u8,
            matrices: u32, rows: u32, columns: u32, layout: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
            global: *const f32, rows_per_global: u32,
        ) {
            let activation = <$activation>::new(number, [first, second, third]);
            let source = Activated { gate, up, stride: x_stride, activation, value: PhantomData::<$type> };
            let data = Data::<$wide> { data, stride: data_stride, columns };
            let grids = Grids::new(scales, layout, matrices, rows, columns / 16);
            let set = RowSet { rows: matrices * rows, n_used, map, counts, rows_per_group: rows };
            let format = Nvfp4 { global, rows_per_global, exact: flags & EXACT != 0 };
            // SAFETY: the kernel's contract is the body's.
            unsafe { quantize(source, format, data, grids, |row| flags & EVERY != 0 || set.exists(row)) }
        }
    )* };
}

nvfp4_activated! {
    Silu;
    silu_and_mul_nvfp4_quantize_bf16: bf16, WIDE, 3;
    silu_and_mul_nvfp4_quantize_bf16_narrow: bf16, NARROW, 2;
    silu_and_mul_nvfp4_quantize_f16: f16, WIDE, 3;
    silu_and_mul_nvfp4_quantize_f16_narrow: f16, NARROW, 2;
    silu_and_mul_nvfp4_quantize_f32: f32, WIDE, 2;
    silu_and_mul_nvfp4_quantize_f32_narrow: f32, NARROW, 2;
}

nvfp4_activated! {
    Table;
    activation_nvfp4_quantize_bf16: bf16, WIDE, 2;
    activation_nvfp4_quantize_bf16_narrow: bf16, NARROW, 2;
    activation_nvfp4_quantize_f16: f16, WIDE, 2;
    activation_nvfp4_quantize_f16_narrow: f16, NARROW, 2;
    activation_nvfp4_quantize_f32: f32, WIDE, 2;
    activation_nvfp4_quantize_f32_narrow: f32, NARROW, 2;
}
