//! A chunk: 8 elements of an operand's row, on their way to the 16 bytes that they take in shared memory.

use cuda_std::cp_async;
use cuda_std::cvt::f32x2_to_f16x2;
use cuda_std::mma::MmaElement;
use cuda_std::shared::Shared;
use cuda_std::unroll;
use half::f16;

use crate::pack::{Words2, Words4};
use crate::quantize::fp8_code::{Fp8Format, read_first};

/// A way for chunks of elements `T` in global memory.
pub(super) trait Chunks<T>: Copy {
    /// What they are in shared memory.
    type Element: MmaElement;

    /// Copies `here` elements, at most 8, and zeroes for the rest of them.
    ///
    /// # Safety
    /// `row` has at least `here` elements from `at` on, as these chunks want them; `chunk` is free, and no thread
    /// reads it until the next wait and barrier.
    unsafe fn copy(self, chunk: Shared<Words4>, row: *const T, at: u32, here: u32);
}

/// All 8 at once, asynchronously: rows start at multiples of 16 bytes, and K is a multiple of 8.
#[derive(Clone, Copy)]
pub(super) struct Aligned;

impl<T: MmaElement> Chunks<T> for Aligned {
    type Element = T;

    #[inline(always)]
    #[track_caller]
    unsafe fn copy(self, chunk: Shared<Words4>, row: *const T, at: u32, here: u32) {
        let bytes = if here == 0 { 0 } else { 16 };
        let source = row.wrapping_add(if here == 0 { 0 } else { at as usize });
        // SAFETY: 16 readable aligned bytes, or none.
        unsafe { cp_async::copy_16(chunk, source.cast(), bytes) }
    }
}

/// One by one.
#[derive(Clone, Copy)]
pub(super) struct Unaligned;

impl<T: MmaElement> Chunks<T> for Unaligned {
    type Element = T;

    #[inline(always)]
    #[track_caller]
    unsafe fn copy(self, chunk: Shared<Words4>, row: *const T, at: u32, here: u32) {
        let mut words = [0u32; 4];
        unroll!(i < 8 => {
            if (i as u32) < here {
                // SAFETY: the element is one of those there; it is 16 bits wide.
                let bits = unsafe { *row.add(at as usize + i).cast::<u16>() };
                words[i / 2] |= (bits as u32) << (16 * (i % 2));
            }
        });
        // SAFETY: the chunk is free and aligned.
        unsafe { chunk.write(Words4(words)) }
    }
}

/// FP8, exactly as f16, however aligned.
#[derive(Clone, Copy)]
pub(super) struct Codes(pub Fp8Format);

impl Chunks<u8> for Codes {
    type Element = f16;

    #[inline(always)]
    #[track_caller]
    unsafe fn copy(self, chunk: Shared<Words4>, row: *const u8, at: u32, here: u32) {
        let from = row.wrapping_add(at as usize);
        let codes = if here >= 8 && from.addr().is_multiple_of(8) {
            // SAFETY: 8 readable aligned bytes.
            unsafe { *from.cast::<Words2>() }.0
        } else {
            // SAFETY: so many are there.
            unsafe { read_first(from, here) }
        };
        let values = self.0.decode(codes);
        let pair = |i: usize| f32x2_to_f16x2(values[2 * i], values[2 * i + 1]);
        // SAFETY: the chunk is free and aligned.
        unsafe { chunk.write(Words4([pair(0), pair(1), pair(2), pair(3)])) }
    }
}
