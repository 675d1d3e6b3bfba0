//! The largest magnitude of a block's threads.

use cuda_std::shared::{self, Shared};
use cuda_std::thread;
use cuda_std::warp::{self, FULL_MASK, WARP_SIZE};

/// Bytes of dynamic shared memory that a block needs to find its largest magnitude: a value a warp.
pub const REDUCE_BYTES: u32 = WARP_SIZE * 4;

/// The largest `value` of a block, none of them negative or NaN: such floats are in the order of their bits.
///
/// # Safety
/// The whole block, of whole warps, is here, for the only time, with [`REDUCE_BYTES`] of shared memory: what a warp wrote
/// may still be read when this returns.
#[inline(always)]
pub(super) unsafe fn block_max(value: f32) -> f32 {
    let memory: Shared<u32> = shared::dynamic_shared_mem();
    let (lane, warps) = (warp::lane_id(), thread::block_dim_x() / WARP_SIZE);
    // SAFETY: the whole warp is here.
    let of_warp = unsafe { warp::warp_reduce_max_u32(FULL_MASK, value.to_bits()) };
    if lane == 0 {
        let mine = memory.add(thread::thread_idx_x() / WARP_SIZE);
        // SAFETY: a value a warp, which nobody reads before the barrier.
        unsafe { mine.write(of_warp) };
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
