//! What the 32 threads of a warp do together.
//!
//! Every function takes a mask of lanes. All lanes in it must execute the call, with the same mask, and
//! the calling lane must be among them.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

mod reduce;
mod shuffle;
mod vote;

pub use reduce::{
    warp_max_u64, warp_reduce_add, warp_reduce_and, warp_reduce_max_i32, warp_reduce_max_u32,
    warp_reduce_min_i32, warp_reduce_min_u32, warp_reduce_or, warp_reduce_xor, warp_sum_f32,
    warp_sum_u32,
};
pub use shuffle::{
    WarpShuffleValue, warp_shuffle_down, warp_shuffle_idx, warp_shuffle_up, warp_shuffle_xor,
    warp_uniform,
};
pub use vote::{
    activemask, elect, warp_match_all_32, warp_match_any_32, warp_vote_all, warp_vote_any,
    warp_vote_ballot,
};

/// The mask of all lanes.
pub const FULL_MASK: u32 = u32::MAX;

/// Threads of a warp.
pub const WARP_SIZE: u32 = 32;

/// `%laneid`: the thread's place in its warp, 0 to 31.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn lane_id() -> u32 {
    on! {
        gpu => {
            let lane: u32;
            // SAFETY: reading a special register has no preconditions.
            unsafe { asm!("mov.u32 {0}, %laneid;", out(reg32) lane, options(pure, nomem, nostack)) };
            lane
        },
        sim => cuda_sim::device::lane_id(),
    }
}

/// Waits for the lanes of `mask`; what they wrote before is visible to them after (`bar.warp.sync`).
///
/// # Safety
/// Every lane of `mask` executes this with the same mask, and the calling lane is one of them.
#[inline(always)]
#[track_caller]
pub unsafe fn sync_warp(mask: u32) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("bar.warp.sync {0};", in(reg32) mask, options(nostack)) },
        sim => cuda_sim::device::warp_sync(mask),
    }
}

/// The thread's warp in its block: its linear index / 32. Executed by any thread.
///
/// Computed, not read from `%warpid`, which may change. All lanes have the same value; where a branch
/// should be known to be uniform, take [`warp_uniform`] of it.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn warp_id() -> u32 {
    use crate::thread::{block_dim_x, block_dim_y, thread_idx_x, thread_idx_y, thread_idx_z};
    let row = thread_idx_z() * block_dim_y() + thread_idx_y();
    (row * block_dim_x() + thread_idx_x()) / WARP_SIZE
}
