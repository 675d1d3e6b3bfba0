//! Copies of global memory, and the wait for the grids before.

use cuda_sim::device;
use cuda_sim::{FaultKind, LaunchConfig};

use crate::support::{Words, faults, passes, thread, word};

const BYTES: u32 = 64;

/// Where the tile is, in words; the barrier is word 0.
const TILE: u32 = 4;

fn config() -> LaunchConfig {
    LaunchConfig::new(2, 32).with_shared(1024)
}

/// Thread 0 copies, and waits for the copy.
fn load(source: &Words) {
    device::mbarrier_init(word(0), 1);
    device::fence_mbarrier_init();
    device::mbarrier_arrive_expect_tx(word(0), BYTES);
    // SAFETY: the source has as many bytes.
    unsafe { device::bulk_load(word(TILE), source.address(), BYTES, word(0), None) };
    while !device::mbarrier_try_wait_parity(word(0), 0) {}
}

/// Runs a kernel of thread 0 alone, over a source.
fn by_first(kernel: impl Fn(&Words) + Sync) -> impl Fn() + Sync {
    let source = Words::aligned(BYTES as usize / 4);
    move || {
        if thread() == 0 {
            kernel(&source);
        }
    }
}

#[test]
fn a_copy_before_the_wait() {
    let kernel = by_first(|source| {
        load(source);
        device::griddepcontrol_wait();
    });
    let fault = faults(FaultKind::EarlyCopy, config(), kernel);
    assert!(fault.detail.contains("dependents.rs"), "{}", fault.detail);
}

#[test]
fn a_cp_async_before_the_wait() {
    let kernel = by_first(|source| {
        // SAFETY: the source has as many bytes, and stays.
        unsafe { device::cp_async(word(TILE), source.address(), 16, 16) };
        device::cp_async_wait_all();
        device::griddepcontrol_wait();
    });
    faults(FaultKind::EarlyCopy, config(), kernel);
}

#[test]
fn a_store_before_the_wait() {
    let kernel = by_first(|to| {
        device::copy_constants(|| load(to));
        // SAFETY: there is room for as many bytes.
        unsafe { device::bulk_store(to.address(), word(TILE), BYTES) };
        device::bulk_commit_group();
        device::bulk_wait_group(0, false);
        device::griddepcontrol_wait();
    });
    faults(FaultKind::EarlyCopy, config(), kernel);
}

#[test]
fn a_copy_after_the_wait_of_any_thread() {
    let source = Words::aligned(BYTES as usize / 4);
    passes(config(), || {
        if thread() == 1 {
            device::griddepcontrol_wait();
        }
        device::barrier_sync(0, None);
        if thread() == 0 {
            load(&source);
            device::griddepcontrol_wait();
        }
    });
}

#[test]
fn a_copy_of_constants_before_the_wait() {
    passes(
        config(),
        by_first(|source| {
            device::copy_constants(|| load(source));
            device::griddepcontrol_wait();
        }),
    );
}

#[test]
fn a_kernel_that_never_waits() {
    passes(config(), by_first(load));
}
