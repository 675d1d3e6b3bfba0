//! Bulk copies: both ways, and each way to get them wrong.

use cuda_sim::device;
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{Words, faults, load, passes, store, thread, values, word};

const COUNT: u32 = 64;
const BYTES: u32 = 4 * COUNT;

/// Where the tile is, in words; the barrier is word 0.
const TILE: u32 = 4;

#[repr(align(128))]
struct Source([u32; COUNT as usize]);

static SOURCE: Source = {
    let mut words = [0; COUNT as usize];
    let mut i = 0;
    while i < words.len() {
        words[i] = 3 * i as u32;
        i += 1;
    }
    Source(words)
};

fn config() -> LaunchConfig {
    LaunchConfig::new(2, 64).with_shared(2048)
}

fn init() {
    if thread() == 0 {
        device::mbarrier_init(word(0), 1);
        device::fence_mbarrier_init();
    }
    device::barrier_sync(0, None);
}

fn wait(parity: u32) {
    while !device::mbarrier_try_wait_parity(word(0), parity) {}
}

/// Thread 0 expects `expected` bytes and copies the source.
fn fetch(expected: u32) {
    if thread() == 0 {
        device::mbarrier_arrive_expect_tx(word(0), expected);
        load_tile(TILE, BYTES);
    }
}

fn load_tile(to: u32, bytes: u32) {
    let source = SOURCE.0.as_ptr().cast();
    // SAFETY: the source is a static of as many bytes.
    unsafe { device::bulk_load(word(to), source, bytes, word(0), None) };
}

#[test]
fn a_load_lands_before_its_phase_ends() {
    let read = values(config(), || {
        init();
        fetch(BYTES);
        wait(0);
        load(TILE + thread())
    });
    let expected = (0..128).map(|i| 3 * (i % COUNT));
    assert!(read.into_iter().eq(expected));
}

#[test]
fn a_reader_that_does_not_wait_for_the_load() {
    faults(FaultKind::InFlight, config(), || {
        init();
        fetch(BYTES);
        device::barrier_sync(0, None);
        let _ = load(TILE + thread());
    });
}

#[test]
fn a_reader_that_another_thread_waited_for() {
    let read = |ordered: bool| {
        move || {
            init();
            fetch(BYTES);
            if thread() < 32 {
                wait(0);
            }
            if ordered {
                device::barrier_sync(0, None);
            } else {
                // The load has landed by the time the others read, but they cannot know.
                for _ in 0..4096 {
                    device::preempt();
                }
            }
            let _ = load(TILE + thread());
        }
    };
    passes(config(), read(true));
    faults(FaultKind::Race, config(), read(false));
}

#[test]
fn too_few_bytes_expected() {
    faults(FaultKind::TransactionCount, config(), || {
        init();
        if thread() == 0 {
            device::mbarrier_arrive_expect_tx(word(0), BYTES);
            load_tile(TILE, BYTES);
            load_tile(TILE + COUNT, BYTES);
        }
        wait(0);
    });
    passes(config(), || {
        init();
        if thread() == 0 {
            device::mbarrier_arrive_expect_tx(word(0), 2 * BYTES);
            load_tile(TILE, BYTES);
            load_tile(TILE + COUNT, BYTES);
        }
        wait(0);
    });
}

#[test]
fn too_many_bytes_expected() {
    let fault = faults(FaultKind::Deadlock, config(), || {
        init();
        fetch(BYTES + 16);
        wait(0);
    });
    assert!(fault.detail.contains("and 16 bytes are missing"), "{fault}");
    passes(config(), || {
        init();
        fetch(BYTES);
        wait(0);
    });
}

#[test]
fn a_load_over_plain_stores_needs_a_fence() {
    let reuse = |fence: bool| {
        move || {
            init();
            store(TILE + thread(), 0);
            if fence {
                device::fence_proxy_async();
            }
            device::barrier_sync(0, None);
            fetch(BYTES);
            wait(0);
        }
    };
    passes(config(), reuse(true));
    faults(FaultKind::MissingProxyFence, config(), reuse(false));
}

#[test]
fn a_load_into_bytes_that_others_still_read() {
    let reuse = |ordered: bool| {
        move || {
            init();
            fetch(BYTES);
            wait(0);
            let _ = load(TILE + thread());
            if ordered {
                device::barrier_sync(0, None);
            } else {
                device::barrier_arrive(1, 64);
            }
            fetch(BYTES);
            wait(1);
        }
    };
    passes(config(), reuse(true));
    faults(FaultKind::Race, config(), reuse(false));
}

#[test]
fn a_barrier_that_the_async_proxy_cannot_see() {
    faults(FaultKind::MissingProxyFence, config(), || {
        if thread() == 0 {
            device::mbarrier_init(word(0), 1);
        }
        device::barrier_sync(0, None);
        fetch(BYTES);
        wait(0);
    });
}

#[test]
fn a_block_that_leaves_before_its_load_lands() {
    faults(FaultKind::ExitInFlight, config(), || {
        init();
        fetch(BYTES);
    });
}

#[test]
fn sizes_and_addresses_are_multiples_of_16() {
    for (to, bytes) in [(TILE, 8), (TILE + 1, 16)] {
        faults(FaultKind::Misaligned, config(), || {
            init();
            if thread() == 0 {
                load_tile(to, bytes);
            }
        });
    }
    faults(FaultKind::OutOfRange, config(), || {
        init();
        if thread() == 0 {
            load_tile(512 - COUNT / 2, BYTES);
        }
    });
}

/// Fills the tile and stores it to `target`; between the two, `synchronise`. Then `finish`.
fn send(target: &Words, synchronise: impl Fn(), finish: impl Fn()) {
    store(TILE + thread(), 5 * thread());
    synchronise();
    if thread() == 0 {
        // SAFETY: `target` has as many words.
        unsafe { device::bulk_store(target.address(), word(TILE), BYTES) };
        device::bulk_commit_group();
    }
    finish();
}

fn fence_and_meet() {
    device::fence_proxy_async();
    device::barrier_sync(0, None);
}

fn one_block() -> LaunchConfig {
    LaunchConfig::new(1, 64).with_shared(2048)
}

#[test]
fn a_store_reaches_global_memory() {
    let target = Words::aligned(COUNT as usize);
    passes(one_block(), || {
        send(&target, fence_and_meet, || {
            device::bulk_wait_group(0, false)
        });
    });
    let expected = (0..COUNT).map(|i| 5 * i);
    assert!(target.into_vec().into_iter().eq(expected));
}

#[test]
fn a_store_of_plain_stores_needs_a_fence() {
    let target = Words::aligned(COUNT as usize);
    faults(FaultKind::MissingProxyFence, one_block(), || {
        send(
            &target,
            || device::barrier_sync(0, None),
            || device::bulk_wait_group(0, false),
        );
    });
    // A fence after the barrier, by the thread that stores, covers what it saw.
    passes(one_block(), || {
        let meet_and_fence = || {
            device::barrier_sync(0, None);
            device::fence_proxy_async();
        };
        send(&target, meet_and_fence, || {
            device::bulk_wait_group(0, false);
        });
    });
}

#[test]
fn the_source_of_a_store_changes_under_it() {
    let target = Words::aligned(COUNT as usize);
    let change = |wait: bool| {
        let target = &target;
        move || {
            send(target, fence_and_meet, || {
                if wait {
                    device::bulk_wait_group(0, true);
                }
                device::barrier_sync(0, None);
                store(TILE + thread(), 0);
                device::barrier_sync(0, None);
                device::bulk_wait_group(0, true);
            });
        }
    };
    passes(one_block(), change(true));
    let fault = faults(FaultKind::OperandOverwritten, one_block(), change(false));
    assert!(fault.detail.contains("cp.async.bulk"), "{fault}");
}

#[test]
fn a_thread_that_leaves_before_its_store_has_read() {
    let target = Words::aligned(COUNT as usize);
    faults(FaultKind::ExitInFlight, one_block(), || {
        send(&target, fence_and_meet, || ());
    });
    passes(one_block(), || {
        send(&target, fence_and_meet, || device::bulk_wait_group(0, true));
    });
    assert_eq!(target.into_vec()[3], 15);
}
