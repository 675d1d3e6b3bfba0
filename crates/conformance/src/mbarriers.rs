//! `mbarrier`: phases, arrivals, transaction counts, `cp.async` arrivals.

use cuda_std::tma::TensorMap;
use cuda_std::{cp_async, kernel, thread};

use crate::words::{barrier, get, init_barrier, set, shared, tid};

/// Four phases, each of which hands every thread its neighbour's word.
///
/// # Safety
/// A launch of 128 threads with 2048 bytes of shared memory; 128 words each way.
#[kernel(launch_bounds(128))]
pub unsafe fn mbarrier_phases(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract; a phase and a barrier lie between accesses of a word.
    unsafe {
        init_barrier(128);
        let mut sum = get(input, tid());
        let mut phase = 0;
        while phase < 4 {
            shared(32 + tid()).write(sum);
            barrier().arrive();
            barrier().wait(phase & 1);
            sum = sum.wrapping_mul(3) ^ shared(32 + (tid() + 37) % 128).read();
            thread::sync_threads();
            phase += 1;
        }
        set(output, tid(), sum);
    }
}

/// What `test_wait` says before, in and after phases that one thread ends in several ways.
///
/// # Safety
/// A launch of 32 threads with 64 bytes of shared memory; 16 words of output.
#[kernel(launch_bounds(32))]
pub unsafe fn mbarrier_tests(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = (input, map);
    // SAFETY: the kernel's contract; one thread does everything.
    unsafe {
        init_barrier(3);
        if tid() != 0 {
            return;
        }
        let test = |slot: u32| {
            set(output, 2 * slot, u32::from(barrier().test_wait(0)));
            set(output, 2 * slot + 1, u32::from(barrier().test_wait(1)));
        };
        test(0);
        barrier().arrive();
        barrier().arrive_count(2);
        set(output, 2, u32::from(barrier().test_wait(0)));
        barrier().arrive_count(2);
        barrier().arrive_expect_tx(64);
        set(output, 3, u32::from(barrier().test_wait(1)));
        barrier().complete_tx(48);
        set(output, 4, u32::from(barrier().test_wait(1)));
        barrier().expect_tx(32);
        barrier().complete_tx(48);
        set(output, 5, u32::from(barrier().test_wait(1)));
        // Bytes that come before they are expected.
        barrier().complete_tx(16);
        barrier().arrive_count(2);
        barrier().arrive_expect_tx(16);
        set(output, 6, u32::from(barrier().test_wait(0)));
        barrier().inval();
        barrier().init(1);
        set(output, 7, u32::from(barrier().test_wait(1)));
        barrier().arrive();
        set(output, 8, u32::from(barrier().try_wait(0)));
        barrier().inval();
    }
}

/// Copies by `cp.async` arrive at a barrier; with `ADDED` on top of its count.
///
/// # Safety
/// As [`mbarrier_cp_async`].
#[inline(always)]
#[track_caller]
unsafe fn arrive_on_copies<const ADDED: bool>(input: *const u32, output: *mut u32) {
    // SAFETY: the kernel's contract; the phase orders copies before reads.
    unsafe {
        init_barrier(if ADDED { 1 } else { 128 });
        let source = input.add(4 * tid() as usize).cast();
        // Of every fourth copy only a part is read.
        let bytes = if tid() % 4 == 3 {
            4 * (tid() / 4 % 4)
        } else {
            16
        };
        cp_async::copy_16(shared(4 + 4 * tid()), source, bytes);
        if ADDED {
            barrier().add_arrival_on_copies();
            thread::sync_threads();
            if tid() == 0 {
                barrier().arrive();
            }
        } else {
            barrier().arrive_on_copies();
        }
        barrier().wait(0);
        let mut word = 0;
        while word < 4 {
            let index = 4 * ((tid() + 5) % 128) + word;
            set(output, 4 * tid() + word, shared(4 + index).read());
            word += 1;
        }
    }
}

/// `cp.async.mbarrier.arrive.noinc`.
///
/// # Safety
/// A launch of 128 threads with 4096 bytes of shared memory; 512 words each way.
#[kernel(launch_bounds(128))]
pub unsafe fn mbarrier_cp_async(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract.
    unsafe { arrive_on_copies::<false>(input, output) }
}

/// `cp.async.mbarrier.arrive`.
///
/// # Safety
/// As [`mbarrier_cp_async`].
#[kernel(launch_bounds(128))]
pub unsafe fn mbarrier_cp_async_added(input: *const u32, output: *mut u32, map: *const TensorMap) {
    let _ = map;
    // SAFETY: the kernel's contract.
    unsafe { arrive_on_copies::<true>(input, output) }
}

/// The cases of this module.
#[cfg(not(target_arch = "nvptx64"))]
pub(crate) fn cases() -> Vec<crate::Case> {
    use crate::Case;
    use cuda_std::launch::LaunchConfig;

    let config = |threads| LaunchConfig::new(1, threads).with_shared(4096);
    vec![
        Case::new("mbarrier_phases", &mbarrier_phases, config(128)).output(128),
        Case::new("mbarrier_tests", &mbarrier_tests, config(32)).output(9),
        Case::new("mbarrier_cp_async", &mbarrier_cp_async, config(128)).output(512),
        Case::new(
            "mbarrier_cp_async_added",
            &mbarrier_cp_async_added,
            config(128),
        )
        .output(512),
    ]
}
