//! Where a thread is in its grid, and what a block's threads do together.

#[cfg(target_arch = "nvptx64")]
use core::arch::{asm, nvptx};

macro_rules! index {
    ($($name:ident, $intrinsic:ident, $source:ident . $axis:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub fn $name() -> u32 {
            on! {
                // SAFETY: reading a special register has no preconditions.
                gpu => unsafe { nvptx::$intrinsic() as u32 },
                sim => cuda_sim::device::$source().$axis,
            }
        }
    )* };
}

index! {
    thread_idx_x, _thread_idx_x, thread_idx.x, "`%tid.x`: the thread's place in its block.";
    thread_idx_y, _thread_idx_y, thread_idx.y, "`%tid.y`.";
    thread_idx_z, _thread_idx_z, thread_idx.z, "`%tid.z`.";
    block_idx_x, _block_idx_x, block_idx.x, "`%ctaid.x`: the block's place in its grid.";
    block_idx_y, _block_idx_y, block_idx.y, "`%ctaid.y`.";
    block_idx_z, _block_idx_z, block_idx.z, "`%ctaid.z`.";
    block_dim_x, _block_dim_x, block_dim.x, "`%ntid.x`: threads of a block.";
    block_dim_y, _block_dim_y, block_dim.y, "`%ntid.y`.";
    block_dim_z, _block_dim_z, block_dim.z, "`%ntid.z`.";
    grid_dim_x, _grid_dim_x, grid_dim.x, "`%nctaid.x`: blocks of the grid.";
    grid_dim_y, _grid_dim_y, grid_dim.y, "`%nctaid.y`.";
    grid_dim_z, _grid_dim_z, grid_dim.z, "`%nctaid.z`.";
}

/// The thread's index in a one-dimensional grid of one-dimensional blocks.
#[inline(always)]
#[track_caller]
#[must_use]
pub fn index_1d() -> u32 {
    thread_idx_x() + block_idx_x() * block_dim_x()
}

/// Waits until every thread of the block is here; what they wrote before is visible to all after.
///
/// `bar.sync 0`. Executed by every thread of the block together.
#[inline(always)]
#[track_caller]
pub fn sync_threads() {
    on! {
        // SAFETY: a barrier touches no memory of its own; divergence around it is the kernel's bug and
        // hangs or traps, it breaks no memory safety.
        gpu => unsafe { nvptx::_syncthreads() },
        sim => cuda_sim::device::barrier_sync(0, None),
    }
}

/// [`sync_threads`], and how many threads passed a predicate that is not zero (`bar.red.popc.u32`).
#[inline(always)]
#[track_caller]
#[must_use]
pub fn sync_threads_count(predicate: u32) -> u32 {
    on! {
        gpu => {
            let count: u32;
            // SAFETY: as `sync_threads`.
            unsafe {
                asm!("{{", ".reg .pred p;", "setp.ne.u32 p, {p}, 0;", "bar.red.popc.u32 {c}, 0, p;", "}}",
                    p = in(reg32) predicate, c = out(reg32) count, options(nostack));
            }
            count
        },
        sim => cuda_sim::device::barrier_reduce(0, cuda_sim::device::BarrierReduce::Popc, predicate != 0),
    }
}

/// Orders this thread's memory accesses before it against those after it, for the whole GPU.
///
/// `membar.gl`. Executed by any thread.
#[inline(always)]
pub fn device_fence() {
    on! {
        // SAFETY: a fence has no preconditions.
        gpu => unsafe { asm!("membar.gl;", options(nostack)) },
        sim => core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst),
    }
}
