//! Loads, stores and atomics in shared memory.

use cuda_sim::device;
use cuda_sim::{Detectors, FaultKind, LaunchConfig, SimOptions, launch};

use crate::support::{collect, faults, load, passes, seeded, store, thread, values, word};

fn config() -> LaunchConfig {
    LaunchConfig::new(1, 64).with_shared(256)
}

#[test]
fn every_width_round_trips() {
    passes(LaunchConfig::new(1, 1).with_shared(64), || {
        let base = device::dynamic_shared_base();
        // SAFETY: none of these types has padding.
        unsafe {
            device::shared_store(base + 1, 0x5au8);
            device::shared_store(base + 2, 0x1234u16);
            device::shared_store(base + 4, -1.5f32);
            device::shared_store(base + 8, u64::MAX - 1);
            device::shared_store(base + 16, [1u32, 2, 3, 4]);
            device::shared_store(base + 36, [5u32, 6, 7]);
        }
        // SAFETY: any bytes are valid values of these types.
        unsafe {
            assert_eq!(device::shared_load::<u8>(base + 1), 0x5a);
            assert_eq!(device::shared_load::<u16>(base + 2), 0x1234);
            assert_eq!(device::shared_load::<f32>(base + 4), -1.5);
            assert_eq!(device::shared_load::<u64>(base + 8), u64::MAX - 1);
            assert_eq!(device::shared_load::<[u32; 4]>(base + 16), [1, 2, 3, 4]);
            assert_eq!(device::shared_load::<[u32; 3]>(base + 36), [5, 6, 7]);
        }
    });
}

#[test]
fn the_window_is_the_launch_s() {
    passes(config(), || {
        assert_eq!(device::dynamic_shared_size(), 256);
        assert_ne!(device::dynamic_shared_base(), 0);
        assert_eq!(device::dynamic_shared_base() % 1024, 0);
    });
}

#[test]
fn each_block_has_its_own() {
    let config = LaunchConfig::new(16, 1).with_shared(4);
    let blocks = values(config, || {
        store(0, device::block_idx().x);
        device::barrier_sync(0, None);
        load(0)
    });
    assert!(blocks.into_iter().eq(0..16));
}

#[test]
fn integer_atomics_lose_nothing() {
    let results = values(config(), || {
        if thread() == 0 {
            for (index, value) in (0..).zip([0, 0, u32::MAX, 0, 5]) {
                store(index, value);
            }
        }
        device::barrier_sync(0, None);
        let ticket = device::shared_atomic_add_u32(word(0), 1);
        device::shared_atomic_max_u32(word(1), ticket * 3);
        device::shared_atomic_min_u32(word(2), 70 - ticket);
        while device::shared_atomic_cas_u32(word(3), ticket, ticket + 1) != ticket {}
        device::shared_atomic_update_u32(word(4), |old| old ^ 1 << (ticket % 32));
        device::barrier_sync(0, None);
        let all = [load(0), load(1), load(2), load(3), load(4)];
        u32::from(all == [64, 63 * 3, 7, 64, 5])
    });
    assert_eq!(results, [1; 64]);
}

#[test]
fn float_atomics_add() {
    let sums = values(config(), || {
        if thread() == 0 {
            store(0, 0.5f32.to_bits());
        }
        device::barrier_sync(0, None);
        device::shared_atomic_add_f32(word(0), thread() as f32);
        device::barrier_sync(0, None);
        load(0)
    });
    assert_eq!(sums, [(0.5f32 + 2016.0).to_bits(); 64]);
}

#[test]
fn out_of_range_is_reported() {
    faults(FaultKind::OutOfRange, config(), || store(thread() + 1, 0));
    faults(FaultKind::OutOfRange, config(), || {
        // SAFETY: any bytes are a `u32`.
        let _: u32 = unsafe { device::shared_load(0) };
    });
    faults(FaultKind::OutOfRange, LaunchConfig::new(1, 1), || {
        store(0, 0)
    });
    passes(config(), || store(thread(), 0));
}

#[test]
fn misalignment_is_reported() {
    let store_at = |offset| {
        let address = device::dynamic_shared_base() + offset;
        // SAFETY: an array of words has no padding.
        unsafe { device::shared_store(address, [0u32; 4]) };
    };
    let fault = faults(FaultKind::Misaligned, config(), || store_at(8));
    assert!(fault.to_string().contains("shared.rs"), "{fault}");
    passes(LaunchConfig::new(1, 1).with_shared(256), || store_at(16));
}

#[test]
fn unwritten_bytes_are_reported_or_poisoned() {
    faults(FaultKind::UnwrittenRead, config(), || {
        let _ = load(thread());
    });
    faults(FaultKind::UnwrittenRead, config(), || {
        device::shared_atomic_add_u32(word(0), 1);
    });
    let options = SimOptions {
        detectors: Detectors {
            unwritten_reads: false,
            races: true,
        },
        ..seeded(0)
    };
    let poison = collect(&options, config(), || load(thread()));
    assert!(poison.is_ok_and(|words| words.iter().all(|word| f32::from_bits(*word).is_nan())));
}

#[test]
fn a_thread_that_spins_lets_others_run() {
    let config = LaunchConfig::new(1, 64).with_shared(4);
    passes(config, || {
        if thread() == 0 {
            store(0, 0);
        }
        device::barrier_sync(0, None);
        if thread() == 63 {
            device::shared_atomic_add_u32(word(0), 1);
        } else {
            while device::shared_atomic_add_u32(word(0), 0) == 0 {}
        }
    });
}

#[test]
fn a_thread_that_spins_for_ever_is_reported() {
    let options = SimOptions {
        spin_limit: 1000,
        ..seeded(0)
    };
    let config = LaunchConfig::new(1, 1).with_shared(4);
    let spin = || {
        store(0, 0);
        while load(0) == 0 {}
    };
    let fault = launch(&options, "spin", config, &spin).expect_err("nobody writes");
    assert_eq!(fault.kind, FaultKind::Livelock, "{fault}");
}
