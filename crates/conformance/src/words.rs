//! Words of global and shared memory, and the order of a block's threads.

use cuda_std::mbarrier::Mbarrier;
use cuda_std::shared::{Shared, dynamic_shared_mem};
use cuda_std::{fence, thread};

/// The thread's position in its block, which has one dimension.
#[inline(always)]
#[track_caller]
pub(crate) fn tid() -> u32 {
    thread::thread_idx_x()
}

/// The thread's position in the grid, which has one dimension.
#[inline(always)]
#[track_caller]
pub(crate) fn gid() -> u32 {
    thread::block_idx_x() * thread::block_dim_x() + tid()
}

/// Word `index` of the input.
///
/// # Safety
/// The input has it.
#[inline(always)]
pub(crate) unsafe fn get(input: *const u32, index: u32) -> u32 {
    // SAFETY: the caller's contract.
    unsafe { *input.add(index as usize) }
}

/// Sets word `index` of the output.
///
/// # Safety
/// The output has it, and no other thread sets it.
#[inline(always)]
pub(crate) unsafe fn set(output: *mut u32, index: u32, value: u32) {
    // SAFETY: the caller's contract.
    unsafe { *output.add(index as usize) = value }
}

/// Word `index` of dynamic shared memory.
#[inline(always)]
#[track_caller]
pub(crate) fn shared(index: u32) -> Shared<u32> {
    dynamic_shared_mem::<u32>().add(index)
}

/// The barrier in the first 8 bytes of dynamic shared memory.
#[inline(always)]
#[track_caller]
pub(crate) fn barrier() -> Mbarrier {
    Mbarrier::at(dynamic_shared_mem::<u64>())
}

/// Thread 0 makes [`barrier`] one for `count` arrivals, and the block sees it.
///
/// # Safety
/// All threads of the block execute this, once.
#[inline(always)]
#[track_caller]
pub(crate) unsafe fn init_barrier(count: u32) {
    if tid() == 0 {
        // SAFETY: the first 8 bytes are the barrier's.
        unsafe { barrier().init(count) };
        fence::mbarrier_init();
    }
    thread::sync_threads();
}

/// The block fills words `from..to` of shared memory with what `value` says.
///
/// # Safety
/// The words lie in shared memory, and nobody else touches them.
#[inline(always)]
#[track_caller]
pub(crate) unsafe fn fill_shared(from: u32, to: u32, value: impl Fn(u32) -> u32) {
    let mut index = from + tid();
    while index < to {
        // SAFETY: the caller's contract; each thread has its own words.
        unsafe { shared(index).write(value(index - from)) };
        index += thread::block_dim_x();
    }
}

/// The block copies words `from..to` of shared memory to the start of the output.
///
/// # Safety
/// The words hold values, which are ordered before this, and the output has room for them.
#[inline(always)]
#[track_caller]
pub(crate) unsafe fn dump_shared(output: *mut u32, from: u32, to: u32) {
    let mut index = from + tid();
    while index < to {
        // SAFETY: the caller's contract; each thread has its own words.
        unsafe { set(output, index - from, shared(index).read()) };
        index += thread::block_dim_x();
    }
}
