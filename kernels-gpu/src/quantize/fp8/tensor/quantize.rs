//! A scale for all, given or found: `fp8_quantize_per_tensor_<dtype>`; given, `silu_and_mul_fp8_quantize_per_tensor_<dtype>`, and
//! of any activation of the table, `activation_fp8_quantize_per_tensor_<dtype>`.
//!
//! | argument | |
//! |---|---|
//! | `parts`, `count` | if not null, largest magnitudes of parts, as `amax_<dtype>` writes them: the scale is found, and written |
//! | `scale` | the scale; read if there are no parts |
//!
//! The others are those of [`fp8`](crate::quantize::fp8). Blocks have whole warps, in one dimension, and
//! [`REDUCE_BYTES`](crate::quantize::fp8::REDUCE_BYTES) of shared memory; block `(r, c)` has chunk c of row r.

use core::marker::PhantomData;
use core::ptr::null;

use cuda_std::{kernel, thread, unroll};
use half::{bf16, f16};

use super::amax::of_parts;
use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::activation::table::{Parametrised, Table};
use crate::octet::{Plain, Source};
use crate::quantize::fp8::data::Data;
use crate::quantize::fp8::elements::Octets;
use crate::quantize::fp8::grid::exists;
use crate::quantize::fp8::scale::Scale;
use crate::quantize::fp8_code::Fp8Format;
use crate::quantize::kind::{NARROW, WIDE};
use crate::rows::{RowSet, threads_of_row};

/// Octets that a thread has under way.
const TOGETHER: usize = 2;

/// What the scale is made of.
#[derive(Clone, Copy)]
struct Given {
    parts: *const f32,
    count: u32,
    scale: *mut f32,
    flags: u32,
}

macro_rules! quantizers {
    ($($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Quantises rows by one scale; the arguments are those of this file.
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide;
        /// blocks are those above.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512, 3), dependent)]
        pub unsafe fn $name(
            x: *const $type, x_stride: u64, data: *mut u8, data_stride: u64,
            parts: *const f32, count: u32, scale: *mut f32,
            rows: u32, rows_per_group: u32, columns: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let source = Plain { x, stride: x_stride };
            let data = Data { data, stride: data_stride, format: Fp8Format::of(flags) };
            let given = Given { parts, count, scale, flags };
            let set = RowSet { rows, n_used, map, counts, rows_per_group };
            let octets = Octets::<_, $wide> { source, columns };
            // SAFETY: the kernel's contract is the body's.
            unsafe { quantize(octets, data, given, set) }
        }
    )* };
}

quantizers! {
    fp8_quantize_per_tensor_bf16: bf16, WIDE;
    fp8_quantize_per_tensor_bf16_narrow: bf16, NARROW;
    fp8_quantize_per_tensor_f16: f16, WIDE;
    fp8_quantize_per_tensor_f16_narrow: f16, NARROW;
    fp8_quantize_per_tensor_f32: f32, WIDE;
    fp8_quantize_per_tensor_f32_narrow: f32, NARROW;
}

macro_rules! activated {
    ($blocks:literal, $activation:ty; $($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Quantises an activation of rows by one scale, which is given; the arguments are those of this file.
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide;
        /// blocks are those above.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512, $blocks), dependent)]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            number: u32, first: f32, second: f32, third: f32,
            data: *mut u8, data_stride: u64, scale: *const f32,
            rows: u32, rows_per_group: u32, columns: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let activation = <$activation>::new(number, [first, second, third]);
            let source = Activated { gate, up, stride: x_stride, activation, value: PhantomData::<$type> };
            let data = Data { data, stride: data_stride, format: Fp8Format::of(flags) };
            let given = Given { parts: null(), count: 0, scale: scale.cast_mut(), flags };
            let set = RowSet { rows, n_used, map, counts, rows_per_group };
            let octets = Octets::<_, $wide> { source, columns };
            // SAFETY: the kernel's contract is the body's; a given scale is not written.
            unsafe { quantize(octets, data, given, set) }
        }
    )* };
}

activated! {
    3, Silu;
    silu_and_mul_fp8_quantize_per_tensor_bf16: bf16, WIDE;
    silu_and_mul_fp8_quantize_per_tensor_bf16_narrow: bf16, NARROW;
    silu_and_mul_fp8_quantize_per_tensor_f16: f16, WIDE;
    silu_and_mul_fp8_quantize_per_tensor_f16_narrow: f16, NARROW;
    silu_and_mul_fp8_quantize_per_tensor_f32: f32, WIDE;
    silu_and_mul_fp8_quantize_per_tensor_f32_narrow: f32, NARROW;
}

activated! {
    2, Table;
    activation_fp8_quantize_per_tensor_bf16: bf16, WIDE;
    activation_fp8_quantize_per_tensor_bf16_narrow: bf16, NARROW;
    activation_fp8_quantize_per_tensor_f16: f16, WIDE;
    activation_fp8_quantize_per_tensor_f16_narrow: f16, NARROW;
    activation_fp8_quantize_per_tensor_f32: f32, WIDE;
    activation_fp8_quantize_per_tensor_f32_narrow: f32, NARROW;
}

/// Quantises this block's share of its row, if that exists.
///
/// # Safety
/// The source, the data and what is given hold what they say; blocks are those above.
#[inline(always)]
unsafe fn quantize<S: Source, const WIDE: bool>(
    octets: Octets<S, WIDE>,
    data: Data,
    given: Given,
    set: RowSet,
) {
    // SAFETY: the whole block is here.
    let multiplier = unsafe { given.multiplier(data.format) };
    let row = thread::block_idx_x();
    // SAFETY: one of the rows, if there are any.
    if row >= set.rows || !unsafe { exists(&set, row) } {
        return;
    }
    let (mut i, step) = threads_of_row();
    while i < octets.count() {
        // SAFETY: the row exists; the second may be its last octet, which is then read for nothing.
        let raw = unsafe { [octets.fetch(row, i), octets.fetch(row, i + step)] };
        unroll!(j < TOGETHER => {
            let place = (row, i + j as u32 * step);
            // SAFETY: the row exists.
            unsafe { data.write::<WIDE>(octets.columns, place, &octets.source.open(&raw[j]), multiplier) };
        });
        i += TOGETHER as u32 * step;
    }
}

impl Given {
    /// What elements are multiplied by; the first thread of all writes the scale if it was not given.
    ///
    /// # Safety
    /// The whole block is here, and what is given is there.
    #[inline(always)]
    unsafe fn multiplier(self, format: Fp8Format) -> f32 {
        if self.parts.is_null() {
            // SAFETY: the scale is there.
            return Scale::given(unsafe { *self.scale }).multiplier;
        }
        // SAFETY: the whole block is here, the parts are there.
        let scale = Scale::of(
            unsafe { of_parts(self.parts, self.count) },
            format,
            self.flags,
        );
        if thread::index_1d() == 0 && thread::block_idx_y() == 0 {
            // SAFETY: the scale is there.
            unsafe { *self.scale = scale.stored };
        }
        scale.multiplier
    }
}
