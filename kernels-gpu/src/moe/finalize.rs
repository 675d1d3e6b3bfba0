//! Finalize: `out[t] = sum over j of weights[t, j] * results[row of choice (t, j)]`.
//!
//! Summed in `f32` in the order of j and rounded once, so the result is the same every time. A choice with
//! no row (-1) adds nothing.

use cuda_std::{kernel, thread, unroll};
use half::{bf16, f16};

use crate::element::Element;
use crate::pack::{MAX_LEN, Pack, Single, Words1, Words4};
use crate::rows::threads_of_row;

macro_rules! finalize {
    ($($name:ident: $type:ty, $pack:ty;)*) => { $(
        /// Block (t, c) makes chunk c of token t: `results [rows, hidden]`, `out [tokens, hidden]`.
        ///
        /// # Safety
        /// - The arrays have these shapes; `choice_row` and `weights` are `[tokens, top_k]`, rows in range
        ///   or -1.
        /// - `hidden` is a multiple of the pack, `results` and `out` are aligned to it, as is `out_stride`.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(256), dependent)]
        pub unsafe fn $name(
            results: *const $type,
            choice_row: *const i32,
            weights: *const f32,
            out: *mut $type,
            hidden: u32,
            top_k: u32,
            out_stride: u64,
        ) {
            // SAFETY: the kernel's contract is the body's.
            unsafe { finalize::<$type, $pack>(results, choice_row, weights, out, hidden, top_k, out_stride) }
        }
    )* };
}

finalize! {
    moe_finalize_bf16_v8: bf16, Words4;
    moe_finalize_bf16_v2: bf16, Words1;
    moe_finalize_bf16_v1: bf16, Single<bf16>;
    moe_finalize_f16_v8: f16, Words4;
    moe_finalize_f16_v2: f16, Words1;
    moe_finalize_f16_v1: f16, Single<f16>;
}

/// The body of every finalize kernel.
///
/// # Safety
/// As the kernels'.
#[inline(always)]
unsafe fn finalize<T: Element, P: Pack<T>>(
    results: *const T,
    choice_row: *const i32,
    weights: *const f32,
    out: *mut T,
    hidden: u32,
    top_k: u32,
    out_stride: u64,
) {
    let token = thread::block_idx_x() as usize;
    let packs = hidden / P::LEN as u32;
    let (mut i, step) = threads_of_row();
    while i < packs {
        let mut sum = [0.0; MAX_LEN];
        let mut choice = token * top_k as usize;
        while choice < (token + 1) * top_k as usize {
            // SAFETY: the choice is the token's; its row, if any, is in the results.
            unsafe {
                let row = *choice_row.add(choice);
                if row >= 0 {
                    let result = *results
                        .add(row as usize * hidden as usize)
                        .cast::<P>()
                        .add(i as usize);
                    add_scaled::<T, P>(&mut sum, result, *weights.add(choice));
                }
            }
            choice += 1;
        }
        // SAFETY: the pack is inside the token's output.
        unsafe {
            *out.add(token * out_stride as usize)
                .cast::<P>()
                .add(i as usize) = P::pack(&sum)
        };
        i += step;
    }
}

#[inline(always)]
fn add_scaled<T: Element, P: Pack<T>>(sum: &mut [f32; MAX_LEN], result: P, weight: f32) {
    let lanes = result.unpack();
    unroll!(i < P::LEN => {
        sum[i] += weight * lanes[i];
    });
}
