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
use crate::octet::{OCTET, Octet, RawOctet, Source, fetch, open, rounded};
use crate::pack::{Pack, Single, Words4};
use crate::quantize::block::body::{Data, quantize};
use crate::quantize::block::format::Nvfp4;
use crate::quantize::block::grids::Grids;
use crate::quantize::block::{EXACT, WIDE};

/// A source, times its row's vector.
#[derive(Clone, Copy)]
struct Weighted<S, T, P> {
    source: S,
    /// The vector of each expert.
    vectors: *const T,
    /// Elements from one to the next.
    stride: u64,
    /// The expert of each row.
    indices: *const i32,
    pack: PhantomData<P>,
}

impl<S: Source, T: Element, P: Pack<T>> Source for Weighted<S, T, P> {
    /// What is weighted, and the weights.
    type Raw = (S::Raw, RawOctet);
    type Narrow = Weighted<S::Narrow, T, Single<T>>;

    #[inline(always)]
    fn narrow(self) -> Self::Narrow {
        Weighted {
            source: self.source.narrow(),
            vectors: self.vectors,
            stride: self.stride,
            indices: self.indices,
            pack: PhantomData,
        }
    }

    #[inline(always)]
    unsafe fn fetch(&self, row: u32, column: u32) -> Self::Raw {
        // SAFETY: there is such a row, and only rows that have an expert are asked for.
        unsafe {
            let expert = *self.indices.add(row as usize) as usize;
            let offset = expert * self.stride as usize + column as usize;
            let weights = fetch::<T, P>(self.vectors.add(offset));
            (self.source.fetch(row, column), weights)
        }
    }

    #[inline(always)]
    fn open(&self, (raw, weights): &Self::Raw) -> Octet {
        let (mut octet, weights) = (self.source.open(raw), open::<T>(weights));
        let mut i = 0;
        while i < OCTET {
            octet[i] *= weights[i];
            i += 1;
        }
        rounded::<T>(&octet)
    }
}

macro_rules! expert_scaled {
    ($($name:ident: $type:ty;)*) => { $(
        /// Quantises activated rows times their experts' vectors; the other arguments are those of
        /// [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, whose blocks are whole warps: `indices` for each row, `vectors`
        /// for each of `experts`, `vectors_stride` elements apart; all of it aligned if the flags say so.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512))]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            vectors: *const $type, vectors_stride: u64, experts: u32, indices: *const i32,
            data: *mut u8, data_stride: u64, scales: *mut u8,
            rows: u32, columns: u32, layout: u32, flags: u32,
            global: *const f32, rows_per_global: u32,
        ) {
            let source = Activated::<$type, Words4, _, true> {
                gate, up, gate_stride: x_stride, up_stride: x_stride,
                activation: Silu, pack: PhantomData,
            };
            let source = Weighted { source, vectors, stride: vectors_stride, indices, pack: PhantomData::<Words4> };
            let data = Data { data, stride: data_stride, columns, wide: flags & WIDE != 0 };
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
    silu_and_mul_expert_scaled_nvfp4_quantize_bf16: bf16;
    silu_and_mul_expert_scaled_nvfp4_quantize_f16: f16;
    silu_and_mul_expert_scaled_nvfp4_quantize_f32: f32;
}
