//! Waiting gone wrong: each rule broken once, and kept once.

use cuda_sim::device::{self, MmaKind, Redux};
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{FULL, faults, passes, thread};

fn block_of(threads: u32) -> LaunchConfig {
    LaunchConfig::new(2, threads).with_shared(1024)
}

#[test]
fn an_early_return_before_a_barrier() {
    let fault = faults(FaultKind::DivergentBarrier, block_of(96), || {
        if thread() >= 90 {
            return;
        }
        device::barrier_sync(0, None);
    });
    assert!(fault.to_string().contains("detectors.rs"), "{fault}");
    passes(block_of(96), || {
        if thread() < 90 {
            let _ = device::thread_idx();
        }
        device::barrier_sync(0, None);
    });
}

#[test]
fn the_two_arms_of_a_branch_have_a_barrier_each() {
    faults(FaultKind::DivergentBarrier, block_of(64), || {
        match thread() % 2 {
            0 => device::barrier_sync(0, None),
            _ => device::barrier_sync(0, None),
        }
    });
    // Whole warps may arrive from different places.
    passes(block_of(64), || match device::warp_id() {
        0 => device::barrier_sync(0, None),
        _ => device::barrier_sync(0, None),
    });
}

#[test]
fn threads_of_a_block_at_different_barriers() {
    let fault = faults(FaultKind::DivergentBarrier, block_of(64), || {
        device::barrier_sync(device::warp_id(), None);
    });
    assert!(
        fault
            .detail
            .contains("threads 0-31 wait at barrier 0 for 64"),
        "{fault}"
    );
    assert!(
        fault.detail.contains("threads 32-63 wait at barrier 1"),
        "{fault}"
    );
}

#[test]
fn parts_of_warps_fill_a_barrier() {
    faults(FaultKind::DivergentBarrier, block_of(64), || {
        if device::lane_id() < 16 {
            device::barrier_sync(1, Some(32));
        }
    });
    passes(block_of(64), || {
        if device::warp_id() == 1 {
            device::barrier_sync(1, Some(32));
        }
    });
}

#[test]
fn two_groups_wait_for_each_other() {
    let swapped = |swap: bool| {
        move || {
            let (first, second) = match device::warp_id() {
                0 | 1 => (1, 2),
                _ if swap => (2, 1),
                _ => (1, 2),
            };
            device::barrier_sync(first, Some(96));
            device::barrier_sync(second, Some(96));
        }
    };
    let fault = faults(FaultKind::Deadlock, block_of(128), swapped(true));
    for part in [
        "0 of 128 left the kernel",
        "threads 0-63 wait at barrier 1 for 96 threads",
        "threads 64-127 wait at barrier 2 for 96 threads",
        "detectors.rs",
    ] {
        assert!(fault.detail.contains(part), "{part} in {fault}");
    }
    passes(block_of(96), swapped(false));
}

#[test]
fn a_mask_without_the_caller() {
    faults(FaultKind::InvalidMask, block_of(32), || {
        device::warp_sync(0xffff);
    });
    passes(block_of(32), || {
        if device::lane_id() < 16 {
            device::warp_sync(0xffff);
        }
    });
}

#[test]
fn a_mask_with_lanes_that_left() {
    faults(FaultKind::ExitedLane, block_of(64), || {
        if thread() < 60 {
            device::redux(FULL, Redux::AddU32, 1);
        }
    });
    passes(block_of(64), || {
        let inside = thread() < 60;
        device::redux(FULL, Redux::AddU32, u32::from(inside));
    });
}

#[test]
fn a_mask_with_lanes_that_never_were() {
    faults(FaultKind::ExitedLane, block_of(40), || {
        device::warp_sync(FULL)
    });
    passes(block_of(40), || {
        device::warp_sync(if device::warp_id() == 0 { FULL } else { 0xff });
    });
}

#[test]
fn lanes_at_different_collectives() {
    let fault = faults(FaultKind::CollectiveMismatch, block_of(32), || {
        if device::lane_id() < 16 {
            device::vote_all(FULL, true);
        } else {
            device::vote_any(FULL, true);
        }
    });
    assert!(fault.detail.contains("vote.sync."), "{fault}");
    faults(FaultKind::CollectiveMismatch, block_of(32), || {
        let mask = if device::lane_id() < 16 {
            FULL
        } else {
            0xffff_ff00
        };
        device::warp_sync(mask);
    });
    passes(block_of(32), || {
        if device::lane_id() < 16 {
            device::vote_all(0xffff, true);
        } else {
            device::vote_any(0xffff_0000, true);
        }
    });
}

#[test]
fn an_aligned_instruction_in_two_arms() {
    faults(FaultKind::CollectiveMismatch, block_of(32), || {
        match device::lane_id() {
            0..16 => device::mma_k32_bytes(MmaKind::F16, [0; 4], [0; 2], [0.0; 4]),
            _ => device::mma_k32_bytes(MmaKind::F16, [0; 4], [0; 2], [0.0; 4]),
        };
    });
    passes(block_of(32), || {
        device::mma_k32_bytes(MmaKind::F16, [0; 4], [0; 2], [0.0; 4]);
    });
}

#[test]
fn a_collective_in_a_branch_that_not_all_take() {
    let fault = faults(FaultKind::CollectiveMismatch, block_of(32), || {
        if device::lane_id() < 5 {
            device::redux(FULL, Redux::Or, 0);
        }
        device::warp_sync(FULL);
    });
    assert!(fault.detail.contains("redux.sync"), "{fault}");
    passes(block_of(32), || {
        if device::lane_id() < 5 {
            device::redux(0x1f, Redux::Or, 0);
        }
        device::warp_sync(FULL);
    });
}

#[test]
fn a_lane_that_waits_for_its_warp_at_the_block_s_barrier() {
    let fault = faults(FaultKind::DivergentBarrier, block_of(32), || {
        if device::lane_id() == 0 {
            device::warp_sync(FULL);
        }
        device::barrier_sync(0, None);
    });
    assert!(
        fault.detail.contains("threads 0 wait at bar.warp.sync"),
        "{fault}"
    );
}
