//! What the lanes of a warp do together: shuffles, votes, matches, reductions, election.

use cuda_std::tma::TensorMap;
use cuda_std::warp::{
    FULL_MASK, elect, lane_id, sync_warp, warp_match_all_32, warp_match_any_32, warp_reduce_add,
    warp_reduce_and, warp_reduce_max_i32, warp_reduce_max_u32, warp_reduce_min_i32,
    warp_reduce_min_u32, warp_reduce_or, warp_reduce_xor, warp_shuffle_down, warp_shuffle_idx,
    warp_shuffle_up, warp_shuffle_xor, warp_vote_all, warp_vote_any, warp_vote_ballot,
};
use cuda_std::{kernel, thread};

use crate::words::{get, gid, set, tid};

/// Words that each thread writes.
const RESULTS: u32 = 64;

/// Every mode and width of a shuffle, with lanes inside and outside of the segment.
///
/// # Safety
/// A launch of 64 threads; 64 words of input, 64 words of output a thread.
#[kernel(launch_bounds(64))]
pub unsafe fn warp_shuffles(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; all lanes are here.
    unsafe {
        let value = get(input, gid());
        let mut result = 0;
        let mut width = 1;
        while width <= 32 {
            let lane = (value >> 8) % 40;
            let moved = [
                warp_shuffle_idx(FULL_MASK, value, lane, width),
                warp_shuffle_up(FULL_MASK, value, lane % 8, width),
                warp_shuffle_down(FULL_MASK, value, lane % 8, width),
                warp_shuffle_xor(FULL_MASK, value, lane % 32, width),
            ];
            let mut i = 0;
            while i < 4 {
                let (value, inside) = moved[i];
                set(output, RESULTS * gid() + result, value);
                set(output, RESULTS * gid() + result + 1, u32::from(inside));
                result += 2;
                i += 1;
            }
            width *= 2;
        }
        while result < RESULTS {
            set(output, RESULTS * gid() + result, 0);
            result += 1;
        }
    }
}

/// Votes, matches, reductions and elections among the lanes of `mask`, one of which is the caller.
///
/// # Safety
/// The lanes of `mask` are here; the output has 14 words for the thread.
#[inline(always)]
#[track_caller]
unsafe fn collect(mask: u32, value: u32, output: *mut u32) {
    // SAFETY: the caller's contract.
    unsafe {
        let (all, same) = warp_match_all_32(mask, value & 1);
        let results = [
            warp_vote_ballot(mask, value & 3 == 0),
            u32::from(warp_vote_any(mask, value & 15 == 0)),
            u32::from(warp_vote_all(mask, value & 15 != 0)),
            warp_match_any_32(mask, value & 7),
            all,
            u32::from(same),
            warp_reduce_add(mask, value),
            warp_reduce_min_u32(mask, value),
            warp_reduce_max_u32(mask, value),
            warp_reduce_min_i32(mask, value as i32) as u32,
            warp_reduce_max_i32(mask, value as i32) as u32,
            warp_reduce_and(mask, value | 0xffff),
            warp_reduce_or(mask, value & 0xffff_0101),
            warp_reduce_xor(mask, value),
            // Which lane is elected is open; that it is one is not.
            warp_vote_ballot(mask, elect(mask)).count_ones(),
        ];
        let mut i = 0;
        while i < 15 {
            set(output, RESULTS * gid() + i, results[i as usize]);
            i += 1;
        }
    }
}

/// Collectives of whole warps.
///
/// # Safety
/// As [`warp_shuffles`].
#[kernel(launch_bounds(64))]
pub unsafe fn warp_collectives(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; all lanes are here.
    unsafe { collect(FULL_MASK, get(input, gid()), output) };
}

/// Collectives of three groups of lanes, in branches of their own.
///
/// # Safety
/// As [`warp_shuffles`].
#[kernel(launch_bounds(64))]
pub unsafe fn warp_masks(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; the lanes of each mask take the same branch.
    unsafe {
        let value = get(input, gid());
        match lane_id() {
            0..7 => collect(0x0000_007f, value, output),
            7..20 => collect(0x000f_ff80, value, output),
            _ => collect(0xfff0_0000, value, output),
        }
        sync_warp(FULL_MASK);
    }
}

/// Barriers of a block: counts, conjunctions, named barriers of some of its warps.
///
/// # Safety
/// A launch of 128 threads with 1024 bytes of shared memory; 128 words of input, 4 words of output a thread.
#[kernel(launch_bounds(128))]
pub unsafe fn block_barriers(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; a barrier lies between the writes of words and their reads.
    unsafe {
        let value = get(input, tid());
        set(output, 4 * tid(), thread::sync_threads_count(value & 3));
        set(
            output,
            4 * tid() + 1,
            u32::from(thread::sync_threads_and(value | 1)),
        );
        set(
            output,
            4 * tid() + 2,
            u32::from(thread::sync_threads_or(
                value >> 31 & u32::from(tid() == 127),
            )),
        );
        // Warps 0 and 1 produce, warps 2 and 3 consume.
        if tid() < 64 {
            crate::words::shared(tid()).write(value);
            thread::barrier_arrive::<1>(128);
            set(output, 4 * tid() + 3, 0);
        } else {
            thread::barrier_sync::<1>(128);
            set(
                output,
                4 * tid() + 3,
                crate::words::shared(127 - tid()).read(),
            );
        }
    }
}

/// The cases of this module.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::Case;
    use cuda_std::launch::LaunchConfig;

    let config = LaunchConfig::new(1, 64);
    let barriers = LaunchConfig::new(1, 128).with_shared(1024);
    vec![
        Case::new("warp_shuffles", &warp_shuffles, config).output(64 * 64),
        Case::new("warp_collectives", &warp_collectives, config).output(64 * 64),
        Case::new("warp_masks", &warp_masks, config).output(64 * 64),
        Case::new("block_barriers", &block_barriers, barriers).output(512),
    ]
}
