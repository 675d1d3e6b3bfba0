//! Products of FP8, with factors after the sum.

use cuda_std::{kernel, thread};
use formats::E4m3;
use half::{bf16, f16};

use crate::gemm::dense::{matrix, row_or_null};
use crate::gemm::finish::Finish;
use crate::gemm::fold::Whole;
use crate::gemm::fp8::dense::{format, gemm};
use crate::gemm::fp8::{A_E5M2, B_E5M2, Tile};
use crate::gemm::load::Operand;
use crate::gemm::stored::Stored;
use crate::gemm::tile::{Output, Unchanged};

gemm! {
    gemm_epilogue_fp8_bf16_t64x64 => bf16, epilogue of bf16;
    gemm_epilogue_fp8_f16_t64x64 => f16, epilogue of f16;
    gemm_epilogue_fp8_f32_t64x64 => f32, epilogue of f32;
    gemm_epilogue_fp8_e4m3_t64x64 => E4m3, epilogue of bf16;
}
