//! `mbarrier`s: phases, and each way to get them wrong.

use cuda_sim::device;
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{faults, load, passes, store, thread, values, word};

fn config() -> LaunchConfig {
    LaunchConfig::new(2, 128).with_shared(1024)
}

/// The address of the barrier that the tests use.
fn barrier() -> u32 {
    word(0)
}

/// Thread 0 makes a barrier for `count` arrivals, and all see it.
fn init(count: u32) {
    if thread() == 0 {
        device::mbarrier_init(barrier(), count);
        device::fence_mbarrier_init();
    }
    device::barrier_sync(0, None);
}

fn wait(parity: u32) {
    while !device::mbarrier_try_wait_parity(barrier(), parity) {}
}

#[test]
fn a_phase_orders_what_came_before_the_arrivals() {
    let sums = values(config(), || {
        init(128);
        let mut sum = 0;
        for round in 0..4 {
            store(2 + thread(), round);
            device::mbarrier_arrive(barrier(), 1);
            wait(round & 1);
            sum += load(2 + (thread() + 37) % 128);
            device::barrier_sync(0, None);
        }
        sum
    });
    assert!(sums.iter().all(|sum| *sum == 1 + 2 + 3));
}

#[test]
fn the_phase_before_the_first_is_complete() {
    passes(config(), || {
        init(1);
        wait(1);
    });
}

#[test]
fn polling_sees_the_phase_end() {
    passes(config(), || {
        init(1);
        if thread() == 64 {
            device::mbarrier_arrive(barrier(), 1);
        }
        while !device::mbarrier_test_wait_parity(barrier(), 0) {}
    });
}

#[test]
fn an_arrival_orders_nothing_that_comes_after_it() {
    let exchange = |early: bool| {
        move || {
            init(32);
            if early && thread() < 32 {
                device::mbarrier_arrive(barrier(), 1);
            }
            if thread() < 32 {
                store(2 + thread(), 7);
            }
            if !early && thread() < 32 {
                device::mbarrier_arrive(barrier(), 1);
            }
            if thread() >= 32 {
                wait(0);
                assert_eq!(load(2 + thread() % 32), 7);
            }
        }
    };
    passes(config(), exchange(false));
    // Some orders of threads read before the write, which is another fault.
    let fault = cuda_sim::launch(
        &crate::support::seeded(1),
        "early",
        config(),
        &exchange(true),
    );
    let kind = fault.expect_err("the arrival is too early").kind;
    assert!(
        matches!(kind, FaultKind::Race | FaultKind::UnwrittenRead),
        "{kind}"
    );
}

#[test]
fn a_barrier_that_nobody_initialised() {
    faults(FaultKind::InvalidMbarrier, config(), || {
        device::mbarrier_arrive(barrier(), 1);
    });
}

#[test]
fn a_use_that_is_not_ordered_after_the_initialisation() {
    let use_it = |synchronise: bool| {
        move || {
            if thread() == 0 {
                device::mbarrier_init(barrier(), 1);
            }
            if synchronise {
                device::barrier_sync(0, None);
            } else {
                // Time passes, but nothing is ordered.
                for _ in 0..64 {
                    device::preempt();
                }
            }
            if thread() == 64 {
                device::mbarrier_arrive(barrier(), 1);
            }
        }
    };
    passes(config(), use_it(true));
    faults(FaultKind::Race, config(), use_it(false));
}

#[test]
fn too_many_arrivals() {
    let arrive = |count: u32| {
        move || {
            init(count);
            if thread() < 32 {
                device::mbarrier_arrive(barrier(), 1);
            }
            // The phase is kept open, so that a surplus arrival falls into it.
            if thread() == 0 {
                device::mbarrier_expect_tx(barrier(), 16);
            }
        }
    };
    passes(config(), arrive(33));
    faults(FaultKind::MbarrierOverflow, config(), || {
        init(1);
        if thread() == 0 {
            device::mbarrier_expect_tx(barrier(), 16);
        }
        device::barrier_sync(0, None);
        if thread() < 2 {
            device::mbarrier_arrive(barrier(), 1);
        }
    });
}

#[test]
fn arrivals_that_never_come() {
    let arrive = |arrivals: u32| {
        move || {
            init(3);
            if thread() < arrivals {
                device::mbarrier_arrive(barrier(), 1);
            }
            wait(0);
        }
    };
    passes(config(), arrive(3));
    let fault = faults(FaultKind::Deadlock, config(), arrive(2));
    assert!(
        fault.detail.contains("phase 0 of the mbarrier")
            && fault.detail.contains("1 of 3 arrivals are missing")
            && fault.detail.contains("mbarriers.rs"),
        "{fault}"
    );
}

#[test]
fn a_thread_that_the_barrier_leaves_behind() {
    // Thread 0 needs no leave of thread 32 to go on, so phases pass that thread 32 never sees.
    let run = |wait_for_others: bool| {
        move || {
            init(1);
            for round in 0..4 {
                if thread() == 0 {
                    device::mbarrier_arrive(barrier(), 1);
                }
                if wait_for_others {
                    wait(round & 1);
                    device::barrier_sync(0, None);
                }
            }
            if !wait_for_others && thread() == 32 {
                for _ in 0..64 {
                    device::preempt();
                }
                wait(0);
            }
        }
    };
    passes(config(), run(true));
    let fault = faults(FaultKind::PhaseSlip, config(), run(false));
    assert!(fault.detail.contains("completed 4"), "{fault}");
}

#[test]
fn a_wrong_first_parity_slips_past_the_wait() {
    // A producer that waits for its empty slot with the consumer's parity.
    let produce = |parity: u32| {
        move || {
            init(1);
            if thread() == 0 {
                wait(parity);
                store(2, 1);
                device::barrier_arrive(1, 64);
            }
        }
    };
    let config = LaunchConfig::new(1, 32).with_shared(1024);
    faults(FaultKind::Deadlock, config, produce(0));
}

#[test]
fn plain_accesses_of_a_barrier() {
    passes(config(), || {
        init(1);
        if thread() == 0 {
            device::mbarrier_inval(barrier());
            store(0, 1);
            assert_eq!(load(0), 1);
        }
    });
    faults(FaultKind::InvalidMbarrier, config(), || {
        init(1);
        if thread() == 0 {
            store(1, 1);
        }
    });
    faults(FaultKind::InvalidMbarrier, config(), || {
        init(1);
        if thread() == 0 {
            let _ = load(0);
        }
    });
}

#[test]
fn operands_are_checked() {
    faults(FaultKind::Misaligned, config(), || {
        device::mbarrier_init(barrier() + 4, 1);
    });
    faults(FaultKind::InvalidOperand, config(), || {
        device::mbarrier_init(barrier(), 0);
    });
    faults(FaultKind::InvalidOperand, config(), || {
        init(1);
        let _ = device::mbarrier_test_wait_parity(barrier(), 2);
    });
}

#[repr(align(16))]
struct Source([[u32; 4]; 128]);

/// Four words of global memory for each thread.
static GLOBAL: Source = {
    let mut words = [[0; 4]; 128];
    let mut i = 0;
    while i < 128 {
        words[i] = [i as u32; 4];
        i += 1;
    }
    Source(words)
};

/// Each thread copies 16 bytes.
fn copy() {
    let source = GLOBAL.0[thread() as usize].as_ptr().cast();
    // SAFETY: the source is a static.
    unsafe { device::cp_async(word(4 + 4 * thread()), source, 16, 16) };
}

#[test]
fn copies_arrive_at_a_barrier() {
    let config = LaunchConfig::new(2, 128).with_shared(4096);
    for noinc in [false, true] {
        let read = values(config, || {
            init(if noinc { 128 } else { 1 });
            copy();
            device::cp_async_mbarrier_arrive(barrier(), noinc);
            if !noinc {
                // All have added themselves before the one arrival that the barrier is for.
                device::barrier_sync(0, None);
                if thread() == 0 {
                    device::mbarrier_arrive(barrier(), 1);
                }
            }
            wait(0);
            load(4 + 4 * ((thread() + 1) % 128))
        });
        let expected = |i: usize| (i as u32 % 128 + 1) % 128;
        assert!((0..256).all(|i| read[i] == expected(i)), "{read:?}");
    }
    faults(FaultKind::InFlight, config, || {
        init(128);
        copy();
        device::mbarrier_arrive(barrier(), 1);
        wait(0);
        let _ = load(4 + 4 * ((thread() + 1) % 128));
    });
}

/// Copies of several stages are under way at once: what makes those of the first land may be the arrival of the last.
#[test]
fn copies_of_stages_arrive_at_a_barrier_each() {
    static SOURCE: [u32; 32] = [7; 32];
    const STAGES: u32 = 4;
    let barrier = |stage| word(2 * stage);
    let place = |stage, thread| 2 * STAGES + 32 * stage + thread;
    let config = LaunchConfig::new(2, 64).with_shared(1024);
    let sums = values(config, || {
        if thread() == 0 {
            (0..STAGES).for_each(|stage| device::mbarrier_init(barrier(stage), 32));
            device::fence_mbarrier_init();
        }
        device::barrier_sync(0, None);
        if thread() < 32 {
            for stage in 0..STAGES {
                let (to, from) = (word(place(stage, thread())), SOURCE.as_ptr().cast());
                // SAFETY: four bytes of a static.
                unsafe { device::cp_async(to, from, 4, 4) };
                device::cp_async_mbarrier_arrive(barrier(stage), true);
            }
            return 0;
        }
        let read = |stage| {
            while !device::mbarrier_try_wait_parity(barrier(stage), 0) {}
            load(place(stage, thread() % 32))
        };
        (0..STAGES).map(read).sum()
    });
    assert!((0..128).all(|i| sums[i] == if i % 64 < 32 { 0 } else { 7 * STAGES }));
}
