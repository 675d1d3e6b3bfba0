//! `silu_and_mul`, times a vector of the row's expert, into NVFP4:
//! `silu_and_mul_expert_scaled_nvfp4_quantize_<dtype>`.
//!
//! ```text
//! a[r, j] = silu(gate[r, j]) * up[r, j]                  rounded to the type
//! y[r, j] = a[r, j] * vectors[indices[r], j]             rounded to the type, then quantised
//! ```
//!
//! A row whose index is no expert's does not exist.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use crate::activation::function::Silu;
use crate::activation::source::Activated;
use crate::element::Element;
use crate::octet::{OCTET, RawOctet, Source, close, fetch, fetch_first, open};
use crate::quantize::block::EXACT;
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Nvfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::kind::{NARROW, WIDE};

/// A source, times its row's vector.
#[derive(Clone, Copy)]
struct Weighted<S, T> {
    source: S,
    /// The vector of each expert.
    vectors: *const T,
    /// Elements from one to the next.
    stride: u64,
    /// The expert of each row.
    indices: *const i32,
}

impl<S, T> Weighted<S, T> {
    /// The weight of a row and a column.
    ///
    /// # Safety
    /// There is such a row, and it has an expert.
    #[inline(always)]
    unsafe fn at(&self, row: u32, column: u32) -> *const T {
        // SAFETY: every row has an index.
        let expert = unsafe { *self.indices.add(row as usize) } as usize;
        let offset = expert * self.stride as usize + column as usize;
        self.vectors.wrapping_add(offset)
    }
}

impl<S: Source, T: Element> Source for Weighted<S, T> {
    /// What is weighted, and the weights.
    type Raw = (S::Raw, RawOctet);
    type Value = T;

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> Self::Raw {
        // SAFETY: only rows that exist are asked for, and those have an expert.
        unsafe {
            let weights = fetch(self.at(row, column));
            (self.source.fetch(row, column), weights)
        }
    }

    #[inline(always)]
    unsafe fn fetch_first(&self, row: u32, column: u32, count: u32) -> Self::Raw {
        // SAFETY: as above.
        unsafe {
            let weights = fetch_first(self.at(row, column), count);
            (self.source.fetch_first(row, column, count), weights)
        }
    }

    #[inline(always)]
    fn close(&self, (raw, weights): &Self::Raw) -> RawOctet {
        let (mut octet, weights) = (self.source.open(raw), open::<T>(weights));
        let mut i = 0;
        while i < OCTET {
            octet[i] *= weights[i];
            i += 1;
        }
        close::<T>(&octet)
    }
}

macro_rules! expert_scaled {
    ($($name:ident: $type:ty, $wide:ident, $blocks:literal;)*) => { $(
        /// Quantises activated rows times their experts' vectors; the other arguments are those of
        /// [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, whose blocks are whole warps: `indices` for each row, `vectors`
        /// for each of `experts`, `vectors_stride` elements apart; all of it is aligned as a wide kernel wants it, if
        /// the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512, $blocks), dependent)]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            vectors: *const $type, vectors_stride: u64, experts: u32, indices: *const i32,
            data: *mut u8, data_stride: u64, scales: *mut u8,
            rows: u32, columns: u32, layout: u32, flags: u32,
            global: *const f32, rows_per_global: u32,
        ) {
            let source = Activated { gate, up, stride: x_stride, activation: Silu, value: PhantomData::<$type> };
            let source = Weighted { source, vectors, stride: vectors_stride, indices };
            let data = Data::<$wide> { data, stride: data_stride, columns };
            let grids = Grids::new(scales, layout, 1, rows, columns / 16);
            let format = Nvfp4 { global, rows_per_global, exact: flags & EXACT != 0 };
            // SAFETY: every row has an index; negative ones are larger than any expert.
            let exists = |row: u32| unsafe { *indices.add(row as usize) as u32 } < experts;
            // SAFETY: the kernel's contract is the body's.
            unsafe { quantize(source, format, data, grids, exists) }
        }
    )* };
}

expert_scaled! {
    silu_and_mul_expert_scaled_nvfp4_quantize_bf16: bf16, WIDE, 3;
    silu_and_mul_expert_scaled_nvfp4_quantize_bf16_narrow: bf16, NARROW, 2;
    silu_and_mul_expert_scaled_nvfp4_quantize_f16: f16, WIDE, 3;
    silu_and_mul_expert_scaled_nvfp4_quantize_f16_narrow: f16, NARROW, 2;
    silu_and_mul_expert_scaled_nvfp4_quantize_f32: f32, WIDE, 2;
    silu_and_mul_expert_scaled_nvfp4_quantize_f32_narrow: f32, NARROW, 2;
}
