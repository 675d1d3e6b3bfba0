//! Fences: order between threads, and between the ways to reach memory.
//!
//! PTX ISA, "membar, fence" and "Memory Consistency Model: Proxies". Plain loads, stores and atomics go
//! through the generic proxy; bulk and tensor copies and wgmma's operands through the async proxy.
//! Executed by any single thread. [`device_fence`](crate::thread::device_fence) is `membar.gl`.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::tma::TensorMap;

macro_rules! fences {
    ($($name:ident, $ptx:literal, $sim:expr, $doc:literal;)*) => { $(
        #[doc = $doc]
        #[doc = concat!("\n\n`", $ptx, "`.")]
        #[inline(always)]
        #[track_caller]
        pub fn $name() {
            on! {
                // SAFETY: a fence has no preconditions.
                gpu => unsafe { asm!($ptx, options(nostack)) },
                sim => $sim,
            }
        }
    )* };
}

#[cfg(not(target_arch = "nvptx64"))]
use core::sync::atomic::{Ordering::AcqRel, fence};

fences! {
    proxy_async, "fence.proxy.async;", cuda_sim::device::fence_proxy_async(),
        "What the thread did to any memory by the generic proxy comes before what is done to it by the async proxy after (sm_90).";
    proxy_async_shared, "fence.proxy.async.shared::cta;", cuda_sim::device::fence_proxy_async(),
        "[`proxy_async`] for the block's shared memory alone (sm_90): after stores that wgmma or a copy will read, by those who stored, before the barrier.";
    proxy_async_global, "fence.proxy.async.global;", cuda_sim::device::fence_proxy_async(),
        "[`proxy_async`] for global memory alone (sm_90).";
    mbarrier_init, "fence.mbarrier_init.release.cluster;", cuda_sim::device::fence_mbarrier_init(),
        "Shows barriers that the thread initialised to the cluster and to copies, once a barrier of the block or cluster follows (sm_90).";
    acq_rel_block, "fence.acq_rel.cta;", fence(AcqRel),
        "Orders the thread's accesses before it against those after it, for its block (sm_70).";
    acq_rel_cluster, "fence.acq_rel.cluster;", fence(AcqRel),
        "Orders the thread's accesses before it against those after it, for its cluster (sm_90).";
    acq_rel_gpu, "fence.acq_rel.gpu;", fence(AcqRel),
        "Orders the thread's accesses before it against those after it, for the GPU (sm_70).";
    acq_rel_sys, "fence.acq_rel.sys;", fence(AcqRel),
        "Orders the thread's accesses before it against those after it, for every GPU and the host (sm_70).";
}

/// After this, tensor copies use the map as other threads have changed it
/// (`fence.proxy.tensormap::generic.acquire.gpu`, sm_90, PTX ISA 8.3).
///
/// Only for maps that kernels write; a map that was copied to the device before the launch needs none.
/// A module that uses it must declare PTX ISA 8.3, which takes a driver of CUDA 12.3.
///
/// # Safety
/// `map` points to a tensor map in global memory.
#[inline(always)]
#[track_caller]
pub unsafe fn tensormap_acquire(map: *const TensorMap) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("fence.proxy.tensormap::generic.acquire.gpu [{0}], 128;", in(reg64) map, options(nostack));
        },
        sim => {
            let _ = map;
            cuda_sim::device::fence_proxy_tensormap();
        },
    }
}
