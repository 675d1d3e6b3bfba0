//! The simulator must stay fast enough to run every kernel in every test.
//!
//! One test, alone in its process, so that nothing of this crate competes with what it measures.

use std::time::{Duration, Instant};

use cuda_sim::device::{self, MmaKind};
use cuda_sim::{Fault, LaunchConfig, SimOptions, launch};

const FULL: u32 = u32::MAX;

#[test]
fn launches_take_milliseconds() {
    let tile = LaunchConfig::new(1, 256);
    check("barriers and mma", 100, tile, barriers_and_mma);
    let shared = LaunchConfig::new(1, 1024).with_shared(64 * 1024);
    check("shared memory", 100, shared, shared_memory);
    let largest = LaunchConfig::new(1, 1024).with_shared(4);
    check("largest block", 100, largest, synchronisation);
    let small = LaunchConfig::new(4096, 32);
    check("small blocks", 400, small, || device::warp_sync(FULL));
}

fn barriers_and_mma() {
    for _ in 0..100 {
        device::barrier_sync(0, None);
    }
    let mut sums = [0.0; 4];
    for _ in 0..64 {
        sums = device::mma_k32_bytes(MmaKind::Bf16, [0x3f80_3f80; 4], [0x3f80_3f80; 2], sums);
    }
    assert_eq!(sums, [1024.0; 4]);
}

fn shared_memory() {
    let thread = device::thread_idx().x;
    let word = |index: u32| device::dynamic_shared_base() + 4 * index;
    for i in 0..16 {
        // SAFETY: a `u32` has no padding.
        unsafe { device::shared_store(word(thread + 1024 * i), i) };
    }
    device::barrier_sync(0, None);
    // SAFETY: any bytes are a `u32`.
    let load = |i: u32| unsafe { device::shared_load::<u32>(word((thread ^ 32) + 1024 * i)) };
    assert_eq!((0..16).map(load).sum::<u32>(), 120);
}

fn synchronisation() {
    for _ in 0..16 {
        device::warp_sync(FULL);
        device::barrier_sync(0, None);
    }
}

/// The fastest of several launches takes at most `limit` ms: several times what it takes on an
/// idle machine, as other processes may compete, and far less than anything quadratic would.
#[track_caller]
fn check(name: &'static str, limit: u64, config: LaunchConfig, kernel: fn()) {
    let time = || -> Result<Duration, Fault> {
        let start = Instant::now();
        launch(&SimOptions::default(), name, config, &kernel)?;
        Ok(start.elapsed())
    };
    let times: Result<Vec<Duration>, Fault> = (0..10).map(|_| time()).collect();
    let fastest = times.map(|times| times.into_iter().min());
    let fastest = fastest.unwrap_or_else(|fault| panic!("{fault}"));
    println!("{name}: {fastest:?}");
    assert!(
        fastest < Some(Duration::from_millis(limit)),
        "{name}: {fastest:?}"
    );
}
