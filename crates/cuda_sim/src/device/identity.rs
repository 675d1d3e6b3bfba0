//! Special registers: which thread this is.

use crate::config::Dim3;
use crate::context::with_caller;
use crate::memory::{SHARED_BASE, at_rank};

/// `%tid`.
#[must_use]
#[track_caller]
pub fn thread_idx() -> Dim3 {
    with_caller(|caller| caller.thread.index)
}

/// `%ctaid`.
#[must_use]
#[track_caller]
pub fn block_idx() -> Dim3 {
    with_caller(|caller| caller.block.index)
}

/// `%ntid`.
#[must_use]
#[track_caller]
pub fn block_dim() -> Dim3 {
    with_caller(|caller| caller.cluster.config.block)
}

/// `%nctaid`.
#[must_use]
#[track_caller]
pub fn grid_dim() -> Dim3 {
    with_caller(|caller| caller.cluster.config.grid)
}

/// `%laneid`.
#[must_use]
#[track_caller]
pub fn lane_id() -> u32 {
    with_caller(|caller| caller.thread.lane())
}

/// The thread's warp in its block.
#[must_use]
#[track_caller]
pub fn warp_id() -> u32 {
    with_caller(|caller| caller.thread.warp())
}

/// The shared-space address of the launch's dynamic shared memory, a multiple of 1024.
#[must_use]
#[track_caller]
pub fn dynamic_shared_base() -> u32 {
    with_caller(|caller| at_rank(SHARED_BASE, caller.block.rank))
}

/// `%dynamic_smem_size`: the bytes of the launch's dynamic shared memory.
#[must_use]
#[track_caller]
pub fn dynamic_shared_size() -> u32 {
    with_caller(|caller| caller.cluster.config.shared_bytes)
}

/// Lets the other threads of the block run. For what spins without touching shared memory:
/// `nanosleep`, and polling atomics in global memory.
#[track_caller]
pub fn preempt() {
    with_caller(|caller| caller.preempt());
}
