//! Bulk copies: many bytes at once, by the async proxy (sm_90).
//!
//! Loads complete bytes on an [`Mbarrier`]; stores and reductions gather in groups of their thread, as
//! `cp.async` does: [`commit_group`] closes one, [`wait_group`] and [`wait_group_read`] wait.
//!
//! PTX ISA, "cp.async.bulk". Executed by any single thread. Sizes and both addresses are multiples of 16.
//! What threads wrote to shared memory needs [`proxy_async_shared`](crate::fence::proxy_async_shared)
//! before a copy reads it.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

use crate::cache::CachePolicy;
use crate::cluster::Remote;
use crate::mbarrier::{Mbarrier, RemoteMbarrier};
use crate::shared::Shared;

/// Copies `bytes` bytes from global to shared memory, and completes them on `barrier`
/// (`cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes`).
///
/// # Safety
/// - `bytes` and both addresses are multiples of 16.
/// - The destination lies inside the block's dynamic shared memory, and nothing touches it before the
///   barrier's phase, which expects the bytes, was waited for.
/// - `bytes` bytes at `source` are readable global memory.
#[inline(always)]
#[track_caller]
pub unsafe fn load<T, U>(destination: Shared<T>, source: *const U, bytes: u32, barrier: Mbarrier) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [{0}], [{1}], {2}, [{3}];",
                in(reg32) destination.address(), in(reg64) source, in(reg32) bytes,
                in(reg32) barrier.address(), options(nostack));
        },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe {
            cuda_sim::device::bulk_load(destination.address(), source.cast(), bytes, barrier.address(), None);
        },
    }
}

/// [`load`] with an L2 cache policy (`.L2::cache_hint`).
///
/// # Safety
/// As [`load`].
#[inline(always)]
#[track_caller]
pub unsafe fn load_hint<T, U>(
    destination: Shared<T>,
    source: *const U,
    bytes: u32,
    barrier: Mbarrier,
    policy: CachePolicy,
) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [{0}], [{1}], {2}, [{3}], {4};",
                in(reg32) destination.address(), in(reg64) source, in(reg32) bytes,
                in(reg32) barrier.address(), in(reg64) policy.bits(), options(nostack));
        },
        sim => {
            let _ = policy;
            // SAFETY: the caller's contract.
            unsafe { load(destination, source, bytes, barrier) }
        },
    }
}

/// [`load`] to the same place in every block of the cluster whose bit is set in `blocks`, which
/// completes the bytes on each block's own barrier at that place (`.multicast::cluster`).
///
/// # Safety
/// As [`load`], for each of these blocks, which have started and do not exit before.
#[inline(always)]
#[track_caller]
pub unsafe fn load_multicast<T, U>(
    destination: Shared<T>,
    source: *const U,
    bytes: u32,
    barrier: Mbarrier,
    blocks: u16,
) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [{0}], [{1}], {2}, [{3}], {4};",
                in(reg32) destination.address(), in(reg64) source, in(reg32) bytes,
                in(reg32) barrier.address(), in(reg16) blocks, options(nostack));
        },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe {
            cuda_sim::device::bulk_load(
                destination.address(), source.cast(), bytes, barrier.address(), Some(blocks));
        },
    }
}

/// Copies `bytes` bytes of the block's shared memory to a block of the cluster, and completes them on
/// `barrier` there (`cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes`).
///
/// # Safety
/// - `bytes` and both addresses are multiples of 16, and both ends lie inside dynamic shared memory.
/// - Nothing writes the source, or touches the destination, before the barrier's phase, which expects
///   the bytes, was waited for.
/// - `barrier` lies in the same block as the destination, which has started and does not exit before.
#[inline(always)]
#[track_caller]
pub unsafe fn copy_to_block<T, U>(
    destination: Remote<T>,
    source: Shared<U>,
    bytes: u32,
    barrier: RemoteMbarrier,
) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [{0}], [{1}], {2}, [{3}];",
                in(reg32) destination.address(), in(reg32) source.address(), in(reg32) bytes,
                in(reg32) barrier.address(), options(nostack));
        },
        sim => cuda_sim::device::bulk_copy_to_cluster(
            destination.address(), source.address(), bytes, barrier.address()),
    }
}

/// Copies `bytes` bytes from shared to global memory, in the thread's current group
/// (`cp.async.bulk.global.shared::cta.bulk_group`).
///
/// # Safety
/// - `bytes` and both addresses are multiples of 16.
/// - The source lies inside the block's dynamic shared memory, and is not written before
///   [`wait_group_read`].
/// - `bytes` bytes at `destination` are writable global memory, and not touched before [`wait_group`].
#[inline(always)]
#[track_caller]
pub unsafe fn store<T, U>(destination: *mut T, source: Shared<U>, bytes: u32) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.global.shared::cta.bulk_group [{0}], [{1}], {2};",
                in(reg64) destination, in(reg32) source.address(), in(reg32) bytes, options(nostack));
        },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe { cuda_sim::device::bulk_store(destination.cast(), source.address(), bytes) },
    }
}

/// [`store`] with an L2 cache policy (`.L2::cache_hint`).
///
/// # Safety
/// As [`store`].
#[inline(always)]
#[track_caller]
pub unsafe fn store_hint<T, U>(
    destination: *mut T,
    source: Shared<U>,
    bytes: u32,
    policy: CachePolicy,
) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe {
            asm!("cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [{0}], [{1}], {2}, {3};",
                in(reg64) destination, in(reg32) source.address(), in(reg32) bytes,
                in(reg64) policy.bits(), options(nostack));
        },
        sim => {
            let _ = policy;
            // SAFETY: the caller's contract.
            unsafe { store(destination, source, bytes) }
        },
    }
}

macro_rules! reductions {
    ($($name:ident, $type:ty, $ptx:literal, $op:ident, $dtype:ident;)*) => { $(
        #[doc = concat!("Reduces `bytes` bytes of shared memory into global memory, element by element, in the thread's current group (`cp.reduce.async.bulk.global.shared::cta.bulk_group.", $ptx, "`).")]
        ///
        /// # Safety
        /// As [`store`]; the destination may be accessed atomically meanwhile.
        #[inline(always)]
        #[track_caller]
        pub unsafe fn $name(destination: *mut $type, source: Shared<$type>, bytes: u32) {
            on! {
                // SAFETY: the caller's contract is the instruction's.
                gpu => unsafe {
                    asm!(concat!("cp.reduce.async.bulk.global.shared::cta.bulk_group.", $ptx, " [{0}], [{1}], {2};"),
                        in(reg64) destination, in(reg32) source.address(), in(reg32) bytes, options(nostack));
                },
                sim => {
                    use cuda_sim::device::{ReduceOp, ReduceType, bulk_reduce};
                    let operation = (ReduceOp::$op, ReduceType::$dtype);
                    // SAFETY: the caller's contract is the simulator's.
                    unsafe { bulk_reduce(destination.cast(), source.address(), bytes, operation) }
                },
            }
        }
    )* };
}

reductions! {
    reduce_add_f16, half::f16, "add.noftz.f16", Add, F16;
    reduce_add_bf16, half::bf16, "add.noftz.bf16", Add, Bf16;
    reduce_add_f32, f32, "add.f32", Add, F32;
    reduce_add_f64, f64, "add.f64", Add, F64;
    reduce_add_u32, u32, "add.u32", Add, U32;
    reduce_add_i32, i32, "add.s32", Add, S32;
    reduce_add_u64, u64, "add.u64", Add, U64;
    reduce_min_f16, half::f16, "min.f16", Min, F16;
    reduce_min_bf16, half::bf16, "min.bf16", Min, Bf16;
    reduce_min_u32, u32, "min.u32", Min, U32;
    reduce_min_i32, i32, "min.s32", Min, S32;
    reduce_min_u64, u64, "min.u64", Min, U64;
    reduce_min_i64, i64, "min.s64", Min, S64;
    reduce_max_f16, half::f16, "max.f16", Max, F16;
    reduce_max_bf16, half::bf16, "max.bf16", Max, Bf16;
    reduce_max_u32, u32, "max.u32", Max, U32;
    reduce_max_i32, i32, "max.s32", Max, S32;
    reduce_max_u64, u64, "max.u64", Max, U64;
    reduce_max_i64, i64, "max.s64", Max, S64;
    reduce_inc_u32, u32, "inc.u32", Inc, U32;
    reduce_dec_u32, u32, "dec.u32", Dec, U32;
    reduce_and_u32, u32, "and.b32", And, U32;
    reduce_and_u64, u64, "and.b64", And, U64;
    reduce_or_u32, u32, "or.b32", Or, U32;
    reduce_or_u64, u64, "or.b64", Or, U64;
    reduce_xor_u32, u32, "xor.b32", Xor, U32;
    reduce_xor_u64, u64, "xor.b64", Xor, U64;
}

/// Closes the thread's current group of stores and reductions, tensor ones included
/// (`cp.async.bulk.commit_group`).
#[inline(always)]
#[track_caller]
pub fn commit_group() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("cp.async.bulk.commit_group;", options(nostack)) },
        sim => cuda_sim::device::bulk_commit_group(),
    }
}

/// Waits until at most `N` of the thread's latest groups are under way: the others have written
/// (`cp.async.bulk.wait_group`).
#[inline(always)]
#[track_caller]
pub fn wait_group<const N: u32>() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("cp.async.bulk.wait_group {0};", const N, options(nostack)) },
        sim => cuda_sim::device::bulk_wait_group(N, false),
    }
}

/// Waits until all but at most `N` of the thread's latest groups have read their sources, which may be
/// written then (`cp.async.bulk.wait_group.read`).
#[inline(always)]
#[track_caller]
pub fn wait_group_read<const N: u32>() {
    on! {
        // SAFETY: no preconditions.
        gpu => unsafe { asm!("cp.async.bulk.wait_group.read {0};", const N, options(nostack)) },
        sim => cuda_sim::device::bulk_wait_group(N, true),
    }
}
