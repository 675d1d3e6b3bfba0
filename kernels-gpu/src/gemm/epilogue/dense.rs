//! Products of 16-bit floats.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::gemm::chunk::{Aligned, Unaligned};
use crate::gemm::dense::{Tile16x64, Tile64x64, Tile128x128, gemm, matrix, row_or_null};
use crate::gemm::finish::Finish;
use crate::gemm::fold::Whole;
use crate::gemm::load::Operand;
use crate::gemm::stored::Stored;
use crate::gemm::tile::{Output, Unchanged};

gemm! {
    gemm_epilogue_bf16_t128x128: Tile128x128, 256, 2, bf16 => bf16, Aligned, epilogue of bf16;
    gemm_epilogue_bf16_t16x64: Tile16x64, 128, 4, bf16 => bf16, Aligned, epilogue of bf16;
    gemm_epilogue_bf16_unaligned_t64x64: Tile64x64, 256, 2, bf16 => bf16, Unaligned, epilogue of bf16;
    gemm_epilogue_bf16_f32_t128x128: Tile128x128, 256, 2, bf16 => f32, Aligned, epilogue of f32;
    gemm_epilogue_bf16_f32_t16x64: Tile16x64, 128, 4, bf16 => f32, Aligned, epilogue of f32;
    gemm_epilogue_bf16_f32_unaligned_t64x64: Tile64x64, 256, 2, bf16 => f32, Unaligned, epilogue of f32;
    gemm_epilogue_f16_t128x128: Tile128x128, 256, 2, f16 => f16, Aligned, epilogue of f16;
    gemm_epilogue_f16_t16x64: Tile16x64, 128, 4, f16 => f16, Aligned, epilogue of f16;
    gemm_epilogue_f16_unaligned_t64x64: Tile64x64, 256, 2, f16 => f16, Unaligned, epilogue of f16;
    gemm_epilogue_f16_f32_t128x128: Tile128x128, 256, 2, f16 => f32, Aligned, epilogue of f32;
    gemm_epilogue_f16_f32_t16x64: Tile16x64, 128, 4, f16 => f32, Aligned, epilogue of f32;
    gemm_epilogue_f16_f32_unaligned_t64x64: Tile64x64, 256, 2, f16 => f32, Unaligned, epilogue of f32;
}
