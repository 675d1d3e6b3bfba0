//! Products of FP8, of blocks that have scales.

use cuda_std::{kernel, thread};
use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::chunk::Codes;
use crate::gemm::dense::row_or_null;
use crate::gemm::finish::Finish;
use crate::gemm::fold::Blocks;
use crate::gemm::fp8::Tile;
use crate::gemm::fp8::block_scaled::gemm;
use crate::gemm::load::Operand;
use crate::gemm::scales::Scales;
use crate::gemm::stored::Stored;
use crate::gemm::tile::{Output, Unchanged};
use crate::quantize::fp8_code::Fp8Format;

gemm! {
    gemm_epilogue_block_scaled_bf16_t64x64 => bf16, epilogue of bf16;
    gemm_epilogue_block_scaled_f16_t64x64 => f16, epilogue of f16;
    gemm_epilogue_block_scaled_f32_t64x64 => f32, epilogue of f32;
    gemm_epilogue_block_scaled_e4m3_t64x64 => E4m3, epilogue of bf16;
}
