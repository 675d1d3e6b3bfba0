//! A scale a row: `fp8_quantize_per_token_<dtype>`, `silu_and_mul_fp8_quantize_per_token_<dtype>`.
//!
//! A block has a row. Blocks have whole warps, in one dimension, and [`kept_bytes`](crate::quantize::fp8::kept_bytes) of shared
//! memory for it.

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::quantize::fp8::WIDE;
use crate::quantize::fp8::elements::{Elements, Octets, memory, silu_and_mul};
use crate::quantize::fp8::grid::{Grid, Job, divide, exists};
use crate::quantize::fp8::reduce::BlockMax;
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::quantizers;
use crate::quantize::fp8::together::quantize_together;
use crate::rows::RowSet;

quantizers! {
    quantize_rows, 2;
    fp8_quantize_per_token_bf16: bf16, memory;
    fp8_quantize_per_token_f16: f16, memory;
    fp8_quantize_per_token_f32: f32, memory;
    silu_and_mul_fp8_quantize_per_token_bf16: bf16, silu_and_mul;
    silu_and_mul_fp8_quantize_per_token_f16: f16, silu_and_mul;
    silu_and_mul_fp8_quantize_per_token_f32: f32, silu_and_mul;
}

/// Quantises the rows that exist; the scale of one that does not is zero.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_rows<S: Elements>(octets: Octets<S>, job: Job) {
    let mut block = BlockMax::new();
    let mut row = RowSet::first();
    while row < job.set.rows {
        let mut scale = 0.0;
        // SAFETY: one of the rows; whether it exists is the same for the whole block.
        if unsafe { exists(&job.set, row) } {
            scale = if octets.columns == 0 {
                Scale::of(0.0, job.data.format, job.flags).stored
            } else {
                // SAFETY: the row exists, the whole block is here.
                unsafe {
                    quantize_together(&octets, &job, &mut block, octets.count(), |i| (row, i))
                }
            };
        }
        if thread::thread_idx_x() == 0 {
            let (matrix, place) = divide(row, job.rows);
            // SAFETY: a scale a row.
            unsafe { *job.grid.at(matrix, place, 0) = scale };
        }
        row += RowSet::step();
    }
}
