//! TMA: copies of tensor tiles between global and shared memory (sm_90).
//!
//! A [`TensorMap`] in global memory describes a tensor of 1 to 5 dimensions and its tile; a copy names
//! the tile by the coordinates of its first element, innermost dimension first, as `[i32; N]`. Elements
//! outside the tensor are loaded as zeros and not stored, but count as bytes of the tile.
//!
//! Loads end with the last element of a row; stores and reductions end with the 16-byte unit that it is in, and so
//! overwrite up to 15 bytes behind a row that is no multiple of 16 bytes (measured on an H200, for elements of 1, 2 and 4
//! bytes; PTX does not say so). Only a tensor whose rows are whole units, or are followed by memory that nobody uses, can be
//! stored to.
//!
//! Loads complete the tile's bytes on an [`Mbarrier`]; stores and reductions are in the thread's current
//! [`bulk`](crate::bulk) group. The tile's place in shared memory is aligned to 128 bytes, or to the
//! period of its swizzle to be read as laid out from there.
//!
//! PTX ISA, "cp.async.bulk.tensor". Executed by any single thread. What threads wrote to shared memory
//! needs [`proxy_async_shared`](crate::fence::proxy_async_shared) before a copy reads it.

#[cfg(target_arch = "nvptx64")]
use core::arch::asm;

pub use tensor_map::TensorMap;

use crate::cache::CachePolicy;
use crate::mbarrier::Mbarrier;
use crate::shared::Shared;

mod instructions;

use instructions::Instructions;

/// Coordinates of a tile in a tensor of that many dimensions: `[i32; 1]` to `[i32; 5]`.
#[allow(private_bounds)] // seals the trait
pub trait Coordinates: Copy + Instructions {}

impl Coordinates for [i32; 1] {}
impl Coordinates for [i32; 2] {}
impl Coordinates for [i32; 3] {}
impl Coordinates for [i32; 4] {}
impl Coordinates for [i32; 5] {}

/// Copies the tile at `coordinates` to shared memory, and completes its bytes on `barrier`
/// (`cp.async.bulk.tensor.{1..5}d.shared::cluster.global.mbarrier::complete_tx::bytes`).
///
/// # Safety
/// - `map` points to a tensor map in global memory, of a readable tensor of as many dimensions as there
///   are coordinates.
/// - The tile's place lies inside the block's dynamic shared memory, aligned to 128, and nothing touches
///   it before the barrier's phase, which expects the tile's bytes, was waited for.
#[inline(always)]
#[track_caller]
pub unsafe fn load<T>(
    tile: Shared<T>,
    map: *const TensorMap,
    coordinates: impl Coordinates,
    barrier: Mbarrier,
) {
    // SAFETY: the caller's contract.
    unsafe { coordinates.load(tile.address(), map, barrier.address()) }
}

/// [`load`] with an L2 cache policy (`.L2::cache_hint`).
///
/// # Safety
/// As [`load`].
#[inline(always)]
#[track_caller]
pub unsafe fn load_hint<T>(
    tile: Shared<T>,
    map: *const TensorMap,
    coordinates: impl Coordinates,
    barrier: Mbarrier,
    policy: CachePolicy,
) {
    // SAFETY: the caller's contract.
    unsafe { coordinates.load_hint(tile.address(), map, barrier.address(), policy) }
}

/// [`load`] to the same place in every block of the cluster whose bit is set in `blocks`, which
/// completes the bytes on each block's own barrier at that place (`.multicast::cluster`).
///
/// # Safety
/// As [`load`], for each of these blocks, which have started and do not exit before.
#[inline(always)]
#[track_caller]
pub unsafe fn load_multicast<T>(
    tile: Shared<T>,
    map: *const TensorMap,
    coordinates: impl Coordinates,
    barrier: Mbarrier,
    blocks: u16,
) {
    // SAFETY: the caller's contract.
    unsafe { coordinates.load_multicast(tile.address(), map, barrier.address(), blocks) }
}

/// [`load_multicast`] with an L2 cache policy (`.multicast::cluster.L2::cache_hint`).
///
/// # Safety
/// As [`load_multicast`].
#[inline(always)]
#[track_caller]
pub unsafe fn load_multicast_hint<T>(
    tile: Shared<T>,
    map: *const TensorMap,
    coordinates: impl Coordinates,
    barrier: Mbarrier,
    blocks: u16,
    policy: CachePolicy,
) {
    let (tile, barrier) = (tile.address(), barrier.address());
    // SAFETY: the caller's contract.
    unsafe { coordinates.load_multicast_hint(tile, map, barrier, blocks, policy) }
}

/// Copies a tile to the tensor, in the thread's current bulk group
/// (`cp.async.bulk.tensor.{1..5}d.global.shared::cta.bulk_group`).
///
/// # Safety
/// - `map` points to a tensor map in global memory, of a tensor of as many dimensions as there are coordinates, writable up
///   to the end of the 16-byte units that its rows end in.
/// - The tile lies inside the block's dynamic shared memory, aligned to 128, and is not written before
///   [`wait_group_read`](crate::bulk::wait_group_read).
/// - Nothing touches that part of the tensor before [`wait_group`](crate::bulk::wait_group).
#[inline(always)]
#[track_caller]
pub unsafe fn store<T>(map: *const TensorMap, coordinates: impl Coordinates, tile: Shared<T>) {
    // SAFETY: the caller's contract.
    unsafe { coordinates.store(map, tile.address()) }
}

/// [`store`] with an L2 cache policy (`.L2::cache_hint`).
///
/// # Safety
/// As [`store`].
#[inline(always)]
#[track_caller]
pub unsafe fn store_hint<T>(
    map: *const TensorMap,
    coordinates: impl Coordinates,
    tile: Shared<T>,
    policy: CachePolicy,
) {
    // SAFETY: the caller's contract.
    unsafe { coordinates.store_hint(map, tile.address(), policy) }
}

macro_rules! reductions {
    ($($name:ident, $ptx:literal;)*) => { $(
        #[doc = concat!("Reduces a tile into the tensor, element by element, in the thread's current bulk group (`cp.reduce.async.bulk.tensor.{1..5}d.global.shared::cta.", $ptx, ".bulk_group`).")]
        ///
        /// # Safety
        /// As [`store`], except that the tensor may be accessed atomically meanwhile. Its elements have
        /// the operation (PTX ISA, "cp.reduce.async.bulk.tensor").
        #[inline(always)]
        #[track_caller]
        pub unsafe fn $name<T>(map: *const TensorMap, coordinates: impl Coordinates, tile: Shared<T>) {
            // SAFETY: the caller's contract.
            unsafe { coordinates.$name(map, tile.address()) }
        }
    )* };
}

reductions! {
    reduce_add, "add";
    reduce_min, "min";
    reduce_max, "max";
    reduce_inc, "inc";
    reduce_dec, "dec";
    reduce_and, "and";
    reduce_or, "or";
    reduce_xor, "xor";
}

/// Fetches a map into the cache before it is used (`prefetch.tensormap`).
///
/// # Safety
/// `map` points to a tensor map in global memory.
#[inline(always)]
#[track_caller]
pub unsafe fn prefetch(map: *const TensorMap) {
    on! {
        // SAFETY: the caller's contract is the instruction's.
        gpu => unsafe { asm!("prefetch.tensormap [{0}];", in(reg64) map, options(nostack)) },
        // SAFETY: the caller's contract is the simulator's.
        sim => unsafe { cuda_sim::device::prefetch_tensormap(map) },
    }
}
