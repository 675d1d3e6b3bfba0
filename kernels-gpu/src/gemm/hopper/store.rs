//! From accumulators to C: through slabs in shared memory, which tensor copies store.
//!
//! ```text
//! slab     64 rows of 128 bytes, swizzled by 128 bytes: 64 columns of a 16-bit type, 32 of f32
//! thread   registers 4j .. 4j + 4 of an accumulator: rows r and r + 8, columns 8j + 2q and the next
//!          (r = 16 warp + lane / 4, q = lane % 4)
//! ```
//!
//! A tensor copy leaves out what C does not have, and goes on while the next slab is written.

use cuda_std::cvt::{f32x2_to_bf16x2, f32x2_to_f16x2};
use cuda_std::shared::Shared;
use cuda_std::stmatrix::stmatrix_x4;
use cuda_std::tma::{self, TensorMap};
use cuda_std::wgmma::Accumulator;
use cuda_std::{bulk, fence, thread, unroll};
use half::{bf16, f16};

use super::tile::{ROW_BYTES, SLAB_BYTES};
use crate::element::Element;
use crate::gemm::finish::Finish;

/// A type that C is made of.
pub(super) trait Output: Element {
    /// Columns of a slab.
    const COLUMNS: u32 = ROW_BYTES / size_of::<Self>() as u32;

    /// Writes two neighbouring chunks of 8 columns, of which the thread has `values`: for each chunk the pair of
    /// row `r`, then that of row `r + 8`.
    ///
    /// # Safety
    /// All lanes of the warp execute this; `slab` is the warpgroup's, and nobody else uses it.
    unsafe fn write(slab: Shared<u8>, thread: u32, chunk: u32, values: [[f32; 2]; 4]);
}

macro_rules! sixteen_bits {
    ($($type:ty: $pack:ident;)*) => { $(
        impl Output for $type {
            #[inline(always)]
            #[track_caller]
            unsafe fn write(slab: Shared<u8>, thread: u32, chunk: u32, values: [[f32; 2]; 4]) {
                let lane = thread % 32;
                let row = thread / 32 * 16 + lane % 16;
                let unit = (chunk + lane / 16) ^ (row % 8);
                let [a, b, c, d] = values;
                let packed = [$pack(a[0], a[1]), $pack(b[0], b[1]), $pack(c[0], c[1]), $pack(d[0], d[1])];
                // SAFETY: the caller's contract.
                unsafe { stmatrix_x4(slab.add(row * ROW_BYTES + unit * 16), packed) };
            }
        }
    )* };
}

sixteen_bits! {
    bf16: f32x2_to_bf16x2;
    f16: f32x2_to_f16x2;
}

impl Output for f32 {
    #[inline(always)]
    #[track_caller]
    unsafe fn write(slab: Shared<u8>, thread: u32, chunk: u32, values: [[f32; 2]; 4]) {
        let (lane, quad) = (thread % 32, thread % 4);
        unroll!(i < 4 => {
            let row = thread / 32 * 16 + lane / 4 + 8 * (i as u32 % 2);
            let unit = (2 * (chunk + i as u32 / 2) + quad / 2) ^ (row % 8);
            let place = slab.byte_add::<u64>(row * ROW_BYTES + unit * 16 + quad % 2 * 8);
            let [low, high] = values[i];
            let pair = u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32;
            // SAFETY: the caller's contract; each lane has its own 8 bytes.
            unsafe { place.write(pair) };
        });
    }
}

/// A consumer's way to C.
pub(super) struct Store<O> {
    /// C, matrix after matrix, in boxes of 64 rows by 128 bytes.
    pub map: *const TensorMap,
    /// What is done to the sums.
    pub finish: Finish<O>,
    /// The consumer's slabs.
    pub slabs: Shared<u8>,
    /// Which consumer it is.
    pub consumer: u32,
    /// The thread's number in it.
    pub thread: u32,
}

impl<O: Output> Store<O> {
    /// Stores an accumulator, whose first element is that of matrix `matrix` of C at `row` and `column`.
    ///
    /// # Safety
    /// All threads of the warpgroup execute this. The map is of C, which nobody else writes there.
    #[inline(always)]
    #[track_caller]
    pub unsafe fn accumulator<const R: usize>(
        &self,
        d: &Accumulator<R>,
        [matrix, row, column]: [u32; 3],
    ) {
        let own = row + self.thread / 32 * 16 + self.thread % 32 / 4;
        let finish = self.finish.of_matrix(matrix);
        // SAFETY: the caller's contract.
        let factors = unsafe { [finish.row(own), finish.row(own + 8)] };
        unroll!(slab < 8 => {
            if slab * (O::COLUMNS as usize) < 2 * R {
                let column = column + slab as u32 * O::COLUMNS;
                // SAFETY: the caller's contract.
                unsafe { self.slab::<R>(d, slab, [matrix, row, column], &finish, factors) };
            }
        });
    }

    /// Stores slab `index` of the accumulator.
    #[inline(always)]
    #[track_caller]
    unsafe fn slab<const R: usize>(
        &self,
        d: &Accumulator<R>,
        index: usize,
        [matrix, row, column]: [u32; 3],
        finish: &Finish<O>,
        factors: [f32; 2],
    ) {
        let slab = self.slabs.add(index as u32 % 2 * SLAB_BYTES);
        let own = column + 2 * (self.thread % 4);
        let first = index * O::COLUMNS as usize / 2;
        // SAFETY: the slab was read by the copy before the last, and the barrier says so to all.
        unsafe {
            if self.thread == 0 {
                bulk::wait_group_read::<1>();
            }
            self.sync();
            unroll!(two < 4 => {
                if two * 16 < O::COLUMNS as usize {
                    let values = values(d, first + 8 * two, finish, own + 16 * two as u32, factors);
                    O::write(slab, self.thread, 2 * two as u32, values);
                }
            });
            fence::proxy_async_shared();
            self.sync();
            if self.thread == 0 {
                let place = [column as i32, row as i32, matrix as i32];
                tma::store(self.map, place, slab);
                bulk::commit_group();
            }
        }
    }

    /// Waits until all stores have been done.
    #[inline(always)]
    #[track_caller]
    pub fn wait(&self) {
        if self.thread == 0 {
            bulk::wait_group::<0>();
        }
    }

    /// A barrier of the warpgroup.
    #[inline(always)]
    #[track_caller]
    unsafe fn sync(&self) {
        // SAFETY: the caller's contract; each consumer has a barrier of its own.
        unsafe {
            match self.consumer {
                0 => thread::barrier_sync::<1>(128),
                _ => thread::barrier_sync::<2>(128),
            }
        }
    }
}

/// The values of registers `first .. first + 8`, two chunks of columns that begin at `column` for this thread.
///
/// # Safety
/// The pointers of `finish` are null or valid.
#[inline(always)]
#[track_caller]
unsafe fn values<O: Element, const R: usize>(
    d: &Accumulator<R>,
    first: usize,
    finish: &Finish<O>,
    column: u32,
    factors: [f32; 2],
) -> [[f32; 2]; 4] {
    let mut values = [[0.0; 2]; 4];
    unroll!(chunk < 2 => {
        // SAFETY: the caller's contract.
        let pair = unsafe { finish.pair(column + 8 * chunk as u32) };
        unroll!(half < 2 => {
            let i = first + 4 * chunk + 2 * half;
            values[2 * chunk + half] = pair.finish([d.get(i), d.get(i + 1)], factors[half]);
        });
    });
    values
}
