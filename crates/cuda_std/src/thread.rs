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

macro_rules! predicates {
    ($($name:ident, $ptx:literal, $op:ident, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[inline(always)]
        #[track_caller]
        #[must_use]
        pub fn $name(predicate: u32) -> bool {
            on! {
                gpu => {
                    let holds: u32;
                    // SAFETY: as `sync_threads`.
                    unsafe {
                        asm!("{{", ".reg .pred p;", "setp.ne.u32 p, {p}, 0;", concat!($ptx, " p, 0, p;"),
                            "selp.u32 {h}, 1, 0, p;", "}}",
                            p = in(reg32) predicate, h = out(reg32) holds, options(nostack));
                    }
                    holds != 0
                },
                sim => {
                    use cuda_sim::device::{BarrierReduce, barrier_reduce};
                    barrier_reduce(0, BarrierReduce::$op, predicate != 0) != 0
                },
            }
        }
    )* };
}

predicates! {
    sync_threads_and, "bar.red.and.pred", And,
        "[`sync_threads`], and whether every thread passed a predicate that is not zero (`bar.red.and.pred`).";
    sync_threads_or, "bar.red.or.pred", Or,
        "[`sync_threads`], and whether any thread passed a predicate that is not zero (`bar.red.or.pred`).";
}

/// Waits until `threads` threads arrived at barrier `ID`, this one included; what they wrote before is
/// visible to those who wait (`bar.sync ID, threads`).
///
/// There are 16 barriers; 0 is that of [`sync_threads`]. The number is an immediate: with one in a
/// register, ptxas would reserve all of them.
///
/// # Safety
/// - All threads of the warp execute this together, and `threads` is a multiple of 32.
/// - Those who use the barrier at once agree on `threads`.
#[inline(always)]
#[track_caller]
pub unsafe fn barrier_sync<const ID: u32>(threads: u32) {
    const { assert!(ID < 16) };
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("bar.sync {0}, {1};", const ID, in(reg32) threads, options(nostack)) },
        sim => cuda_sim::device::barrier_sync(ID, Some(threads)),
    }
}

/// Counts the thread in at barrier `ID` of `threads` threads, and goes on (`bar.arrive ID, threads`).
///
/// # Safety
/// As [`barrier_sync`].
#[inline(always)]
#[track_caller]
pub unsafe fn barrier_arrive<const ID: u32>(threads: u32) {
    const { assert!(ID < 16) };
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("bar.arrive {0}, {1};", const ID, in(reg32) threads, options(nostack)) },
        sim => cuda_sim::device::barrier_arrive(ID, threads),
    }
}

/// Sleeps for about `nanoseconds`, a million at most (`nanosleep.u32`, sm_70). Executed by any thread.
#[inline(always)]
#[track_caller]
pub fn nanosleep(nanoseconds: u32) {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("nanosleep.u32 {0};", in(reg32) nanoseconds, options(nostack)) },
        sim => {
            let _ = nanoseconds;
            cuda_sim::device::preempt();
        },
    }
}

/// Cycles of the multiprocessor, since some time (`%clock64`). In the simulator, a count of the reads of
/// either clock. Executed by any thread.
#[inline(always)]
#[must_use]
pub fn clock64() -> u64 {
    on! {
        gpu => {
            let now: u64;
            // SAFETY: reading a special register has no preconditions.
            unsafe { asm!("mov.u64 {0}, %clock64;", out(reg64) now, options(nostack)) };
            now
        },
        sim => tick(),
    }
}

/// Nanoseconds, since some time, on a clock that all multiprocessors share (`%globaltimer`). In the
/// simulator as [`clock64`]. Executed by any thread.
#[inline(always)]
#[must_use]
pub fn globaltimer() -> u64 {
    on! {
        gpu => {
            let now: u64;
            // SAFETY: reading a special register has no preconditions.
            unsafe { asm!("mov.u64 {0}, %globaltimer;", out(reg64) now, options(nostack)) };
            now
        },
        sim => tick(),
    }
}

/// A clock that goes on at each look.
#[cfg(not(target_arch = "nvptx64"))]
fn tick() -> u64 {
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    LOOKS.fetch_add(1, Relaxed)
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
