//! The largest magnitude of a block's threads.

use cuda_std::shared::{self, Shared};
use cuda_std::thread;
use cuda_std::warp::{self, FULL_MASK, WARP_SIZE};

/// Bytes of dynamic shared memory that a block needs to find its largest magnitude: a value a warp, twice.
pub const REDUCE_BYTES: u32 = 2 * WARP_SIZE * 4;

/// Maxima of a block, one after the other. It alternates between two halves of its memory, so that one barrier each is
/// enough: whoever writes a half has passed a barrier that comes after all reads of it.
pub(super) struct BlockMax {
    half: u32,
}

impl BlockMax {
    #[inline(always)]
    pub fn new() -> Self {
        Self { half: 0 }
    }

    /// The largest `value`, none of them negative or NaN: such floats are in the order of their bits.
    ///
    /// # Safety
    /// The whole block, of whole warps, is here, with [`REDUCE_BYTES`] of shared memory.
    #[inline(always)]
    pub unsafe fn of(&mut self, value: f32) -> f32 {
        let memory: Shared<u32> = shared::dynamic_shared_mem().add(self.half);
        self.half ^= WARP_SIZE;
        let (lane, warps) = (warp::lane_id(), thread::block_dim_x() / WARP_SIZE);
        // SAFETY: the whole warp is here.
        let of_warp = unsafe { warp::warp_reduce_max_u32(FULL_MASK, value.to_bits()) };
        if lane == 0 {
            // SAFETY: a value a warp; the last reads were before the last barrier.
            unsafe {
                memory
                    .add(thread::thread_idx_x() / WARP_SIZE)
                    .write(of_warp)
            };
        }
        thread::sync_threads();
        let mut mine = 0;
        if lane < warps {
            // SAFETY: written before the barrier.
            mine = unsafe { memory.add(lane).read() };
        }
        // SAFETY: the whole warp is here.
        f32::from_bits(unsafe { warp::warp_reduce_max_u32(FULL_MASK, mine) })
    }
}
