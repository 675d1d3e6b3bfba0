//! `silu_and_mul`: `out = gate / (1 + exp(-gate)) * up`, computed in `f32` and rounded once.
//!
//! The kernels are named `silu_and_mul_<dtype>_v<elements a thread moves at once>`. Memory-bound: three
//! elements of traffic an output element, two special-function instructions.

use cuda_std::kernel;
use half::{bf16, f16};

use super::function::{Activation, Silu};
use super::gated::{Rows, gated};
use crate::pack::{Single, Words1, Words2, Words4};

macro_rules! silu_and_mul {
    ($($name:ident: $type:ty, $pack:ty;)*) => { $(
        /// `out = silu(gate) * up`; see [`Rows`](super::gated::Rows) for the arguments.
        ///
        /// # Safety
        /// The addresses are valid for the launched grid and aligned to the pack; `d`, strides and offsets
        /// are multiples of the pack's length; `n_used` is null or valid.
        #[allow(clippy::too_many_arguments, rustdoc::private_intra_doc_links)]
        #[kernel(launch_bounds(512))]
        pub unsafe fn $name(
            x: *const $type,
            out: *mut $type,
            d: u32,
            x_stride: u64,
            out_stride: u64,
            gate: u32,
            up: u32,
            n_used: *const u32,
        ) {
            let rows = Rows { x, out, d, x_stride, out_stride, gate, up, n_used };
            // SAFETY: the kernel's contract is the body's.
            unsafe { gated::<$type, $pack>(rows, |gate, up| Silu.apply(gate, up)) }
        }
    )* };
}

silu_and_mul! {
    silu_and_mul_bf16_v8: bf16, Words4;
    silu_and_mul_bf16_v4: bf16, Words2;
    silu_and_mul_bf16_v2: bf16, Words1;
    silu_and_mul_bf16_v1: bf16, Single<bf16>;
    silu_and_mul_f16_v8: f16, Words4;
    silu_and_mul_f16_v4: f16, Words2;
    silu_and_mul_f16_v2: f16, Words1;
    silu_and_mul_f16_v1: f16, Single<f16>;
    silu_and_mul_f32_v4: f32, Words4;
    silu_and_mul_f32_v2: f32, Words2;
    silu_and_mul_f32_v1: f32, Words1;
}
