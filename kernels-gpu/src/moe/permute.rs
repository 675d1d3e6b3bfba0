//! Sorts the tokens' choices by expert, in token order within an expert.
//!
//! ```text
//! choice i = t k + j: token t's j-th expert, ids[i]; an id outside 0..E is no choice
//! count    counts[e]     choices of expert e, at most its capacity
//! place    offsets[e]    the first row of expert e: the counts before it, summed
//!          row_token[r]  the token of row r
//!          choice_row[i] the row of choice i; -1 for none: no id, or over the capacity
//! ```
//!
//! One block an expert, in both kernels, reading all ids. So the order is always the same, and no
//! atomics are needed.

use cuda_std::shared::{self, Shared};
use cuda_std::warp::{self, FULL_MASK, WARP_SIZE};
use cuda_std::{kernel, thread};

/// Threads of a block.
pub const PERMUTE_THREADS: u32 = 256;

const WARPS: u32 = PERMUTE_THREADS / WARP_SIZE;

/// Bytes of dynamic shared memory: one count a warp.
pub const PERMUTE_SHARED_BYTES: u32 = WARPS * 4;

/// `counts[e]`: the choices of expert e = `block_idx_x`, at most `capacity`.
///
/// # Safety
/// `ids` holds `choices` values, `counts` one a block; blocks of [`PERMUTE_THREADS`].
#[kernel(launch_bounds(256), dependent)]
pub unsafe fn moe_count(ids: *const i32, counts: *mut u32, choices: u32, capacity: u32) {
    let expert = thread::block_idx_x();
    let mut count = 0;
    let mut first = 0;
    while first < choices {
        let i = first + thread::thread_idx_x();
        // SAFETY: the choice is one of `choices`.
        let mine = i < choices && unsafe { *ids.add(i as usize) } == expert as i32;
        count += thread::sync_threads_count(mine as u32);
        first += PERMUTE_THREADS;
    }
    if thread::thread_idx_x() == 0 {
        // SAFETY: one count a block.
        unsafe { *counts.add(expert as usize) = count.min(capacity) };
    }
}

/// Gives each choice of expert e = `block_idx_x` its row.
///
/// # Safety
/// - `ids` and `choice_row` hold `choices` values, `counts` one a block, `offsets` one more; `row_token`
///   holds the sum of the counts.
/// - Blocks of [`PERMUTE_THREADS`] with [`PERMUTE_SHARED_BYTES`], one an expert.
#[allow(clippy::too_many_arguments)]
#[kernel(launch_bounds(256), dependent)]
pub unsafe fn moe_place(
    ids: *const i32,
    counts: *const u32,
    offsets: *mut i32,
    row_token: *mut i32,
    choice_row: *mut i32,
    choices: u32,
    top_k: u32,
) {
    let (expert, experts) = (thread::block_idx_x(), thread::grid_dim_x());
    // SAFETY: one count an expert.
    let (start, count) = unsafe { (sum_before(counts, expert), *counts.add(expert as usize)) };
    if thread::thread_idx_x() == 0 {
        // SAFETY: one offset an expert, and the end.
        unsafe {
            *offsets.add(expert as usize) = start as i32;
            if expert == experts - 1 {
                *offsets.add(experts as usize) = (start + count) as i32;
            }
        }
    }
    let mut placed = 0;
    let mut first = 0;
    while first < choices {
        let i = first + thread::thread_idx_x();
        let mut id = -1;
        if i < choices {
            // SAFETY: the choice is one of `choices`.
            id = unsafe { *ids.add(i as usize) };
        }
        let mine = id == expert as i32;
        // SAFETY: the whole block is here.
        let (rank, all) = unsafe { rank_in_block(mine) };
        let rank = placed + rank;
        // SAFETY: the choice is one of `choices`, the row one of the expert's.
        unsafe {
            if mine && rank < count {
                // A checked quotient, so that no panic is compiled in.
                *row_token.add((start + rank) as usize) = i.checked_div(top_k).unwrap_or(0) as i32;
                *choice_row.add(i as usize) = (start + rank) as i32;
            } else if mine || (expert == 0 && i < choices && id as u32 >= experts) {
                *choice_row.add(i as usize) = -1;
            }
        }
        placed += all;
        first += PERMUTE_THREADS;
    }
}

/// How many lower threads of the block have the flag, and how many threads of all.
///
/// # Safety
/// The whole block calls this together, with [`PERMUTE_SHARED_BYTES`] of shared memory.
#[inline(always)]
unsafe fn rank_in_block(flag: bool) -> (u32, u32) {
    let (lane, warp_id) = (warp::lane_id(), thread::thread_idx_x() / WARP_SIZE);
    let counts: Shared<u32> = shared::dynamic_shared_mem();
    // SAFETY: the whole warp is here.
    let ballot = unsafe { warp::warp_vote_ballot(FULL_MASK, flag) };
    if lane == 0 {
        // SAFETY: one count a warp; the last reads are before the barrier that ended the last call.
        unsafe { counts.add(warp_id).write(ballot.count_ones()) };
    }
    thread::sync_threads();
    let mut before = 0;
    let mut all = 0;
    let mut w = 0;
    while w < WARPS {
        // SAFETY: written before the barrier.
        let count = unsafe { counts.add(w).read() };
        before += if w < warp_id { count } else { 0 };
        all += count;
        w += 1;
    }
    thread::sync_threads();
    (before + (ballot & ((1 << lane) - 1)).count_ones(), all)
}

/// The sum of the first `expert` counts, in every thread: each warp adds them up for itself.
///
/// # Safety
/// The whole warp calls this together; `counts` holds `expert` values.
#[inline(always)]
unsafe fn sum_before(counts: *const u32, expert: u32) -> u32 {
    let mut sum = 0;
    let mut e = warp::lane_id();
    while e < expert {
        // SAFETY: `e` is before `expert`.
        sum += unsafe { *counts.add(e as usize) };
        e += WARP_SIZE;
    }
    // SAFETY: the whole warp is here.
    unsafe { warp::warp_sum_u32(sum) }
}
