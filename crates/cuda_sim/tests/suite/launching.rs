//! Launches: indices, limits, panics, determinism.

use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use cuda_sim::{Dim3, FaultKind, LaunchConfig, SimOptions, device, launch};

use crate::support::{block, collect, faults, load, passes, seeded, store, thread, values};

#[test]
fn every_thread_of_the_grid_runs_once() {
    let config = LaunchConfig::new((3, 2, 2), (5, 4, 3));
    let seen = Mutex::new(HashSet::new());
    let kernel = || {
        assert_eq!(device::grid_dim(), Dim3::from((3, 2, 2)));
        assert_eq!(device::block_dim(), Dim3::from((5, 4, 3)));
        assert_eq!(device::lane_id(), thread() % 32);
        assert_eq!(device::warp_id(), thread() / 32);
        let index = (device::block_idx(), device::thread_idx());
        assert!(
            seen.lock().is_ok_and(|mut seen| seen.insert(index)),
            "{index:?} twice"
        );
    };
    assert_eq!(launch(&seeded(1), "indices", config, &kernel), Ok(()));
    assert!(seen.into_inner().is_ok_and(|seen| seen.len() == 720));
}

#[test]
fn limits_are_cuda_s() {
    let refused = [
        LaunchConfig::new(0, 32),
        LaunchConfig::new(1, (32, 0)),
        LaunchConfig::new(1, 1025),
        LaunchConfig::new(1, (32, 33)),
        LaunchConfig::new(1, (1, 1, 65)),
        LaunchConfig::new((1, 65536), 1),
        LaunchConfig::new((1, 1, 65536), 1),
        LaunchConfig::new(u32::MAX, 1),
        LaunchConfig::new(1, 1).with_shared(232_449),
    ];
    for config in refused {
        let fault = faults(FaultKind::InvalidLaunch, config, || ());
        assert!(fault.block.is_none() && fault.thread.is_none());
    }
    passes(
        LaunchConfig::new(1, (16, 1, 64)).with_shared(232_448),
        || {
            device::barrier_sync(0, None);
        },
    );
}

#[test]
fn a_panic_is_a_fault_with_its_message_and_line() {
    let fault = faults(FaultKind::Panic, LaunchConfig::new(4, 64), || {
        let (block, thread) = (block(), thread());
        device::barrier_sync(0, None);
        assert!(block != 2 || thread != 33, "value {thread} is odd");
    });
    assert_eq!(fault.block, Some(Dim3::new(2, 0, 0)));
    assert_eq!(fault.thread, Some(Dim3::new(33, 0, 0)));
    assert!(fault.detail.contains("value 33 is odd"), "{fault}");
    let location = fault.location.as_ref().map(|location| &*location.file);
    assert!(
        location.is_some_and(|file| file.ends_with("launching.rs")),
        "{fault}"
    );
}

#[test]
fn the_report_reads_well() {
    let fault = faults(
        FaultKind::OutOfRange,
        LaunchConfig::new(1, 1).with_shared(16),
        || {
            store(4, 1);
        },
    );
    let text = fault.to_string();
    let expected = "kernel `broken`: shared memory access out of range in block (0, 0, 0), \
                    thread (0, 0, 0), at ";
    assert!(text.starts_with(expected), "{text}");
    for part in ["launching.rs:", "+16", "16 bytes", "look at: ", "seed: 0"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn the_lowest_faulting_block_is_reported() {
    for seed in 0..20 {
        let fault = launch(&seeded(seed), "some", LaunchConfig::new(200, 32), &|| {
            assert!(block() % 50 != 49, "bad block");
        });
        let block = fault.expect_err("four blocks panic").block;
        assert_eq!(block, Some(Dim3::new(49, 0, 0)), "seed {seed}");
    }
}

#[test]
fn what_a_kernel_owns_is_dropped_when_another_thread_faults() {
    struct Counted<'a>(&'a AtomicU32);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let live = AtomicU32::new(0);
    let result = launch(&seeded(3), "owner", LaunchConfig::new(1, 128), &|| {
        live.fetch_add(1, Ordering::Relaxed);
        let _owned = Counted(&live);
        assert!(thread() != 100, "one thread fails");
        device::barrier_sync(0, None);
    });
    assert!(result.is_err());
    assert_eq!(live.into_inner(), 0);
}

/// Who ran when: each thread signs in three times, with a barrier after each.
fn order(seed: u64) -> Vec<(u32, u32)> {
    let order = Mutex::new(Vec::new());
    let options = SimOptions {
        parallel: false,
        ..seeded(seed)
    };
    let result = launch(&options, "order", LaunchConfig::new(7, 64), &|| {
        for _ in 0..3 {
            if let Ok(mut order) = order.lock() {
                order.push((block(), thread()));
            }
            device::barrier_sync(0, None);
        }
    });
    assert_eq!(result, Ok(()));
    order.into_inner().unwrap_or_default()
}

#[test]
fn order_depends_on_the_seed_and_on_nothing_else() {
    let blocks = |seed| order(seed).into_iter().map(|(block, _)| block);
    assert_eq!(order(5), order(5));
    assert_ne!(order(5), order(6));
    assert!(
        (1..8).any(|seed| blocks(seed).ne(blocks(0))),
        "block order never changes"
    );
}

#[test]
fn a_block_s_interleaving_does_not_depend_on_rayon() {
    // Floating-point sums in arrival order tell interleavings apart.
    let run = || {
        collect(&seeded(9), LaunchConfig::new(40, 96).with_shared(4), || {
            if thread() == 0 {
                store(0, 0);
            }
            device::barrier_sync(0, None);
            let term = 1.0 / (1.0 + thread() as f32);
            device::shared_atomic_add_f32(device::dynamic_shared_base(), term);
            device::barrier_sync(0, None);
            load(0)
        })
    };
    let first = run();
    assert!(first.is_ok());
    for _ in 0..5 {
        assert_eq!(run(), first);
    }
}

#[test]
fn nothing_works_outside_a_simulated_thread() {
    let outside = panic::catch_unwind(AssertUnwindSafe(device::thread_idx));
    let payload = outside.expect_err("there is no thread");
    let message = payload.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(
        message.contains("only inside a simulated thread"),
        "{message}"
    );
}

#[test]
fn stacks_come_in_other_sizes() {
    let options = SimOptions {
        stack_bytes: 1 << 20,
        ..seeded(0)
    };
    let config = LaunchConfig::new(1, 8);
    let deep = collect(&options, config, || {
        let buffer = std::hint::black_box([1u8; 200_000]);
        buffer.iter().map(|byte| u32::from(*byte)).sum()
    });
    assert_eq!(deep, Ok(vec![200_000; 8]));
    assert_eq!(values(config, thread), (0..8).collect::<Vec<_>>());
}

#[test]
fn a_fault_can_travel() {
    fn travels<T: Clone + Send + Sync + std::error::Error + 'static>(_: &T) {}
    let fault = faults(FaultKind::InvalidLaunch, LaunchConfig::new(0, 0), || ());
    travels(&fault);
    assert!(
        size_of_val(&fault) < 128,
        "small enough to be returned by value"
    );
}
