//! `nvfp4_dequantize_<dtype>`.

use cuda_std::kernel;
use half::{bf16, f16};

use crate::quantize::block::back::{Out, dequantize};
use crate::quantize::block::body::Data;
use crate::quantize::block::format::Nvfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::kind::{NARROW, WIDE};

macro_rules! nvfp4_dequantizers {
    ($($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Writes the elements that codes and scales stand for; the arguments are those of [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512), dependent)]
        pub unsafe fn $name(
            data: *const u8, data_stride: u64, scales: *const u8, out: *mut $type, out_stride: u64,
            matrices: u32, rows: u32, columns: u32, layout: u32,
            global: *const f32, rows_per_global: u32,
        ) {
            let data = Data::<$wide> { data: data.cast_mut(), stride: data_stride, columns };
            let grids = Grids::new(scales.cast_mut(), layout, matrices, rows, columns / 16);
            let to = Out { out, stride: out_stride };
            let format = Nvfp4 { global, rows_per_global, exact: false };
            // SAFETY: the kernel's contract is the body's, which writes neither data nor scales.
            unsafe { dequantize(format, data, grids, to) }
        }
    )* };
}

nvfp4_dequantizers! {
    nvfp4_dequantize_bf16: bf16, WIDE;
    nvfp4_dequantize_bf16_narrow: bf16, NARROW;
    nvfp4_dequantize_f16: f16, WIDE;
    nvfp4_dequantize_f16_narrow: f16, NARROW;
    nvfp4_dequantize_f32: f32, WIDE;
    nvfp4_dequantize_f32_narrow: f32, NARROW;
}
