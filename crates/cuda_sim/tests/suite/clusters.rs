//! Clusters: ranks, distributed shared memory, the cluster's barrier, multicast.

use cuda_sim::device;
use cuda_sim::{Dim3, FaultKind, LaunchConfig};

use crate::support::{block, faults, load, passes, store, thread, values, word};

fn pairs() -> LaunchConfig {
    LaunchConfig::new(4, 64).with_shared(2048).with_cluster(2)
}

fn sync() {
    device::cluster_arrive(true);
    device::cluster_wait();
}

/// Word `index` of the other block of a pair.
fn peer(index: u32) -> u32 {
    device::mapa(word(index), 1 - device::cluster_ctarank())
}

fn peer_load(index: u32) -> u32 {
    // SAFETY: any bytes are a `u32`.
    unsafe { device::cluster_load(peer(index)) }
}

fn peer_store(index: u32, value: u32) {
    // SAFETY: a `u32` has no padding.
    unsafe { device::cluster_store(peer(index), value) };
}

#[test]
fn ranks_and_ids() {
    let config = LaunchConfig::new((4, 6), 32).with_cluster((2, 3));
    let seen = values(config, || {
        let (cluster, inner) = (device::clusterid(), device::cluster_ctaid());
        assert_eq!(device::cluster_nctarank(), 6);
        assert_eq!(device::cluster_nctaid(), Dim3::new(2, 3, 1));
        assert_eq!(device::nclusterid(), Dim3::new(2, 2, 1));
        assert_eq!(device::block_idx().x, 2 * cluster.x + inner.x);
        assert_eq!(device::block_idx().y, 3 * cluster.y + inner.y);
        device::cluster_ctarank()
    });
    assert_eq!(seen[32 * 5], 2 + 1, "block (1, 1) is of rank 3");
}

#[test]
fn a_grid_is_a_whole_number_of_clusters() {
    faults(
        FaultKind::InvalidLaunch,
        LaunchConfig::new(3, 32).with_cluster(2),
        || (),
    );
    faults(
        FaultKind::InvalidLaunch,
        LaunchConfig::new(32, 32).with_cluster(32),
        || (),
    );
}

#[test]
fn blocks_read_and_write_each_other() {
    let read = values(pairs(), || {
        store(thread(), 100 * block() + thread());
        peer_store(64 + thread(), block());
        sync();
        let sum = peer_load(thread()) + load(64 + thread());
        sync();
        sum
    });
    let other = |block: u32| block ^ 1;
    for (i, value) in (0..).zip(read) {
        let (block, thread) = (i / 64, i % 64);
        assert_eq!(value, 100 * other(block) + thread + other(block));
    }
}

#[test]
fn a_read_of_the_peer_that_does_not_wait() {
    let exchange = |release: bool| {
        move || {
            store(thread(), 1);
            device::cluster_arrive(release);
            device::cluster_wait();
            let _ = peer_load(thread());
            sync();
        }
    };
    passes(pairs(), exchange(true));
    faults(FaultKind::Race, pairs(), exchange(false));
}

#[test]
fn a_block_that_leaves_while_its_peer_reads() {
    let read = |stay: bool| {
        move || {
            store(thread(), 1);
            sync();
            if device::cluster_ctarank() == 0 {
                for _ in 0..512 {
                    device::preempt();
                }
                let _ = peer_load(thread());
            }
            if stay {
                sync();
            }
        }
    };
    passes(pairs(), read(true));
    faults(FaultKind::ExitedBlock, pairs(), read(false));
}

#[test]
fn arrivals_and_waits_alternate() {
    faults(FaultKind::InvalidBarrier, pairs(), || {
        device::cluster_arrive(true);
        device::cluster_arrive(true);
        device::cluster_wait();
    });
    faults(FaultKind::InvalidBarrier, pairs(), device::cluster_wait);
}

#[test]
fn a_cluster_barrier_that_not_all_reach() {
    let wait = |all: bool| {
        move || {
            if all || device::cluster_ctarank() == 0 {
                sync();
            } else {
                device::barrier_sync(1, Some(64));
                device::mbarrier_init(word(0), 1);
                while !device::mbarrier_try_wait_parity(word(0), 0) {}
            }
        }
    };
    let config = LaunchConfig::new(2, 32).with_shared(64).with_cluster(2);
    passes(config, wait(true));
    let lonely = || {
        if device::cluster_ctarank() == 0 {
            return sync();
        }
        if thread() == 0 {
            device::mbarrier_init(word(0), 1);
            while !device::mbarrier_try_wait_parity(word(0), 0) {}
        }
    };
    let fault = faults(FaultKind::Deadlock, config, lonely);
    assert!(
        fault
            .detail
            .contains("threads 0-31 of block 0 of the cluster wait at barrier.cluster"),
        "{fault}"
    );
}

#[test]
fn plain_instructions_reach_their_own_block_alone() {
    faults(FaultKind::OutOfRange, pairs(), || {
        store(thread(), 1);
        // SAFETY: any bytes are a `u32`.
        let _: u32 = unsafe { device::shared_load(peer(thread())) };
    });
}

/// Thread 0 makes a barrier for `count` arrivals in each block, and the cluster sees it.
fn init(count: u32, publish: bool) {
    if thread() == 0 {
        device::mbarrier_init(word(0), count);
        if publish {
            device::fence_mbarrier_init();
        }
    }
    sync();
}

fn wait(parity: u32) {
    while !device::mbarrier_try_wait_parity(word(0), parity) {}
}

#[test]
fn blocks_arrive_at_each_other_s_barriers() {
    let exchange = |publish: bool| {
        move || {
            init(64, publish);
            peer_store(2 + thread(), 9);
            device::mbarrier_arrive(peer(0), 1);
            wait(0);
            assert_eq!(load(2 + thread()), 9);
            sync();
        }
    };
    passes(pairs(), exchange(true));
    faults(FaultKind::MissingProxyFence, pairs(), exchange(false));
}

#[test]
fn a_relaxed_barrier_shows_barriers_that_were_published() {
    let exchange = |publish: bool| {
        move || {
            if thread() == 0 {
                device::mbarrier_init(word(0), 64);
                if publish {
                    device::fence_mbarrier_init();
                }
            }
            device::cluster_arrive(false);
            device::cluster_wait();
            device::mbarrier_arrive(peer(0), 1);
            wait(0);
            sync();
        }
    };
    passes(pairs(), exchange(true));
    faults(FaultKind::Race, pairs(), exchange(false));
}

#[repr(align(128))]
struct Source([u32; 64]);
static SOURCE: Source = Source([11; 64]);

/// Each block loads one half of the tile into both.
fn multicast_halves(expected: u32) {
    init(1, true);
    if thread() == 0 {
        device::mbarrier_arrive_expect_tx(word(0), expected);
        let half = device::cluster_ctarank();
        let source = SOURCE.0.as_ptr().cast();
        // SAFETY: the source is a static of as many bytes.
        unsafe { device::bulk_load(word(4 + 32 * half), source, 128, word(0), Some(0b11)) };
    }
    wait(0);
    assert_eq!(load(4 + thread()), 11);
    sync();
}

#[test]
fn a_multicast_completes_in_every_block() {
    passes(pairs(), || multicast_halves(256));
    // A block that forgets its peer's half goes on too early.
    faults(FaultKind::TransactionCount, pairs(), || {
        multicast_halves(128);
    });
}

#[test]
fn a_multicast_names_blocks_of_the_cluster() {
    faults(FaultKind::InvalidOperand, pairs(), || {
        init(1, true);
        if thread() == 0 {
            let source = SOURCE.0.as_ptr().cast();
            // SAFETY: the source is a static of as many bytes.
            unsafe { device::bulk_load(word(4), source, 128, word(0), Some(0b101)) };
        }
        sync();
    });
}

#[test]
fn copies_and_stores_to_the_peer() {
    passes(pairs(), || {
        init(1, true);
        store(4 + thread(), 20 + thread());
        device::fence_proxy_async();
        device::barrier_sync(0, None);
        if thread() == 0 {
            device::mbarrier_arrive_expect_tx(word(0), 256 + 4);
            device::bulk_copy_to_cluster(peer(128), word(4), 256, peer(0));
            device::st_async_u32(peer(300), 77, peer(0));
        }
        wait(0);
        assert_eq!(load(128 + thread()), 20 + thread());
        assert_eq!(load(300), 77);
        sync();
    });
}
