//! A scale a row: `fp8_quantize_per_token_<dtype>`, `silu_and_mul_fp8_quantize_per_token_<dtype>`, and of any activation of the
//! table, `activation_fp8_quantize_per_token_<dtype>`.
//!
//! Block r has row r. Blocks have whole warps, in one dimension, and
//! [`REDUCE_BYTES`](crate::quantize::fp8::REDUCE_BYTES) of shared memory.

use core::marker::PhantomData;

use cuda_std::{kernel, thread};
use half::{bf16, f16};

use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::activation::table::{Parametrised, Table};
use crate::octet::{Plain, Source};
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::{Grid, Job, exists};
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8::stamp::{activated, quantizers};
use crate::quantize::fp8::together::quantize_together;
use crate::quantize::kind::{NARROW, WIDE};

quantizers! {
    quantize_rows, 512, 2;
    fp8_quantize_per_token_bf16: bf16, WIDE;
    fp8_quantize_per_token_f16: f16, WIDE;
    fp8_quantize_per_token_f32: f32, WIDE;
}

// At most 56 registers, so that three blocks of a row of 11008 elements are in a multiprocessor.
activated! {
    quantize_rows, 576, 2, Silu;
    silu_and_mul_fp8_quantize_per_token_bf16: bf16, WIDE;
    silu_and_mul_fp8_quantize_per_token_f16: f16, WIDE;
    silu_and_mul_fp8_quantize_per_token_f32: f32, WIDE;
}

quantizers! {
    quantize_rows, 512, 1;
    fp8_quantize_per_token_bf16_narrow: bf16, NARROW;
    fp8_quantize_per_token_f16_narrow: f16, NARROW;
    fp8_quantize_per_token_f32_narrow: f32, NARROW;
}

activated! {
    quantize_rows, 512, 1, Silu;
    silu_and_mul_fp8_quantize_per_token_bf16_narrow: bf16, NARROW;
    silu_and_mul_fp8_quantize_per_token_f16_narrow: f16, NARROW;
    silu_and_mul_fp8_quantize_per_token_f32_narrow: f32, NARROW;
}

activated! {
    quantize_rows, 576, 2, Table;
    activation_fp8_quantize_per_token_bf16: bf16, WIDE;
    activation_fp8_quantize_per_token_f16: f16, WIDE;
    activation_fp8_quantize_per_token_f32: f32, WIDE;
}

activated! {
    quantize_rows, 512, 1, Table;
    activation_fp8_quantize_per_token_bf16_narrow: bf16, NARROW;
    activation_fp8_quantize_per_token_f16_narrow: f16, NARROW;
    activation_fp8_quantize_per_token_f32_narrow: f32, NARROW;
}

/// Quantises this block's row if it exists; the scale of one that does not is zero.
///
/// # Safety
/// The source and the job hold the rows that they say; blocks are those above.
#[inline(always)]
unsafe fn quantize_rows<S: Source, const WIDE: bool>(octets: Octets<S, WIDE>, job: Job) {
    let row = thread::block_idx_x();
    let mut scale = 0.0;
    // SAFETY: one of the rows; whether it exists is the same for the whole block.
    if unsafe { exists(&job.set, row) } {
        scale = if octets.columns == 0 {
            Scale::of(0.0, job.data.format, job.flags).stored
        } else {
            // SAFETY: the row exists, the whole block is here.
            unsafe { quantize_together(&octets, &job, octets.count(), |i| (row, i)) }
        };
    }
    if thread::thread_idx_x() == 0 {
        let (matrix, place) = job.place(row, job.rows);
        // SAFETY: a scale a row.
        unsafe { *job.grid.at(matrix, place, 0) = scale };
    }
}
