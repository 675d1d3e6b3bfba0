//! A kernel of its own, through its handle, in the simulator.

use cuda_sim::{LaunchConfig, SimOptions, launch};
use cuda_std::launch::{Kernel, KernelArgs, LaunchBounds};
use cuda_std::shared::{self, Shared};
use cuda_std::{atomic, kernel, thread};

/// `out[block]` is how many threads of the block have an index that `divisor` divides.
///
/// # Safety
/// `out` holds one value a block; blocks have 4 bytes of dynamic shared memory.
#[kernel(launch_bounds(96, 2))]
pub unsafe fn count_multiples(out: *mut u32, divisor: u32) {
    let counter: Shared<u32> = shared::dynamic_shared_mem();
    let first = thread::thread_idx_x() == 0;
    if first {
        // SAFETY: the counter is the block's shared memory, and the others are before the barrier.
        unsafe { counter.write(0) };
    }
    thread::sync_threads();
    if thread::index_1d().is_multiple_of(divisor) {
        // SAFETY: only atomics touch the counter between the barriers.
        unsafe { atomic::shared_add_u32(counter, 1) };
    }
    thread::sync_threads();
    if first {
        // SAFETY: the others are past their atomics; the block is inside the output.
        unsafe { *out.add(thread::block_idx_x() as usize) = counter.read() };
    }
}

/// Does nothing, but after the grids before it.
///
/// # Safety
/// None.
#[kernel(launch_bounds(32), dependent)]
pub unsafe fn wait_for_others() {}

/// Launches as the host library does.
fn run<A: KernelArgs>(kernel: &Kernel<A>, config: LaunchConfig, args: A) {
    struct Shared<A>(A);
    // SAFETY: the kernel's threads share its arguments by its own contract.
    unsafe impl<A> Sync for Shared<A> {}
    let args = Shared(args);
    // SAFETY: the caller passes memory that fits the configuration.
    let thread = || unsafe { kernel.run_thread({ &args }.0) };
    launch(&SimOptions::default(), kernel.name(), config, &thread).expect("no fault");
}

#[test]
fn a_kernel_runs_through_its_handle() {
    let mut out = [u32::MAX; 3];
    let config = LaunchConfig::new(3, 96).with_shared(4);
    run(&count_multiples, config, (out.as_mut_ptr(), 7));
    let multiples = |block: u32| {
        (block * 96..(block + 1) * 96)
            .filter(|i| i % 7 == 0)
            .count()
    };
    assert_eq!(out.map(|count| count as usize), [0, 1, 2].map(multiples));
}

#[test]
fn a_handle_knows_its_name_and_bounds() {
    assert_eq!(count_multiples.name(), "count_multiples");
    let bounds = LaunchBounds {
        max_threads: 96,
        min_blocks: 2,
    };
    assert_eq!(count_multiples.bounds(), bounds);
}

#[test]
fn a_handle_knows_whether_its_kernel_waits() {
    assert!(wait_for_others.is_dependent());
    assert!(!count_multiples.is_dependent());
    run(&wait_for_others, LaunchConfig::new(2, 32), ());
}
