//! Matrix products, as many as the tensor cores take: `wgmma_peak_bf16` and `wgmma_peak_e4m3`.
//!
//! A block computes what a 128 x 256 tile of a GEMM does, but loads its operands only once: there are
//! [`STAGES`] stages of them in shared memory, which it goes through again and again. Each of its two
//! warpgroups multiplies 64 rows of `A` by all of `B`, with one group of products under way while it issues the
//! next.
//!
//! ```text
//! stage   [ A: 128 rows ][ B: 256 columns ]   128 bytes of K each, swizzled by 128 bytes
//! pass    stages 0 .. STAGES                  K = STAGES * 128 bytes
//! tile    TILE_PASSES passes                  K = 2048 of bf16, 4096 of e4m3; then the accumulator begins anew
//! ```

use cuda_std::shared::{Shared, dynamic_shared_mem};
use cuda_std::wgmma::{self, Accumulator, Descriptor, InFlight, KMajor, Product, Reads, Swizzle};
use cuda_std::{fence, kernel, thread, unroll};
use formats::E4m3;
use half::bf16;

use crate::pack::Words4;

/// Stages of operands in shared memory.
pub const STAGES: u32 = 4;

/// Bytes of K in a row of a stage: what the swizzle spans. Four products go through them.
pub const ROW_BYTES: u32 = 128;

/// Rows of `A` in a stage: 64 for each warpgroup.
pub const A_ROWS: u32 = 128;

/// Columns of `B` in a stage.
pub const B_COLUMNS: u32 = 256;

/// Threads of a block: two warpgroups.
pub const THREADS: u32 = 256;

/// Passes through all stages after which the accumulators begin anew.
pub const TILE_PASSES: u32 = 8;

/// Bytes of a stage.
pub const STAGE_BYTES: u32 = (A_ROWS + B_COLUMNS) * ROW_BYTES;

/// Bytes of dynamic shared memory, and of the operands in global memory.
pub const SHARED_BYTES: u32 = STAGES * STAGE_BYTES;

/// Where `B` starts in a stage.
const B_OFFSET: u32 = A_ROWS * ROW_BYTES;

/// Bytes of K that one product takes.
const STEP_BYTES: u32 = 32;

const _: () = {
    assert!(SHARED_BYTES <= 227 * 1024, "what a Hopper block may have");
    assert!(B_OFFSET.is_multiple_of(1024) && STAGE_BYTES.is_multiple_of(1024));
    assert!(STAGES == 4 && ROW_BYTES == 4 * STEP_BYTES, "as unrolled");
};

/// A warpgroup's part of a block's product.
type Tile = Accumulator<128>;

/// The block copies the operands to shared memory, where products may read them.
///
/// # Safety
/// - All threads of the block execute this, first of all.
/// - `operands` holds [`SHARED_BYTES`], aligned to 16, and the block has as much shared memory.
#[inline(always)]
unsafe fn fill(operands: *const Words4) {
    let vectors = SHARED_BYTES / size_of::<Words4>() as u32;
    let mut i = thread::thread_idx_x();
    while i < vectors {
        // SAFETY: inside both by the caller's contract; each thread has its own vectors.
        unsafe { dynamic_shared_mem().add(i).write(*operands.add(i as usize)) };
        i += THREADS;
    }
    fence::proxy_async_shared();
    thread::sync_threads();
}

/// Multiplies what is in shared memory, `passes` times.
///
/// # Safety
/// - All threads of the block execute this, with the same `passes`, after [`fill`].
#[inline(always)]
unsafe fn multiply<T: Reads<KMajor>>(d: &mut Tile, passes: u32)
where
    Tile: Product<T, T>,
    for<'a> &'a mut Tile: InFlight,
{
    let stages: Shared<u8> = dynamic_shared_mem();
    let rows = thread::thread_idx_x() / 128 * (A_ROWS / 2);
    let a = Descriptor::k_major(stages.add(rows * ROW_BYTES), Swizzle::Bytes128);
    let b = Descriptor::k_major(stages.add(B_OFFSET), Swizzle::Bytes128);
    // SAFETY: the warpgroup is whole by the caller's contract, and nobody writes to shared memory any more.
    unsafe {
        let mut pass = 0;
        while pass < passes {
            unroll!(stage < 4 => {
                // One in all would do, but ptxas puts in the others by itself, and warns (C7519).
                wgmma::fence();
                unroll!(step < 4 => {
                    let on = stage as u32 * STAGE_BYTES + step as u32 * STEP_BYTES;
                    let adds = stage + step > 0 || pass % TILE_PASSES != 0;
                    d.mma::<T, T, _, _>(a.advance(on), b.advance(on), adds);
                });
                wgmma::commit_group();
                wgmma::wait_group::<1>(());
            });
            pass += 1;
        }
        wgmma::wait_group::<0>(d);
    }
}

/// The sum of a thread's part of the tile.
#[inline(always)]
fn sum(d: &Tile) -> f32 {
    let mut sum = 0.0;
    unroll!(i < 8 => {
        unroll!(j < 8 => {
            sum += d.get(16 * i + 2 * j) + d.get(16 * i + 2 * j + 1);
        });
    });
    sum
}

macro_rules! peaks {
    ($($name:ident: $type:ty;)*) => { $(
        /// Multiplies the operands `passes` times, and stores the sum of each thread's part of the result.
        ///
        /// The result is that of the passes since the accumulators last began anew.
        ///
        /// # Safety
        /// - A grid of one dimension, of blocks of [`THREADS`] threads with [`SHARED_BYTES`] of dynamic
        ///   shared memory.
        /// - `operands` holds [`SHARED_BYTES`], aligned to 16, as they are to lie in shared memory.
        /// - `sums` has a place for each thread of the grid.
        #[kernel(launch_bounds(256, 1))]
        pub unsafe fn $name(operands: *const Words4, sums: *mut f32, passes: u32) {
            let mut d = Tile::zero();
            // SAFETY: the kernel's contract.
            unsafe {
                fill(operands);
                multiply::<$type>(&mut d, passes);
                *sums.add(thread::index_1d() as usize) = sum(&d);
            }
        }
    )* };
}

peaks! {
    wgmma_peak_bf16: bf16;
    wgmma_peak_e4m3: E4m3;
}
