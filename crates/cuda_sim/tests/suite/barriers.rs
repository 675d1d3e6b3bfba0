//! Barriers: ids, counts, arrivals, reductions, and the memory order they bring.

use cuda_sim::device::{self, BarrierReduce};
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{faults, load, passes, store, thread, values};

#[test]
fn a_block_sums_through_shared_memory() {
    let config = LaunchConfig::new(3, 256).with_shared(1024);
    let sums = values(config, || {
        let t = thread();
        store(t, t + device::block_idx().x);
        device::barrier_sync(0, None);
        let mut half = 128;
        while half > 0 {
            if t < half {
                store(t, load(t) + load(t + half));
            }
            device::barrier_sync(0, None);
            half /= 2;
        }
        load(0)
    });
    for (block, sums) in sums.chunks(256).enumerate() {
        let expected = 255 * 128 + 256 * block as u32;
        assert!(sums.iter().all(|sum| *sum == expected), "{sums:?}");
    }
}

#[test]
fn named_barriers_split_a_block() {
    let config = LaunchConfig::new(1, 192).with_shared(768);
    let neighbours = values(config, || {
        let (t, group) = (thread(), thread() / 64);
        store(t, 100 + t);
        device::barrier_sync(1 + group, Some(64));
        load(group * 64 + (t + 1) % 64)
    });
    for (t, value) in (0..).zip(neighbours) {
        assert_eq!(value, 100 + t / 64 * 64 + (t + 1) % 64);
    }
}

#[test]
fn producers_arrive_and_consumers_wait() {
    const FULL: u32 = 1;
    const EMPTY: u32 = 2;
    let config = LaunchConfig::new(1, 64).with_shared(128);
    let sums = values(config, || {
        let (producer, lane) = (device::warp_id() == 0, device::lane_id());
        let mut sum = 0;
        for round in 0..20 {
            if producer {
                if round > 0 {
                    device::barrier_sync(EMPTY, Some(64));
                }
                store(lane, round * lane);
                device::barrier_arrive(FULL, 64);
            } else {
                device::barrier_sync(FULL, Some(64));
                sum += load(31 - lane);
                if round < 19 {
                    device::barrier_arrive(EMPTY, 64);
                }
            }
        }
        sum
    });
    for lane in 0..32 {
        assert_eq!(sums[32 + lane as usize], 190 * (31 - lane));
    }
}

#[test]
fn reductions_see_every_predicate() {
    let results = values(LaunchConfig::new(1, (16, 6)), || {
        let t = thread();
        let third = device::barrier_reduce(0, BarrierReduce::Popc, t.is_multiple_of(3));
        let all = device::barrier_reduce(0, BarrierReduce::And, t < 96);
        let not_all = device::barrier_reduce(0, BarrierReduce::And, t < 95);
        let any = device::barrier_reduce(0, BarrierReduce::Or, t == 95);
        let none = device::barrier_reduce(0, BarrierReduce::Or, t == 96);
        third | all << 8 | not_all << 9 | any << 10 | none << 11
    });
    assert_eq!(results, [32 | 1 << 8 | 1 << 10; 96]);
}

#[test]
fn a_ragged_block_has_barriers_too() {
    let config = LaunchConfig::new(1, 40).with_shared(160);
    let reversed = values(config, || {
        store(thread(), thread());
        device::barrier_sync(0, None);
        let reversed = load(39 - thread());
        device::barrier_sync(3, Some(64));
        reversed
    });
    assert!(reversed.into_iter().eq((0..40).rev()));
}

#[test]
fn ids_and_counts_are_checked() {
    let config = LaunchConfig::new(1, 64);
    for (id, threads) in [(16, 64), (0, 0), (0, 33), (0, 96)] {
        faults(FaultKind::InvalidBarrier, config, || {
            device::barrier_sync(id, Some(threads));
        });
    }
    passes(config, || device::barrier_sync(15, Some(64)));
}

#[test]
fn one_phase_has_one_count_and_one_kind() {
    let config = LaunchConfig::new(1, 96);
    faults(FaultKind::InvalidBarrier, config, || {
        let threads = if device::warp_id() == 0 { 64 } else { 96 };
        device::barrier_sync(0, Some(threads));
    });
    faults(FaultKind::InvalidBarrier, config, || {
        if device::warp_id() == 0 {
            device::barrier_sync(0, None);
        } else {
            device::barrier_reduce(0, BarrierReduce::Or, true);
        }
    });
    faults(FaultKind::InvalidBarrier, config, || {
        device::barrier_arrive(0, 96);
        device::barrier_arrive(0, 96);
    });
}
