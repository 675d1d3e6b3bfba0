//! Clusters: blocks that run together and reach each other's shared memory.

use std::mem::MaybeUninit;
use std::{ptr, slice};

use crate::config::Dim3;
use crate::context::{Caller, with_caller};
use crate::fault::Violation;
use crate::memory::{at_rank, split};
use crate::sync::finish_cluster_barrier;
use crate::thread::Wait;
use crate::transfer::{Destination, Piece, Source, begin_load};

/// `%cluster_ctarank`: the block's rank in its cluster.
#[must_use]
#[track_caller]
pub fn cluster_ctarank() -> u32 {
    with_caller(|caller| caller.block.rank)
}

/// `%cluster_nctarank`: the blocks of the cluster.
#[must_use]
#[track_caller]
pub fn cluster_nctarank() -> u32 {
    with_caller(|caller| caller.cluster.blocks.len() as u32)
}

/// `%cluster_ctaid`: the block's position in its cluster.
#[must_use]
#[track_caller]
pub fn cluster_ctaid() -> Dim3 {
    with_caller(|caller| {
        let extents = caller.cluster.config.cluster;
        extents.unflatten(u64::from(caller.block.rank))
    })
}

/// `%cluster_nctaid`: the extents of the cluster.
#[must_use]
#[track_caller]
pub fn cluster_nctaid() -> Dim3 {
    with_caller(|caller| caller.cluster.config.cluster)
}

/// `%clusterid`: the cluster's position in the grid.
#[must_use]
#[track_caller]
pub fn clusterid() -> Dim3 {
    with_caller(|caller| caller.cluster.index)
}

/// `%nclusterid`: the clusters of the grid.
#[must_use]
#[track_caller]
pub fn nclusterid() -> Dim3 {
    with_caller(|caller| caller.cluster.config.clusters())
}

/// `mapa.shared::cluster`: the address in block `rank` of the cluster that corresponds to `address`.
#[must_use]
#[track_caller]
pub fn mapa(address: u32, rank: u32) -> u32 {
    with_caller(|caller| {
        caller.check(caller.peer(rank).map(|_| ()));
        at_rank(address, rank)
    })
}

/// `barrier.cluster.arrive`: counts the thread in at the cluster's barrier. `release` says whether
/// it shows what it wrote (`.release`) or only barriers that `fence.mbarrier_init` published (`.relaxed`).
#[track_caller]
pub fn cluster_arrive(release: bool) {
    with_caller(|caller| {
        let mut barrier = caller.cluster.barrier.borrow_mut();
        let arrived = barrier.arrive(caller.thread.id);
        if release {
            let mut order = caller.cluster.order.borrow_mut();
            order.release(caller.thread.id, &mut barrier.join);
        } else {
            let mbarriers = caller.block.mbarriers.borrow();
            barrier.join.show(mbarriers.moments(caller.thread.id));
        }
        drop(barrier);
        caller.check(arrived);
        finish_cluster_barrier(caller.cluster);
    });
}

/// `barrier.cluster.wait.acquire`: waits until all threads of the cluster arrived.
#[track_caller]
pub fn cluster_wait() {
    with_caller(|caller| {
        let mut barrier = caller.cluster.barrier.borrow_mut();
        let past = barrier.wait(caller.thread.id);
        drop(barrier);
        match caller.check(past) {
            Some(past) => {
                let mut order = caller.cluster.order.borrow_mut();
                order.acquire(caller.thread.id, &past);
            }
            None => {
                caller.wait(Wait::ClusterBarrier);
            }
        }
    });
}

/// `ld.shared::cluster`: as [`shared_load`](super::shared_load), of any block of the cluster.
///
/// # Safety
/// Whatever bytes the kernel wrote there are a valid `T`.
#[must_use]
#[track_caller]
pub unsafe fn cluster_load<T: Copy>(address: u32) -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: the bytes of `value`, all initialised, borrowed only until the load below ends.
    let bytes =
        unsafe { slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    with_caller(|caller| {
        caller.tick();
        let read = |(block, address)| caller.read(block, address, bytes);
        caller.check(caller.any(address).and_then(read));
    });
    // SAFETY: the caller says that the bytes are a valid `T`.
    unsafe { value.assume_init() }
}

/// `st.shared::cluster`: as [`shared_store`](super::shared_store), to any block of the cluster.
///
/// # Safety
/// `T` has no padding.
#[track_caller]
pub unsafe fn cluster_store<T: Copy>(address: u32, value: T) {
    // SAFETY: the bytes of `value`, which lives to the end of this function; the caller says
    // that none of them is padding.
    let bytes =
        unsafe { slice::from_raw_parts(ptr::from_ref(&value).cast::<u8>(), size_of::<T>()) };
    with_caller(|caller| {
        caller.tick();
        let write = |(block, address)| caller.write(block, address, bytes);
        caller.check(caller.any(address).and_then(write));
    });
}

/// `atom.shared::cluster.add.u32`: adds in any block of the cluster, and yields the old value.
#[track_caller]
pub fn cluster_atomic_add_u32(address: u32, value: u32) -> u32 {
    with_caller(|caller| {
        caller.tick();
        let add = |old: u32| old.wrapping_add(value);
        let update = |(block, address)| caller.update(block, address, add);
        caller.check(caller.any(address).and_then(update))
    })
}

/// `st.async.shared::cluster.mbarrier::complete_tx::bytes.b32`: stores in any block of the cluster,
/// later, and completes 4 bytes on `barrier`, which lies in the same block.
#[track_caller]
pub fn st_async_u32(address: u32, value: u32, barrier: u32) {
    with_caller(|caller| {
        caller.tick();
        caller.check(store_async(caller, address, value, barrier));
    });
}

fn store_async(
    caller: Caller<'_>,
    address: u32,
    value: u32,
    barrier: u32,
) -> Result<(), Violation> {
    let (block, address) = caller.any(address)?;
    block.shared.borrow().span(address, 4)?;
    let piece = Piece {
        address,
        bytes: 4,
        source: Source::Bytes(Box::new(value.to_le_bytes())),
        swizzle: None,
    };
    let destination = destination(block.rank, barrier)?;
    begin_load(caller, vec![piece], vec![destination])
}

/// The barrier of a copy to block `rank`, in which it must lie too.
pub(super) fn destination(rank: u32, barrier: u32) -> Result<Destination, Violation> {
    match split(barrier) {
        (other, barrier) if other == rank => Ok(Destination { rank, barrier }),
        (other, _) => Err(Violation::new(
            crate::FaultKind::InvalidOperand,
            format!("a copy to block {rank} of the cluster with an mbarrier of block {other}"),
        )),
    }
}
