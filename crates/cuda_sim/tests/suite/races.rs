//! The race detector: what it must report, and what it must not.

use cuda_sim::device::{self, Redux};
use cuda_sim::{Detectors, FaultKind, LaunchConfig, SimOptions, launch};

use crate::support::{FULL, faults, load, passes, seeded, store, thread, word};

fn config() -> LaunchConfig {
    LaunchConfig::new(2, 128).with_shared(1024)
}

/// Writes every thread's word, so that what follows cannot read an unwritten one.
fn fill() {
    store(thread(), 0);
    device::barrier_sync(0, None);
}

#[test]
fn two_writers_of_one_word() {
    faults(FaultKind::Race, config(), || store(thread() / 2, 0));
    passes(config(), || {
        store(thread() / 2 + 64 * (thread() % 2), 0);
    });
}

#[test]
fn neighbouring_bytes_are_apart() {
    passes(config(), || {
        let address = device::dynamic_shared_base() + thread();
        // SAFETY: a byte has no padding.
        unsafe { device::shared_store(address, thread() as u8) };
    });
}

#[test]
fn a_reader_that_does_not_wait_for_the_writer() {
    let exchange = |synchronise: fn()| {
        move || {
            fill();
            store(thread(), 1);
            synchronise();
            if !thread().is_multiple_of(32) {
                let _ = load(thread() - 1);
            }
        }
    };
    passes(config(), exchange(|| device::barrier_sync(0, None)));
    passes(config(), exchange(|| device::warp_sync(FULL)));
    // A shuffle meets, but PTX gives it no memory order.
    faults(
        FaultKind::Race,
        config(),
        exchange(|| {
            device::redux(FULL, Redux::AddU32, 0);
        }),
    );
}

#[test]
fn a_writer_that_does_not_wait_for_the_readers() {
    let rounds = |second_barrier: bool| {
        move || {
            for round in 0..4 {
                if thread() == round {
                    store(0, round);
                }
                device::barrier_sync(0, None);
                assert_eq!(load(0), round);
                if second_barrier {
                    device::barrier_sync(0, None);
                }
            }
        }
    };
    passes(config(), rounds(true));
    let fault = faults(FaultKind::Race, config(), rounds(false));
    assert!(
        fault.detail.contains("races.rs"),
        "names both lines: {fault}"
    );
}

#[test]
fn order_passes_through_a_chain_of_barriers() {
    // Warp 0 hands to warp 1, which hands to warp 2: the first and the last never meet.
    passes(
        LaunchConfig::new(1, 96).with_shared(4),
        || match device::warp_id() {
            0 => {
                if device::lane_id() == 0 {
                    store(0, 7);
                }
                device::barrier_arrive(1, 64);
            }
            1 => {
                device::barrier_sync(1, Some(64));
                device::barrier_arrive(2, 64);
            }
            _ => {
                device::barrier_sync(2, Some(64));
                assert_eq!(load(0), 7);
            }
        },
    );
}

#[test]
fn who_arrives_without_waiting_learns_nothing() {
    faults(
        FaultKind::Race,
        LaunchConfig::new(1, 64).with_shared(256),
        || {
            fill();
            store(thread(), 1);
            if device::warp_id() == 0 {
                device::barrier_arrive(1, 64);
                let _ = load(thread() + 32);
            } else {
                device::barrier_sync(1, Some(64));
            }
        },
    );
}

#[test]
fn warp_order_is_not_block_order() {
    faults(FaultKind::Race, config(), || {
        fill();
        store(thread(), 1);
        device::warp_sync(FULL);
        let _ = load(thread() ^ 32);
    });
}

#[test]
fn atomics_meet_each_other_but_no_plain_write() {
    let histogram = |plain: bool| {
        move || {
            if thread() == 0 {
                store(0, 0);
            }
            device::barrier_sync(0, None);
            if plain && thread() == 77 {
                store(0, load(0) + 1);
            } else {
                device::shared_atomic_add_u32(word(0), 1);
            }
        }
    };
    passes(config(), histogram(false));
    faults(FaultKind::Race, config(), histogram(true));
}

#[test]
fn the_detector_can_be_switched_off() {
    let options = SimOptions {
        detectors: Detectors {
            races: false,
            ..Detectors::default()
        },
        ..seeded(0)
    };
    assert_eq!(launch(&options, "racy", config(), &|| store(0, 0)), Ok(()));
}
